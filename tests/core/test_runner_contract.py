"""Ticket and report: what operator and runner hand each other."""

import json
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskyard.api.report import Report, ResultInfo, Timings
from taskyard.api.runner import InputSource, Ticket
from taskyard_operator.core.runner_limits import RunnerLimits

from .builders import SHA256, a_result, a_success, a_ticket
from .tables import table

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
GOOD_REPORT = json.loads(a_success().to_json())


class TestTicket:
    @given(st.text(max_size=20), st.integers(1, 9), st.floats(0, 3600))
    def test_arrives_as_it_was_sent(self, task: str, attempt: int, grace: float) -> None:
        sent = a_ticket(task=task, attempt=attempt, cancel_grace=grace)

        assert Ticket.from_json(sent.to_json()) == sent

    def test_carries_an_object_as_its_input(self) -> None:
        source = InputSource(url="https://store.example/in", size=5, sha256=SHA256)

        assert Ticket.from_json(a_ticket(input=source).to_json()).input == source

    def test_of_a_newer_operator_is_understood(self) -> None:
        newer = json.loads(a_ticket().to_json())
        newer |= {"deadline": 5, "input": newer["input"] | {"encoding": "gzip"}}

        assert Ticket.from_json(json.dumps(newer)) == a_ticket()

    def test_that_says_nothing_of_limits_allows_what_the_operator_does_by_itself(self) -> None:
        of_an_older_operator = a_ticket()

        assert RunnerLimits() == RunnerLimits(
            result_bytes=of_an_older_operator.max_result_bytes,
            log_bytes=of_an_older_operator.max_log_bytes,
            outputs_bytes=of_an_older_operator.max_outputs_bytes,
        )

    @pytest.mark.parametrize("text", ["", "{}", "[]", "1", '{"input": 1}', '{"input": {}}', "{"])
    def test_that_is_none_is_refused_in_one_sentence(self, text: str) -> None:
        with pytest.raises(ValueError, match="TASKYARD_TICKET holds no valid ticket"):
            Ticket.from_json(text)


