"""A success is held against the object store."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskyard.api.reasons import Phase, Reason
from taskyard.api.report import ResultInfo
from taskyard_operator.core.attempt import Ending
from taskyard_operator.core.proof import FoundResult, as_found, as_reported

from .builders import SHA256, a_result
from .tables import table

OTHER_SHA256 = "cd" * 32


@dataclass(frozen=True)
class Case:
    found: FoundResult | None
    reported: Mapping[str, Any] | None
    """What the report says besides size and digest; None where there is none."""
    why: str | None = None
    """What is said where the success does not stand."""


def a_success_reporting(reported: Mapping[str, Any] | None) -> Ending:
    result = None if reported is None else a_result(**reported)
    return Ending(Phase.SUCCEEDED, exit_code=0, result=result, log_stored=True)


BORNE_OUT = {
    "size and digest agree": Case(FoundResult(12, SHA256), {}),
    "of an object that was not read the size agrees": Case(FoundResult(12), {}),
    "of an object that was not read the tag agrees": Case(
        FoundResult(12, e_tag='"5d41"'), {"e_tag": '"5d41"'}
    ),
    "what was read has the digest, whatever tag a second upload of it was given": Case(
        FoundResult(12, SHA256, e_tag='"7d79"'), {"e_tag": '"5d41"'}
    ),
    "a tag may come without quotes, and as a weak one": Case(
        FoundResult(12, e_tag='W/"5d41"'), {"e_tag": "5d41"}
    ),
    "a store that has no tags is believed by the size": Case(FoundResult(12), {"e_tag": '"5d41"'}),
    "a runner that reports no tag is believed by the size": Case(
        FoundResult(12, e_tag='"5d41"'), {}
    ),
}
AS_REPORTED = "The task returned, but its result is not as it was reported: "
CONTRADICTED = {
    "the object is missing": Case(
        None, {}, "The task returned, but its result is not in the object store."
    ),
    "the object is longer": Case(
        FoundResult(34, SHA256),
        {},
        f"{AS_REPORTED}the store has 34 bytes where the report says 12.",
    ),
    "the digest is another": Case(
        FoundResult(12, OTHER_SHA256),
        {},
        f"{AS_REPORTED}the object has SHA-256 {OTHER_SHA256} where the report says {SHA256}.",
    ),
    "the tag is another": Case(
        FoundResult(12, e_tag='"5d41"'),
        {"e_tag": '"7d79"'},
        f"{AS_REPORTED}the store has another object than the one that the runner stored.",
    ),
}


@table(BORNE_OUT)
def test_a_success_stands_where(case: Case) -> None:
    reported = a_success_reporting(case.reported)

    ending = as_found(reported, case.found)

    assert ending.phase is Phase.SUCCEEDED
    assert ending.result == reported.result
    assert (reported.to_prove, ending.to_prove) == (True, False)


@table(CONTRADICTED)
def test_a_success_is_a_failed_upload_where(case: Case) -> None:
    ending = as_found(a_success_reporting(case.reported), case.found)

    assert (ending.phase, ending.reason) == (Phase.FAILED, Reason.RESULT_UPLOAD_FAILED)
    assert ending.message == case.why
    assert ending.result is None
    assert (ending.to_prove, ending.log_stored, ending.exit_code) == (False, True, 0)


def test_a_success_whose_report_is_gone_has_the_result_that_the_store_tells_of() -> None:
    found = FoundResult(34, SHA256, "image/png", '"5d41"')

    ending = as_found(a_success_reporting(None), found)

    assert ending.phase is Phase.SUCCEEDED
    assert ending.result == ResultInfo(34, SHA256, "image/png")
    assert not ending.to_prove


def test_a_result_of_which_the_store_does_not_know_the_kind_is_of_any_kind() -> None:
    ending = as_found(a_success_reporting(None), FoundResult(34, SHA256))

    assert ending.result
    assert ending.result.content_type == "application/octet-stream"


def test_a_success_whose_report_is_gone_is_lost_without_a_result() -> None:
    for ending in (
        as_found(a_success_reporting(None), None),
        as_reported(a_success_reporting(None)),
    ):
        assert (ending.phase, ending.reason) == (Phase.FAILED, Reason.DISRUPTED)
        assert "no result of it was found" in ending.message
        assert not ending.to_prove


def test_where_the_store_stays_away_the_report_is_believed() -> None:
    reported = a_success_reporting({})

    ending = as_reported(reported)

    assert (ending.phase, ending.result) == (Phase.SUCCEEDED, reported.result)
    assert not ending.to_prove


def test_a_failure_needs_no_proof() -> None:
    assert not Ending(Phase.FAILED, Reason.TASK_ERROR).to_prove
