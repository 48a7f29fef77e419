"""What is told of a run while others wait for a look."""

from dataclasses import replace

import pytest

from taskyard.api.reasons import Phase
from tests.core.builders import NOW, a_run, an_attempt

from .watched import World
from .world import until


@pytest.mark.parametrize(
    ("others", "told"),
    [
        pytest.param(3, [f"status call-7 {Phase.RUNNING}"], id="where few wait, at once"),
        pytest.param(4, [], id="in a burst, a moment later"),
    ],
)
async def test_that_a_run_has_begun_is_told(world: World, others: int, told: list[str]) -> None:
    async with world.running():
        world.create(a_run())
        await until(lambda: world.launcher.there)

        world.become(replace(an_attempt().running(), started_at=NOW))
        for number in range(others):
            world.create(a_run().named(f"other-{number}"))
        await until(lambda: world.calls.count["start"] == 1 + others)

        assert world.calls.of("status") == told
        await world.becomes(Phase.RUNNING)
