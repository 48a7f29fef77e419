"""The blocking client against a real server."""

import io
import threading
from pathlib import Path

import pytest
from fastapi import Response
from fastapi.responses import JSONResponse, RedirectResponse
from PIL import Image

import taskyard
from taskyard import ResultStatus

from .peer import Peer, cut_off, error, unavailable, unused_port


def png(size: tuple[int, int] = (4, 3)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, "PNG")
    return buffer.getvalue()


def test_the_reference_documents_way_of_use(peer: Peer, client: taskyard.SyncHTTPClient) -> None:
    task = client.paint.submit(prompt="a scenic mountain view")
    peer.runs[task.id].result = Response(png(), media_type="image/png")

    status = task.get_status()

    assert status.value == "success"
    assert status == ResultStatus.SUCCESS
    assert task.get().size == (4, 3)
    assert task.retry().id != task.id
    assert peer.requests("/paint/submit")[0].body == b'{"prompt":"a scenic mountain view"}'
    assert peer.requests("/paint/get")[0].query == f"task_id={task.id}"


def test_a_task_is_known_by_its_id_alone(peer: Peer, client: taskyard.SyncHTTPClient) -> None:
    peer.runs["r 1"].result = Response(b"\x00\xff", media_type="application/octet-stream")

    assert client.raw.get("r 1") == b"\x00\xff"
    assert client.raw.get_status("r 1").finished
    assert client.raw.retry("r 1").id
    client.raw.cancel("r 1")
    assert [(seen.method, seen.query) for seen in peer.requests("/raw/cancel")] == [
        ("PUT", "task_id=r+1")
    ]


def test_calling_a_task_submits_waits_and_gets(peer: Peer, client: taskyard.SyncHTTPClient) -> None:
    peer.answers("/count/get", JSONResponse(3))

    assert client.count(["a", "b", "c"]) == 3


def test_wait_tells_each_change_until_the_end(peer: Peer, client: taskyard.SyncHTTPClient) -> None:
    half = {"status": "in_progress", "progress": {"fraction": 0.5, "message": "half"}}
    peer.runs["r"].statuses.extendleft(
        [half, half, {"status": "pending", "reason": "Unschedulable"}]
    )
    told: list[taskyard.TaskStatus] = []

    status = client.raw.wait("r", poll_interval=0.01, on_progress=told.append)

    assert status == "success"
    assert [str(s) for s in told] == ["pending (Unschedulable)", "in_progress", "success"]
    assert told[1].progress is not None
    assert (told[1].progress.fraction, told[1].progress.message) == (0.5, "half")


def test_wait_gives_up_in_time_and_keeps_the_last_status(
    peer: Peer, client: taskyard.SyncHTTPClient
) -> None:
    peer.runs["r"].statuses[0] = {"status": "pending", "message": "no node with a free GPU"}
    task = taskyard.Task("r", client.raw)

    with pytest.raises(
        TimeoutError, match=r"0\.2 s; it is pending: no node with a free GPU"
    ) as caught:
        task.wait(timeout=0.2)

    assert isinstance(caught.value, taskyard.WaitTimeout)
    assert caught.value.status == ResultStatus.PENDING


def test_wait_lives_through_an_outage(peer: Peer, client: taskyard.SyncHTTPClient) -> None:
    peer.answers("/raw/status", *[unavailable(502) for _ in range(8)])

    assert client.raw.wait("r", poll_interval=0.01).finished


def test_reads_are_repeated_until_the_server_is_back(
    peer: Peer, client: taskyard.SyncHTTPClient
) -> None:
    peer.answers("/raw/status", unavailable(502), unavailable(504), unavailable(429))

    assert client.raw.get_status("r").finished
    assert len(peer.requests("/raw/status")) == 4


def test_a_submit_is_repeated_when_nothing_was_accepted(
    peer: Peer, client: taskyard.SyncHTTPClient
) -> None:
    peer.answers("/describe/submit", unavailable(503), unavailable(429))

    assert client.describe.submit(io.BytesIO(png())).id
    first, *others = [seen.parts["image"] for seen in peer.requests("/describe/submit")]
    assert first[0][2] == png()
    assert others == [first, first]


@pytest.mark.parametrize("status_code", [500, 502, 504])
def test_a_submit_that_may_have_been_accepted_is_not_repeated(
    peer: Peer, client: taskyard.SyncHTTPClient, status_code: int
) -> None:
    peer.answers("/raw/submit", unavailable(status_code))

    with pytest.raises(taskyard.ServerError):
        client.raw.submit()
    assert len(peer.requests("/raw/submit")) == 1


