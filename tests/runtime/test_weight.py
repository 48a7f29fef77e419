"""The supervisor stands beside every task: it is light."""

import json
import subprocess
import sys

HEAVY = {"fastapi", "httpx", "kopf", "kubernetes", "numpy", "obstore", "PIL", "pydantic", "asyncio"}
MEASURE = """
import resource

def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime

before = used()
import taskyard_runtime.__main__
import taskyard_runtime.supervisor
after = used()

import json, sys
print(json.dumps([after - before, sorted(sys.modules)]))
"""
CPU_SECONDS = 0.150


def test_the_supervisor_imports_nothing_heavy() -> None:
    _, modules = _measure()

    assert HEAVY & modules == set()


def test_importing_the_supervisor_costs_little() -> None:
    # The best of several: what else runs on the machine only ever adds.
    assert min(_measure()[0] for _ in range(5)) < CPU_SECONDS


def test_importing_taskyard_alone_brings_neither_pydantic_nor_an_http_client() -> None:
    code = "import taskyard, sys; print(' '.join(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert {"pydantic", "httpx", "PIL"} & set(printed.stdout.decode().split()) == set()


def _measure() -> tuple[float, set[str]]:
    printed = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, check=True)
    seconds, modules = json.loads(printed.stdout)
    return seconds, set(modules)
