"""Objects that Kubernetes has encoded as protobuf: which of their fields are read, and by which numbers.

The numbers are those of `generated.proto` in k8s.io/api and k8s.io/apimachinery. In etcd the fields are known
by nothing else, so a number never comes to mean something else. What `observe` reads has to be here.

See docs/decisions/0028-jobs-and-pods-are-watched-as-protobuf.md.
"""

from taskyard_operator.kube.protobuf import (
    Found,
    Message,
    flag,
    integer,
    many,
    one,
    raw,
    text,
    texts,
    time,
)

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"

_MAGIC = b"k8s\x00"
"""So each object begins."""

_METADATA = Message(
    name=text(1),
    namespace=text(3),
    uid=text(5),
    resourceVersion=text(6),
    creationTimestamp=time(8),
    deletionTimestamp=time(9),
    labels=texts(11),
)
_CONDITION = Message(type=text(1), status=text(2), reason=text(5), message=text(6))

JOB = Message(
    metadata=one(1, _METADATA),
    spec=one(2, Message(suspend=flag(10))),
    status=one(3, Message(conditions=many(1, _CONDITION), startTime=time(2))),
)

_CONTAINER_STATE = Message(
    waiting=one(1, Message(reason=text(1), message=text(2))),
    running=one(2, Message(startedAt=time(1))),
    terminated=one(
        3,
        Message(
            exitCode=integer(1),
            reason=text(3),
            message=text(4),
            startedAt=time(5),
            finishedAt=time(6),
        ),
    ),
)
_CONTAINER_STATUS = Message(name=text(1), state=one(2, _CONTAINER_STATE), image=text(6))

POD = Message(
    metadata=one(1, _METADATA),
    spec=one(2, Message(nodeName=text(10))),
    status=one(
        3,
        Message(
            phase=text(1),
            conditions=many(2, _CONDITION),
            message=text(3),
            reason=text(4),
            startTime=time(7),
            containerStatuses=many(8, _CONTAINER_STATUS),
            initContainerStatuses=many(10, _CONTAINER_STATUS),
        ),
    ),
)

STATUS = Message(message=text(3), reason=text(4), code=integer(6))

_KINDS = {"Job": JOB, "Pod": POD, "Status": STATUS}
_OBJECT = Message(typeMeta=one(1, Message(kind=text(2))), raw=raw(2))
_EVENT = Message(type=text(1), object=one(2, Message(raw=raw(1))))


def is_encoded(text: bytes) -> bool:
    """Whether this is an object as protobuf, and no JSON."""
    return text.startswith(_MAGIC)


def decoded(encoded: bytes) -> Found:
    """The object, with its fields that are read.

    Raises:
        ValueError, LookupError: it is none, or of a kind that is not read.
    """
    if not is_encoded(encoded):
        raise ValueError("no object of Kubernetes")
    known = _OBJECT.read(encoded, len(_MAGIC), len(encoded))
    content: bytes = known["raw"]
    kind = _KINDS[known["typeMeta"]["kind"]]
    return kind.read(content, 0, len(content))


def decoded_event(encoded: bytes) -> Found:
    """What a watch tells: `{"type", "object"}`; raises as `decoded` does."""
    event = _EVENT.read(encoded, 0, len(encoded))
    return {"type": event["type"], "object": decoded(event["object"]["raw"])}