def test_a_submit_whose_connection_was_cut_is_not_repeated(peer: Peer) -> None:
    with cut_off() as (url, heard):
        peer.answers("/raw/submit", RedirectResponse(f"{url}/raw/submit", 307))
        client = taskyard.SyncHTTPClient(peer.url)
        with client, pytest.raises(taskyard.APIConnectionError) as caught:
            client.raw.submit()

    assert caught.value.sent
    assert len(heard) == 1


def test_retry_after_is_honoured(
    peer: Peer, client: taskyard.SyncHTTPClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    peer.answers("/raw/status", unavailable(503, "7"), unavailable(429, "86400"))

    client.raw.get_status("r")

    assert 7 <= slept[0] < 8
    assert slept[1] == 60


def test_the_client_waits_for_a_server_that_comes_later() -> None:
    port = unused_port()
    late = taskyard.SyncHTTPClient(f"http://127.0.0.1:{port}", server_ready_timeout=20)
    ids: list[str] = []
    caller = threading.Thread(target=lambda: ids.append(late.raw.submit().id))
    caller.start()
    peer = Peer(port=port)
    peer.answers("/readyz", unavailable(503), unavailable(500))
    with peer:
        caller.join()
        late.close()
        assert len(peer.requests("/readyz")) == 3
    assert len(ids) == 1


def test_a_server_that_never_comes_is_told_in_a_sentence() -> None:
    url = f"http://127.0.0.1:{unused_port()}"
    client = taskyard.SyncHTTPClient(url, server_ready_timeout=0.3)
    late = r"not ready within 0\.3 s: no answer from .*/readyz: connection refused"

    with client, pytest.raises(taskyard.APITimeoutError, match=late):
        client.raw.submit()


def test_waiting_for_the_server_can_be_left_out(peer: Peer) -> None:
    with taskyard.SyncHTTPClient(peer.url, server_ready_timeout=0) as client:
        client.raw.submit()

    assert not peer.requests("/readyz")


def test_an_address_with_a_path_works_for_every_call() -> None:
    with Peer("/services/studio") as peer, taskyard.SyncHTTPClient(f"{peer.url}/") as client:
        task = client.raw.submit()
        task.get_status()
        task.get()
        task.retry()
        task.cancel()

        verbs = [seen.path for seen in peer.seen]
        assert verbs == [
            "/readyz", "/schema.json", "/raw/submit", "/raw/status", "/raw/get", "/raw/retry", "/raw/cancel",
        ]  # fmt: skip


def test_redirects_are_followed_with_the_body_and_without_the_token(peer: Peer) -> None:
    with Peer() as other, taskyard.SyncHTTPClient(peer.url, token="s3cret") as client:
        peer.answers("/describe/submit", RedirectResponse(f"{other.url}/describe/submit", 307))
        client.describe.submit(png())
        peer.answers("/raw/get", RedirectResponse(f"{other.url}/raw/get", 307))
        client.raw.get("r")

        assert other.requests("/describe/submit")[0].parts["image"][0][2] == png()
        assert "authorization" not in other.requests("/raw/get")[0].headers
    assert peer.requests("/raw/get")[0].headers["authorization"] == "Bearer s3cret"


def test_every_request_says_who_sends_it(peer: Peer) -> None:
    with taskyard.SyncHTTPClient(peer.url, headers={"X-Team": "maps"}) as client:
        client.raw.submit()

    for seen in peer.seen:
        assert seen.headers["user-agent"].startswith("taskyard/0.1.0 python/3.")
        assert seen.headers["x-team"] == "maps"


def test_wrong_arguments_are_told_before_anything_is_sent(
    peer: Peer, client: taskyard.SyncHTTPClient
) -> None:
    with pytest.raises(TypeError, match=r"missing 'prompt'.*paint\(prompt, seed=0\)"):
        client.paint.submit(seed=1)
    assert not peer.requests("/paint/submit")


def test_an_unknown_task_is_an_attribute_error_that_lists_the_tasks(
    client: taskyard.SyncHTTPClient,
) -> None:
    with pytest.raises(AttributeError, match=r"'Studio' has no task 'pant'.*describe, paint, raw"):
        client.pant  # noqa: B018
    assert not hasattr(client, "hello")


def test_a_task_named_like_a_method_is_reached_by_endpoint(
    peer: Peer, client: taskyard.SyncHTTPClient
) -> None:
    peer.answers("/close/get", JSONResponse(None))

    assert client.endpoint("close")() is None


def test_dir_lists_the_tasks_and_asks_for_them_once(
    peer: Peer, client: taskyard.SyncHTTPClient
) -> None:
    assert {"paint", "describe", "endpoint"} <= set(dir(client))
    assert repr(client.paint) == "<task paint(prompt, seed=0)>"
    assert len(peer.requests("/schema.json")) == 1


def test_a_file_result_is_a_file_with_its_name_that_goes_with_the_client(peer: Peer) -> None:
    disposition = 'attachment; filename="../report.pdf"'
    for run in ("a", "b"):
        peer.runs[run].result = Response(
            f"pages of {run}", headers={"content-disposition": disposition}
        )
    with taskyard.SyncHTTPClient(peer.url) as client:
        paths: list[Path] = [client.convert.get("a"), client.convert.get("b")]

        assert [path.name for path in paths] == ["report.pdf", "report.pdf"]
        assert [path.read_text() for path in paths] == ["pages of a", "pages of b"]
    assert not any(path.exists() for path in paths)


@pytest.mark.parametrize(
    ("answer", "wanted", "sentence"),
    [
        (
            error(400, "InvalidInput", "wrong input", detail=[{"loc": ["doc"], "msg": "too long"}]),
            taskyard.InvalidArgument,
            "InvalidInput: wrong input: doc: too long",
        ),
        (
            error(400, "NotReady", "task r is not completed yet"),
            taskyard.TaskNotFinished,
            "NotReady: task r is not completed yet",
        ),
        (error(404, "NotFound", "no such task"), taskyard.NotFound, "NotFound: no such task"),
        (error(413, "TooLarge", "too large"), taskyard.InvalidArgument, "TooLarge: too large"),
        (
            error(500, "OutOfMemory", "needs more than 8Gi", task_id="r", phase="Failed"),
            taskyard.TaskFailed,
            "task r failed with OutOfMemory: needs more than 8Gi",
        ),
        (
            error(400, "InvalidInput", "seed is no number", task_id="r", phase="Failed"),
            taskyard.TaskFailed,
            "task r failed with InvalidInput: seed is no number",
        ),
        (
            error(409, "Cancelled", "by ada", task_id="r"),
            taskyard.TaskFailed,
            "task r was cancelled: by ada",
        ),
        (
            error(409, "Cancelled", "task r was cancelled", task_id="r"),
            taskyard.TaskFailed,
            "task r was cancelled",
        ),
        (
            error(500, "Internal", "it broke"),
            taskyard.ServerError,
            "Internal: it broke (request req-1)",
        ),
        (
            Response("<html>", 403, media_type="text/html"),
            taskyard.APIError,
            "HTTP 403: the server did not say more",
        ),
    ],
)
def test_each_error_has_its_class_and_reads_as_a_sentence(
    peer: Peer,
    client: taskyard.SyncHTTPClient,
    answer: Response,
    wanted: type[taskyard.APIError],
    sentence: str,
) -> None:
    peer.answers("/convert/get", answer)

    with pytest.raises(taskyard.APIError) as caught:
        client.convert.get("r")

    assert type(caught.value) is wanted
    assert str(caught.value) == sentence
    assert caught.value.status_code == answer.status_code


def test_a_web_page_instead_of_the_schema_is_not_mistaken_for_a_service(peer: Peer) -> None:
    peer.answers("/schema.json", Response("<html>log in</html>", media_type="text/html"))
    client = taskyard.SyncHTTPClient(peer.url)

    with client, pytest.raises(taskyard.APIError, match="is the address right"):
        client.raw.submit()


def test_threads_share_a_client(peer: Peer, client: taskyard.SyncHTTPClient) -> None:
    ids: list[str] = []
    threads = [
        threading.Thread(target=lambda: ids.append(client.raw.submit().id)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(ids) == 8
    assert len(peer.requests("/schema.json")) == 1


def test_many_calls_do_not_read_one_open_file_at_the_same_time(
    peer: Peer, client: taskyard.SyncHTTPClient, tmp_path: Path
) -> None:
    path = tmp_path / "doc"
    path.write_bytes(b"x" * 10_000)
    with path.open("rb") as file:
        with pytest.raises(TypeError, match="an open file goes with one call only"):
            client.convert.submit_many([{"doc": file}, (file,)])
        with pytest.raises(TypeError, match="an open file goes with one call only"):
            list(client.convert.map([file, file]))

    assert not peer.requests("/convert/submit")
    client.convert.submit_many([path, path])
    assert [seen.parts["doc"][0][2] for seen in peer.requests("/convert/submit")] == [
        b"x" * 10_000
    ] * 2


def test_many_calls_may_be_given_the_same_picture(
    peer: Peer, client: taskyard.SyncHTTPClient, tmp_path: Path
) -> None:
    noise = Image.effect_noise((800, 800), 50)
    noise.save(tmp_path / "noise.png")
    with Image.open(tmp_path / "noise.png") as picture:  # which reads it when it is first needed
        client.describe.submit_many([{"image": picture}] * 8)

    sent = [seen.parts["image"][0][2] for seen in peer.requests("/describe/submit")]
    assert [Image.open(io.BytesIO(one)).tobytes() == noise.tobytes() for one in sent] == [True] * 8
