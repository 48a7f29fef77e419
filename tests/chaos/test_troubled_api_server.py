"""Requests to the API server go wrong in every way: each attempt runs once, and the log stays short."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from tests.chaos.cases import Case
from tests.chaos.happenings import until_begun
from tests.chaos.mishaps import answered, cut_off, done_and_cut_off, done_and_never_answered
from tests.chaos.outpost import RESYNC, Outpost, outpost
from tests.chaos.yard import JOBS, RUNS, SERVICES, Yard
from tests.controller.api_door import About, ApiDoor, Asked, Mishap, Order
from tests.controller.processes import until

SOON = {"retries": {"limit": 1, "backoff": {"initial": 1, "factor": 1, "max": 1}}}
ONE_AT_A_TIME = {"queue": {"maxConcurrent": 1}}
AWAY = 15.0

MISHAPS: dict[str, Mishap] = {
    "answered-409": answered(409),
    "answered-410": answered(410),
    "answered-429": answered(429, retry_after=1),
    "answered-500": answered(500),
    "answered-503": answered(503),
    "cut-off": cut_off,
    "done-and-cut-off": done_and_cut_off,
}
TROUBLED = {name: Case(name, "stumble", {"failures": 1}, service=SOON) for name in MISHAPS}
UNANSWERED = Case("never-answered", "echo", {"text": "heard"})
EVENT_OF_410 = {
    "type": "ERROR",
    "object": {
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "too old resource version", "reason": "Expired", "code": 410,
    },
}  # fmt: skip


def about(name: str, method: str = "") -> About:
    """Requests that name a run."""
    return lambda asked: not asked.watch and asked.method.startswith(method) and asked.names(name)


def two_of_eight(number: int) -> bool:
    """Two after each other, then none for as many as one look at a run may take."""
    return number % 8 < 2


def watches(asked: Asked) -> bool:
    return asked.watch


def watches_of_runs(asked: Asked) -> bool:
    return asked.watch and asked.path.endswith("/taskruns")


def listings_of_services(asked: Asked) -> bool:
    return not asked.watch and asked.path.endswith("/taskservices")


def everything(_: Asked) -> bool:
    return True


@pytest.fixture(scope="module")
def unlucky(yard: Yard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outpost]:
    """An outpost with all cases under way whose requests go wrong, each in its own way."""
    with outpost(yard, tmp_path_factory.mktemp("outpost")) as here:
        for name, mishap in MISHAPS.items():
            here.door.order(Order(about(name), mishap, turn=two_of_eight))
        never = Order(about(UNANSWERED.name), done_and_never_answered, turn=lambda n: n == 0)
        here.door.order(never)
        here.yard.submit(UNANSWERED, *TROUBLED.values())
        yield here


def calmed(here: Outpost) -> ApiDoor:
    """The door, once the unlucky cases have ended, with no orders left."""
    for case in (UNANSWERED, *TROUBLED.values()):
        here.yard.ended(case)
    here.door.revoke()
    here.start()
    return here.door


@pytest.fixture
def door(unlucky: Outpost) -> Iterator[ApiDoor]:
    """The door, for the orders of a test."""
    yield calmed(unlucky)
    unlucky.door.revoke()


@pytest.mark.parametrize("case", TROUBLED.values(), ids=TROUBLED.keys())
def test_each_attempt_runs_once_though_two_of_eight_requests_about_it_go_wrong(
    unlucky: Outpost, case: Case
) -> None:
    run = unlucky.yard.ended(case)

    assert run.end == ("Succeeded", "")
    assert run.reasons == ["TaskError", ""]
    assert run.pods() == [1, 2]
    assert len(unlucky.door.asked(about(case.name))) < 90


def test_a_job_whose_creation_was_never_answered_is_found_and_not_made_again(
    unlucky: Outpost,
) -> None:
    run = unlucky.yard.ended(UNANSWERED)

    assert (run.end, run.pods()) == (("Succeeded", ""), [1])
    assert run.stored("result") == b"heard"


def test_a_wait_that_the_api_server_asks_for_is_kept(unlucky: Outpost, door: ApiDoor) -> None:
    case = Case("asked-to-wait", "echo", {"text": "patient"})
    busy = Order(about(case.name, "POST"), answered(429, retry_after=4), turn=lambda n: n == 0)
    door.order(busy)

    unlucky.yard.submit(case)

    assert unlucky.yard.ended(case).end == ("Succeeded", "")
    refused, accepted, *_ = door.asked(about(case.name, "POST"))
    assert accepted.at - refused.at >= 4


def test_what_is_refused_again_and_again_is_tried_more_and_more_seldom(
    unlucky: Outpost, door: ApiDoor
) -> None:
    case = Case("refused", "echo", {"text": "at last"})
    refusal = door.order(Order(about(case.name), answered(500)))
    unlucky.yard.submit(case)
    until(lambda: len(refusal.hits) > 0, "it is tried")
    time.sleep(AWAY)
    door.revoke()

    # After 0.1 to 0.2 s, then twice as long each time; and at every listing.
    assert 5 <= len(refusal.hits) <= 8 + 2 * AWAY / RESYNC
    run = unlucky.yard.ended(case)
    assert (run.end, run.pods()) == (("Succeeded", ""), [1])


HOLDS_THE_PLACE = Case("ghost-run", "hold", {"seconds": 300}, service=ONE_AT_A_TIME)
WAITS_FOR_IT = Case("after-the-ghost", "hold", {"seconds": 1}, service=ONE_AT_A_TIME)
ROBBED = Case("ghost-job", "hold", {"seconds": 300, "attempts": 1}, service=SOON)
UNHEARD = [Case(f"unheard-{number}", "echo", {"text": "hm"}) for number in range(3)]
SERVED = Case("before-the-ghost", "echo", {"text": "hm"}, service={"cancelGrace": 6})


@pytest.fixture(scope="module")
def silence(unlucky: Outpost) -> Outpost:
    """An outpost at which much has happened while no watch said a word."""
    yard, door = unlucky.yard, calmed(unlucky)
    yard.submit(HOLDS_THE_PLACE, ROBBED, SERVED)
    for case in (HOLDS_THE_PLACE, ROBBED):
        until_begun(yard, case.name)
    yard.submit(WAITS_FOR_IT)
    yard.until(WAITS_FOR_IT, reason="ConcurrencyLimit")
    yard.ended(SERVED)

    door.fall_silent()
    yard.api.delete(RUNS, HOLDS_THE_PLACE.name)
    yard.api.delete(JOBS, f"{ROBBED.name}-1", propagationPolicy="Background")
    yard.api.delete(SERVICES, yard.service_of(SERVED))
    listings = len(door.asked(listings_of_services))
    yard.submit(*UNHEARD)
    for case in (*UNHEARD, WAITS_FOR_IT, ROBBED):
        yard.ended(case)
    until(lambda: len(door.asked(listings_of_services)) > listings, "services are listed again")
    orphan = Case("of-a-ghost", "echo", {"text": "hm"}, service_name=yard.service_of(SERVED))
    yard.submit(orphan)
    yard.until(orphan, reason="ServiceNotFound")
    door.revoke()
    return unlucky


@pytest.mark.parametrize("case", UNHEARD, ids=lambda case: case.name)
def test_a_run_is_seen_to_its_end_though_no_watch_says_a_word(silence: Outpost, case: Case) -> None:
    run = silence.yard.ended(case)

    assert (run.end, run.pods()) == (("Succeeded", ""), [1])


def test_a_run_deleted_while_the_watches_were_silent_holds_no_place_in_line(
    silence: Outpost,
) -> None:
    run = silence.yard.ended(WAITS_FOR_IT)

    assert (run.end, run.pods()) == (("Succeeded", ""), [1])


def test_a_job_deleted_while_the_watches_were_silent_is_missed(silence: Outpost) -> None:
    run = silence.yard.ended(ROBBED)

    assert (run.end, run.reasons) == (("Succeeded", ""), ["Disrupted", ""])


def test_a_service_deleted_while_the_watches_were_silent_starts_nothing_more(
    silence: Outpost,
) -> None:
    run = silence.yard.run(Case("of-a-ghost", "echo", {}))

    assert run.end == ("Queued", "ServiceNotFound")


def cut_watches(door: ApiDoor) -> None:
    door.cut_watches()


def tell_410(door: ApiDoor) -> None:
    door.say_in_watches(EVENT_OF_410)


def answer_watches_with(status: int, times: int) -> Callable[[ApiDoor], None]:
    def spoil(door: ApiDoor) -> None:
        door.order(Order(watches, answered(status), turn=lambda number: number < times))
        door.cut_watches()

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(cut_watches, id="cut"),
        pytest.param(tell_410, id="told 410"),
        pytest.param(answer_watches_with(429, 4), id="answered 429"),
        pytest.param(answer_watches_with(500, 8), id="answered 500"),
        pytest.param(answer_watches_with(503, 8), id="answered 503"),
    ],
)
def test_watches_that_went_wrong_begin_anew(
    unlucky: Outpost, door: ApiDoor, spoil: Callable[[ApiDoor], None]
) -> None:
    before = len(door.asked(watches_of_runs))

    spoil(door)

    until(
        lambda: len(door.asked(watches_of_runs)) > before and unlucky.controller.leads(),
        "runs are watched again",
    )
    case = Case(f"watched-{before}", "echo", {"text": "seen"})
    unlucky.yard.submit(case)
    run = unlucky.yard.ended(case)
    assert (run.end, run.pods()) == (("Succeeded", ""), [1])


def test_a_controller_that_may_not_watch_any_more_says_so_and_the_next_one_goes_on(
    unlucky: Outpost, door: ApiDoor
) -> None:
    case = Case("watched-by-two", "hold", {"seconds": 5})
    unlucky.yard.submit(case)
    until_begun(unlucky.yard, case.name)
    before = unlucky.controller

    answer_watches_with(410, 4)(door)

    assert before.ended() == 1
    assert "\ntaskyard controller: the API server cannot be watched any more: " in before.log
    unlucky.start()  # as the kubelet does
    run = unlucky.yard.ended(case)
    assert (run.end, run.pods()) == (("Succeeded", ""), [1])


def test_some_time_of_nothing_but_errors_are_a_few_lines_in_the_log(
    unlucky: Outpost, door: ApiDoor
) -> None:
    cases = [Case(f"in-trouble-{number}", "hold", {"seconds": 5}) for number in range(5)]
    unlucky.yard.submit(*cases)
    for case in cases:
        until_begun(unlucky.yard, case.name)
    before = len(unlucky.complaints())

    door.order(Order(everything, answered(500)))
    door.cut_watches()
    time.sleep(AWAY)
    door.revoke()

    for case in cases:
        run = unlucky.yard.ended(case)
        assert (run.end, run.pods()) == (("Succeeded", ""), [1])
    complaints = unlucky.complaints()[before:]
    assert 1 <= len(complaints) <= 10, "\n".join(complaints)
