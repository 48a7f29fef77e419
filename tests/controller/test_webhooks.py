"""A controller tells callbacks, and the next one goes on from where it was left."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

import pytest
import trustme

from taskyard_operator.webhooks.keys import KEYS_VARIABLE
from tests.webhooks.receiver import KEY, OTHER_KEY, Receiver, receiving

from .conftest import Team
from .processes import Controller, Controllers, until

INSIDE = {"allowedNetworks": ["127.0.0.0/8"], "firstDelaySeconds": 1, "timeoutSeconds": 5}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def receiver(authority: trustme.CA) -> Iterator[Receiver]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with receiving(context) as made:
        yield made


class Caller:
    """Starts controllers that may call the receiver."""

    def __init__(self, controllers: Controllers, authority: trustme.CA) -> None:
        self._controllers = controllers
        self._trusted = controllers.folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self._trusted))

    def start(self, **webhooks: Any) -> Controller:
        environment = {
            KEYS_VARIABLE: f"{OTHER_KEY} {KEY}",
            "SSL_CERT_FILE": str(self._trusted),
        }
        settings = {"enabled": True, **INSIDE, **webhooks}
        controller = self._controllers.start(
            webhooks=settings, environment=environment, enabled=False
        )
        until(controller.leads, "it works")
        return controller


@pytest.fixture
def caller(controllers: Controllers, authority: trustme.CA) -> Caller:
    return Caller(controllers, authority)


def deliveries(team: Team, name: str) -> list[dict[str, Any]]:
    """What the status of a run says of its callback."""
    run = team.kubectl.json("get", "taskruns.taskyard.dev", name, "-n", team.namespace)
    told: list[dict[str, Any]] = run.get("status", {}).get("callback", {}).get("deliveries", [])
    return told


def attempts(team: Team, name: str) -> int:
    return sum(each.get("attempts", 0) for each in deliveries(team, name))


def test_an_end_is_told_once_it_can_be_though_the_controller_was_killed_on_the_way(
    team: Team, caller: Caller, receiver: Receiver
) -> None:
    receiver.answers = [500, "https://localhost:1/elsewhere", *[503] * 20]
    first = caller.start()
    team.submit("call", callback={"url": receiver.url}, cancel=True)
    until(lambda: attempts(team, "call") >= 3, "some attempts have failed")
    first.process.kill()
    first.ended()
    tried, asked = attempts(team, "call"), len(receiver.received)
    (waits,) = deliveries(team, "call")
    assert waits["message"] in (
        "localhost answered 503.",
        "localhost answered 307, and redirects are not followed.",
    )
    assert "deliveredAt" not in waits

    receiver.answers = []
    second = caller.start()
    until(lambda: "deliveredAt" in deliveries(team, "call")[0], "the next controller delivers it")

    (told,) = deliveries(team, "call")
    assert (told["attempts"], len(receiver.received)) == (tried + 1, asked + 1)
    assert len({each.id for each in receiver.received}) == 1
    said = receiver.received[-1].verified()
    assert said["type"] == "task.cancelled"
    assert (said["data"]["id"], said["data"]["phase"]) == ("call", "Cancelled")
    assert said["data"]["callback"]["url"] == receiver.url
    until(
        lambda: second.scrape().value("taskyard_callback_attempts_total", outcome="Delivered") == 1,
        "it is counted",
    )
    logs = first.log + second.log
    assert KEY not in logs
    assert "Traceback" not in logs


def test_the_callback_of_a_service_is_told_of_its_runs(
    team: Team, caller: Caller, receiver: Receiver
) -> None:
    patch = f'{{"spec": {{"callback": {{"url": "{receiver.url}", "states": ["Failed"]}}}}}}'
    service = ("taskservices.taskyard.dev", "greedy", "-n", team.namespace)
    team.kubectl("patch", *service, "--type=merge", "-p", patch)
    caller.start()

    team.submit("late", deadlines={"start": 1})
    team.submit("cancelled", cancel=True)
    until(lambda: team.phases() == {"late": "Failed", "cancelled": "Cancelled"}, "both have ended")
    until(lambda: len(receiver.received) == 1, "one of them is told")

    said = receiver.received[0].verified()
    assert (said["type"], said["data"]["id"]) == ("task.failed", "late")
    assert said["data"]["reason"] == "StartDeadlineExceeded"
    assert deliveries(team, "cancelled") == []


def test_what_may_not_be_called_is_given_up_and_said(
    team: Team, caller: Caller, receiver: Receiver
) -> None:
    caller.start(allowedNetworks=[])
    team.submit("literal", callback={"url": "https://127.0.0.1/"}, cancel=True)
    team.submit("named", callback={"url": receiver.url}, cancel=True)

    until(lambda: attempts(team, "literal") == 1 and attempts(team, "named") >= 1, "both are tried")

    (literal,), (named,) = deliveries(team, "literal"), deliveries(team, "named")
    assert "givenUpAt" in literal
    assert literal["message"] == ("The URL must not lead to 127.0.0.1, which is no public address.")
    assert "nextAttemptAt" in named
    assert named["message"].startswith("localhost has no address that may be called")
    assert receiver.received == []


def test_without_a_key_the_controller_says_what_it_lacks(
    team: Team, controllers: Controllers
) -> None:
    controller = controllers.start(webhooks={"enabled": True}, environment={KEYS_VARIABLE: ""})

    assert controller.ended() == 1
    assert f"need a signing key in the environment variable {KEYS_VARIABLE}" in controller.log
