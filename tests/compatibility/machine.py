"""The controller's engine with runners of this machine: `python -m ... <settings> <services>`.

What carries a task from its TaskRun to its end is what does so in a cluster, but for Job and pod.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import aclosing
from pathlib import Path

from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.kube.api import KubeApi
from taskyard_operator.kube.store import KubeRunStore
from taskyard_operator.objects.store import BucketStore
from taskyard_operator.ports import PortError
from taskyard_operator.settings import load_settings

from .launcher import ProcessLauncher


async def work(config: Path, services: Path) -> None:
    """Run the tasks of one namespace until cancelled."""
    settings = load_settings(config)
    namespace = settings.gateway.namespace
    api = await KubeApi.connect()
    with tempfile.TemporaryDirectory() as folder:
        runs = KubeRunStore(api)
        launcher = ProcessLauncher(services, Path(folder))
        own = EngineSettings(workers=4, resync_seconds=10, namespaces=[namespace])
        engine = Engine(runs, launcher, BucketStore(settings.storage), own)
        launcher.tell = engine.attempt_seen
        async with asyncio.TaskGroup() as group:
            group.create_task(engine.run())
            while True:
                try:
                    await _follow(runs, namespace, engine)
                except PortError:
                    # As when somebody changes the definitions; what is missed is listed again.
                    await asyncio.sleep(1)


async def _follow(runs: KubeRunStore, namespace: str, engine: Engine) -> None:
    """Tell the engine what happens to the runs."""
    async with aclosing(await runs.watch(namespace)) as changes:
        async for change in changes:
            if change.run:
                engine.run_seen(change.run)
            else:
                engine.run_gone(change.key)


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), Path(sys.argv[2])))
