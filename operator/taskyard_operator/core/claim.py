"""Claims: which run an Idempotency-Key stands for, and how long that is remembered.

    _idempotency/<namespace>/<key's digest>                   the claim
    _expiry/<hour>/<namespace>/_idempotency/<key's digest>    its marker in the index of `core/expiry.py`

No run's name begins with an underscore, so the markers of claims and of runs never meet.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from taskyard.api.resource import rfc3339
from taskyard_operator.core.expiry import INDEX

CLAIMS = "_idempotency"
MAX_CLAIM_BYTES = 1024
"""Several times what a claim takes."""


def digest_of(service: str, task: str, key: str) -> str:
    """What stands for a caller's key, which is good for one task: 40 digits, since a label takes 63."""
    text = json.dumps([service, task, key])
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def claim_key(namespace: str, digest: str) -> str:
    """The object that holds a claim."""
    return f"{CLAIMS}/{namespace}/{digest}"


def claim_marker(hour: str, namespace: str, digest: str) -> str:
    """The marker that says: look at this claim when the hour is past."""
    return f"{INDEX}/{hour}/{namespace}/{CLAIMS}/{digest}"


def claimed_by(marker: str) -> tuple[str, str] | None:
    """Namespace and digest of the claim that a marker is for; None where it is for none."""
    match marker.split("/"):
        case [index, _, namespace, claims, digest] if (index, claims) == (INDEX, CLAIMS):
            return namespace, digest
    return None


@dataclass(frozen=True, slots=True)
class Claim:
    """The first request with a key, and the run that was, or is to be, made for it.

    Attributes:
        run: the name of that run.
        fingerprint: what the requests that may repeat it have in common.
        expires_at: until then a run that is not there was not made yet; later it may be gone already.
        deleted: somebody has deleted the run.
    """

    run: str
    fingerprint: str
    expires_at: datetime
    deleted: bool = False

    def to_json(self) -> bytes:
        """The object to store."""
        claim = {
            "run": self.run,
            "fingerprint": self.fingerprint,
            "expiresAt": rfc3339(self.expires_at),
            "deleted": self.deleted,
        }
        return json.dumps(claim).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "Claim":
        """Read a claim.

        Raises:
            ValueError: it is none.
        """
        match json.loads(text):
            case {
                "run": str(run),
                "fingerprint": str(fingerprint),
                "expiresAt": str(expires_at),
                "deleted": bool(deleted),
            }:
                return cls(run, fingerprint, datetime.fromisoformat(expires_at), deleted)
        raise ValueError("a claim is a JSON object with run, fingerprint, expiresAt and deleted")
