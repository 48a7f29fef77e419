"""Which namespaces this process serves, and which of them it cannot serve, since it may not list them.

A RoleBinding goes with its namespace, or comes after the controller. The other namespaces are served
meanwhile, see docs/decisions/0027-a-namespace-that-may-not-be-listed-is-left-out.md.
"""

import logging
from collections.abc import Sequence

from taskyard_operator.ports import NotPermitted, PortError

logger = logging.getLogger(__name__)


class Namespaces:
    """The namespaces of a process, each served from its first listing until one is refused.

    Args:
        names: those that it is responsible for; none means all, which are listed as one place, None.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.places: Sequence[str | None] = tuple(names) or (None,)
        self._served: set[str | None] = set()
        self.refused: set[str | None] = set()
        """Those that are left out."""

    def serves(self, namespace: str | None) -> bool:
        """Whether all is known that there is in a namespace, so that something may be decided there."""
        return namespace in self._served or None in self._served

    def was_told(self, place: str | None, error: PortError) -> bool:
        """Whether an error says of a place no more than was told when it was left."""
        return isinstance(error, NotPermitted) and place in self.refused

    def listed(self, place: str | None) -> None:
        """A place was listed as a whole."""
        self._served.add(place)
        if place in self.refused:
            self.refused.discard(place)
            logger.info("namespace %s is served again", place)

    def left(self, place: str | None, why: NotPermitted) -> None:
        """A place may not be listed; told once, until it may be."""
        self._served.discard(place)
        if place not in self.refused:
            self.refused.add(place)
            logger.warning(
                "namespace %s is not served until its objects may be listed again: %s; "
                "give the controller its Role there, or take the namespace out of controller.namespaces",
                place,
                why,
            )