class TestReport:
    @given(
        st.sampled_from(["Succeeded", "Failed", "Cancelled"]), st.text(max_size=50), st.booleans()
    )
    def test_arrives_as_it_was_sent(self, outcome: str, message: str, stored: bool) -> None:
        timings = Timings(1.5, 20.25, 0.5)
        sent = Report(
            outcome, "TaskError", message, "ValueError", a_result(), stored, timings, 2**30
        )

        assert Report.from_json(sent.to_json()) == sent

    @given(st.text(), st.integers(1, 5000))
    def test_fits_a_termination_message_whatever_the_task_says(self, word: str, times: int) -> None:
        sent = Report("Failed", "TaskError", word * times, "ValueError")

        text = sent.to_json()

        assert len(text.encode()) <= 4096
        received = Report.from_json(text)
        assert received
        assert sent.message.startswith(received.message)

    def test_fits_into_less_where_a_pod_has_many_containers(self) -> None:
        sent = replace(a_success(headers=(("set-cookie", "x" * 900),)), message="m" * 1024)

        text = sent.to_json(1117)

        assert len(text.encode()) <= 1117
        received = Report.from_json(text)
        assert received
        assert received.result == replace(a_result(), headers=())

    def test_of_a_success_fits_whatever_is_to_go_with_its_result(self) -> None:
        headers = tuple((f"x-{number}", '"' * 60) for number in range(16))
        odd = a_result(file_name="\x01" * 255, headers=headers, content_type='a/"' + '"' * 250)

        text = replace(a_success(), result=odd).to_json()

        assert len(text.encode()) <= 4096
        received = Report.from_json(text)
        assert received
        assert received.result == replace(odd, headers=(), file_name=None)

    @table(
        {
            "a character": "x",
            "a letter of two bytes": "ü",
            "a picture of four bytes": "😀",
            "a line break": "\n",
            "a quotation mark": '"',
        }
    )
    def test_keeps_much_of_a_message_that_is_too_long_by_far(self, case: str) -> None:
        received = Report.from_json(Report("Failed", message=case * 5000).to_json())

        assert received
        assert len(received.message) >= 500

    def test_of_a_message_that_is_no_unicode_is_one(self) -> None:
        received = Report.from_json(Report("Failed", message="\ud800").to_json())

        assert received
        assert received.message == "?"

    def test_of_a_newer_runner_is_understood(self) -> None:
        newer = GOOD_REPORT | {
            "gpu": 1,
            "result": GOOD_REPORT["result"] | {"etag": "x"},
            "timings": {"idle": 1},
        }

        assert Report.from_json(json.dumps(newer)) == a_success()

    def test_of_an_older_runner_has_no_tag(self) -> None:
        report = json.loads(a_success(e_tag='"5d41"').to_json())
        del report["result"]["e_tag"]

        assert Report.from_json(json.dumps(report)) == a_success()

    def test_without_timings_has_none(self) -> None:
        received = Report.from_json(json.dumps(GOOD_REPORT | {"timings": None}))

        assert received == a_success()

    @given(st.text() | JSON.map(json.dumps))
    def test_is_read_from_anything_without_an_error(self, text: str) -> None:
        Report.from_json(text)

    @given(
        st.dictionaries(st.sampled_from([*GOOD_REPORT, "input"]), JSON),
        st.dictionaries(st.sampled_from(list(GOOD_REPORT["result"])), JSON),
    )
    def test_is_read_from_anything_like_a_report_without_an_error(
        self, fields: dict[str, Any], result: dict[str, Any]
    ) -> None:
        wild = GOOD_REPORT | {"result": GOOD_REPORT["result"] | result} | fields

        received = Report.from_json(json.dumps(wild))

        if received and received.outcome == "Succeeded":
            assert isinstance(received.result, ResultInfo)
            assert received.result.size >= 0

    @table(
        {
            "two of one name": ([["Set-Cookie", "a=1"], ["set-cookie", "b=2"]],) * 2,
            "what says how the body travels": ([["Content-Length", "7"], ["ETag", "x"]], []),
            "a cookie for all hosts of a domain": (
                [["Set-Cookie", "a=1; Domain=example.org; Path=/; domain = .org ;Secure"]],
                [["set-cookie", "a=1; Path=/;Secure"]],
            ),
            "a cookie that is called so": ([["set-cookie", "Domain=1; Path=/"]],) * 2,
            "a value of two lines": ([["x-note", "a\r\nset-cookie: b"]], []),
            "a name that is none": ([["x note", "a"], ["", "b"], ["x:", "c"]], []),
            "what is no pair of texts": (["x-note", ["x-note"], ["x-note", 7], None], []),
            "what is no list": ({"x-note": "a"}, []),
            "more than are kept": ([["x", str(n)] for n in range(99)], [["x", str(n)] for n in range(16)]),
            "more than fits, and one that does": (
                [["x", "v" * 1100], ["y", "v" * 1000], ["z", "v" * 99], ["w", "v"]],
                [["y", "v" * 1000], ["w", "v"]],
            ),
        }
    )  # fmt: skip
    def test_has_of_the_headers_that_a_task_sets(self, case: tuple[Any, Any]) -> None:
        said, kept = case
        result = asdict(a_result()) | {"headers": said}

        report = Report.from_json(json.dumps(GOOD_REPORT | {"result": result}))

        assert report
        assert report.result
        assert [(name.lower(), value) for name, value in kept] == list(report.result.headers)

    @table(
        {
            "deeper than Python's stack": "[" * 4096,
            "longer than any integer may be": '{"outcome": ' + "1" * 4080,
        }
    )
    def test_is_read_from_text_that_is(self, case: str) -> None:
        assert Report.from_json(case) is None

    @table(
        {
            "no result": {"result": None},
            "a result that is none": {"result": "there"},
            "half a result": {"result": {"size": 1}},
            "a negative size": {"result": asdict(a_result(size=-1))},
            "a size in words": {"result": asdict(a_result(size="12"))},
            "half a digest": {"result": asdict(a_result(sha256="ab"))},
            "an HTTP status that is none": {"result": asdict(a_result(status_code=42))},
            "a file name that is none": {"result": asdict(a_result(file_name=7))},
            "a tag that is none": {"result": asdict(a_result(e_tag=7))},
            "a reason that is no text": {"reason": []},
            "an outcome that is none": {"outcome": "Fine"},
            "timings that are none": {"timings": [1]},
            "a digest of other characters": {"result": asdict(a_result(sha256="Z" * 64))},
            "a type that is no Unicode": {"result": asdict(a_result(content_type="\ud800"))},
            "a file name that is no Unicode": {"result": asdict(a_result(file_name="\ud800"))},
            "a size beyond 64 bits": {"result": asdict(a_result(size=10**30))},
            "a size that is true": {"result": asdict(a_result(size=True))},
            "timings in words": {"timings": {"load": "long"}},
            "a peak in words": {"peak_memory": "much"},
        }
    )
    def test_of_success_is_not_believed_with(self, case: dict[str, Any]) -> None:
        assert Report.from_json(json.dumps(GOOD_REPORT | case)) is None
