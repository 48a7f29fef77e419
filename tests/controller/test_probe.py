"""What the kubelet is told of a controller that cannot do its work."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.chaos.mishaps import answered
from tests.cluster.control_plane import ControlPlane

from .api_door import ApiDoor, Order
from .conftest import Team
from .line import Line
from .processes import Controllers, until


def test_a_controller_is_not_ready_until_everything_was_listed_and_is_not_started_anew_for_it(
    team: Team, controllers: Controllers, control_plane: ControlPlane, tmp_path: Path
) -> None:
    """The first listing of a large cluster takes long, and a restart would begin it anew."""
    with ApiDoor(control_plane.kubeconfig, tmp_path) as door:
        refused = door.order(
            Order(lambda asked: asked.path.endswith("/taskservices"), answered(500))
        )
        controller = controllers.start(door.kubeconfig, enabled=False)

        def answer(path: str) -> int:
            url = f"http://127.0.0.1:{controller.probe_port}/{path}"
            try:
                return httpx.get(url, trust_env=False).status_code
            except httpx.HTTPError:
                return 0

        until(lambda: len(refused.hits) > 0 and answer("readyz") == 500, "it is not ready")
        assert (answer("healthz"), answer("livez")) == (500, 200)

        door.revoke()
        until(controller.leads, "it works")


def test_a_controller_that_is_started_while_the_api_server_is_away_waits_for_it(
    team: Team, controllers: Controllers, line: Line
) -> None:
    line.close()

    controller = controllers.start(line.kubeconfig, enabled=False)

    until(lambda: "again in" in controller.log, "it tries again")
    assert controller.probe() == {"standby": True}
    line.open()
    until(controller.leads, "it works")
