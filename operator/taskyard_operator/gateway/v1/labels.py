"""Labels as callers write them: `key=value`, with the syntax of Kubernetes."""

import re

from taskyard.api.names import GROUP
from taskyard_operator.core.document import is_reserved

MAX_LABELS = 16
"""Most labels of a caller on one run."""

_WORD = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_DOMAIN = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
)


def label_of(text: str) -> tuple[str, str]:
    """Key and value of a label that a caller may set.

    Raises:
        ValueError: he may not; the message says why.
    """
    key, equals, value = text.partition("=")
    domain, slash, name = key.rpartition("/")
    if not equals:
        raise ValueError("write a label as key=value")
    if not _WORD.fullmatch(name) or (slash and not _DOMAIN.fullmatch(domain)):
        raise ValueError(
            "a label's key is at most 63 letters, digits and -_. between two letters or digits, and "
            "before it may be a domain in lower case and a slash"
        )
    if value and not _WORD.fullmatch(value):
        raise ValueError(
            "a label's value is at most 63 letters, digits and -_. between two letters or digits"
        )
    if is_reserved(key):
        raise ValueError(f"labels of {GROUP} are not a caller's to set")
    return key, value


def labels_of(texts: list[str]) -> dict[str, str]:
    """The labels that a caller wants on a run.

    Raises:
        ValueError: one of them may not be, or there are too many.
    """
    labels = dict(label_of(text) for text in texts)
    if len(labels) < len(texts):
        raise ValueError("a label was given twice")
    if len(labels) > MAX_LABELS:
        raise ValueError(f"at most {MAX_LABELS} labels are taken")
    return labels
