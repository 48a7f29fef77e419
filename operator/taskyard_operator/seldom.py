"""A filter for loggers of others that say the same at each try of each of their tasks."""

import logging


class Seldom(logging.Filter):
    """Lets one record pass, and no other for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds
        self._next = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record passes."""
        if record.created < self._next:
            return False
        self._next = record.created + self._seconds
        return True
