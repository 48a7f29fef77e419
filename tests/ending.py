"""How a session of tests ends that is told to: as by Ctrl-C, with all that it has started."""

import signal


def pytest_sessionstart() -> None:
    """By default SIGTERM would end this process at once, and leave its servers behind."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
