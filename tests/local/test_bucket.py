"""`taskyard serve --store`: inputs, results and records in a bucket, and the runs on this machine."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from tests.cluster.object_store import S3Server

from .serving import taskyard_serve
from .test_bad_calls import serve


@pytest.fixture
def bucket(opened_store: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AWS_ENDPOINT_URL", opened_store.endpoint)
    monkeypatch.setenv("AWS_REGION", opened_store.region)
    return f"s3://{opened_store.bucket}"


def test_what_a_task_takes_and_leaves_is_in_the_bucket(
    bucket: str, object_store: S3Server, tmp_path: Path
) -> None:
    prefix = f"local-{secrets.token_hex(4)}"
    text = "word " * 4000
    with (
        taskyard_serve(tmp_path / "data", "--store", f"{bucket}/{prefix}") as server,
        server.client("lab") as client,
    ):
        task = client.shout.submit(text=text)

        assert task.wait(60).value == "success"
        assert task.get() == text.upper()

    found = [item["path"] for page in object_store.store().list(prefix) for item in page]
    names = {path.rpartition("/")[2] for path in found if task.id in path}
    assert {"input", "result", "record"} <= names
    assert not (tmp_path / "data" / "objects").exists()


@pytest.mark.parametrize("store", ["not-a-bucket", "s3://no-such-bucket-here/x"])
def test_a_bucket_that_cannot_be_used_is_told_at_once(
    bucket: str, store: str, tmp_path: Path
) -> None:
    done = serve("lab.py", "--data", str(tmp_path / "data"), "--port", "0", "--store", store)

    assert done.returncode in (1, 2)
    assert store in done.stderr
    assert "Traceback" not in done.stderr
