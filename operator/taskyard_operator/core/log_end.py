"""Putting the end of a pod's log to what its runner had stored while the task ran."""

END_BYTES = 4096
"""So much of the end of a stored log is looked for in the pod's; two places that are alike are unlikely."""

_BETWEEN = (
    b"\n[taskyard: what was printed between here and the next line was lost with the runner]\n"
)


def what_follows(stored_end: bytes, pod_log: bytes) -> bytes:
    """What a pod's log has after the end of the stored one; all of it, after a note, where they do not meet.

    Args:
        stored_end: the last `END_BYTES` of the stored log, or all of it.
        pod_log: the end of what the pod has printed, which is all that the runner was about to store.
    """
    at = pod_log.rfind(stored_end)
    return pod_log[at + len(stored_end) :] if at >= 0 else _BETWEEN + pod_log
