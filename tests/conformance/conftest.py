"""Each test of this folder runs on both back ends, unless it says `only`; see `column` for how."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance import BACKENDS, CLUSTER, LOCAL, matrix
from tests.conformance.backends import Backend, in_cluster, on_this_machine
from tests.conformance.column import Column

_PARAMETERS = {
    LOCAL: pytest.param(LOCAL),
    CLUSTER: pytest.param(CLUSTER, marks=pytest.mark.cluster),
}


@pytest.fixture(scope="session")
def backend(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Backend]:
    """The back end whose turn it is."""
    if request.param == LOCAL:
        with on_this_machine(tmp_path_factory.mktemp("conformance")) as backend:
            yield backend
    else:
        with in_cluster(request.getfixturevalue("installation")) as backend:
            yield backend


@pytest.fixture(scope="session", autouse=True)
def column(backend: Backend, request: pytest.FixtureRequest) -> Iterator[Column]:
    """All tests of the back end, under way."""
    tests = [test for test in request.session.items if _backend_of(test) == backend.name]
    column = Column(backend, [test for test in tests if isinstance(test, pytest.Function)])
    yield column
    column.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test runs on the back end that it is for, or on both."""
    marker = metafunc.definition.get_closest_marker("only")
    names = marker.args if marker else BACKENDS
    parameters = [_PARAMETERS[name] for name in names]
    metafunc.parametrize("backend", parameters, indirect=True, scope="session")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Reports tell of their place in the matrix."""
    if isinstance(item, pytest.Function):
        matrix.note(item)


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool:
    """The test is under way: wait for it."""
    column: Column = pyfuncitem.funcargs["column"]  # type: ignore[assignment]
    column.outcome(pyfuncitem)
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the matrix."""
    reports = [
        (outcome, report)
        for outcome in ("passed", "skipped", "failed", "error")
        for report in terminalreporter.stats.get(outcome, [])
    ]
    if lines := matrix.table(reports):
        terminalreporter.section("conformance: what holds on which back end")
        terminalreporter.write_line("\n".join(lines))


def _backend_of(test: pytest.Item) -> str | None:
    return dict(test.user_properties).get("backend")  # type: ignore[return-value]
