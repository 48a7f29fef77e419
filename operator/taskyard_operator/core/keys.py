"""Where the data of a run lies in the object store; the same for every launcher and every store."""


def run_prefix(namespace: str, run: str) -> str:
    """The folder that holds all objects of a run."""
    return f"{namespace}/{run}"


def record_key(namespace: str, run: str) -> str:
    """The record of a run that has ended; see `core/record.py`."""
    return f"{namespace}/{run}/record"


def input_key(namespace: str, run: str) -> str:
    """The input's body, as the client sent it."""
    return f"{namespace}/{run}/input"


def result_key(namespace: str, run: str, attempt: int) -> str:
    """The result of one attempt."""
    return f"{namespace}/{run}/{attempt}/result"


def log_key(namespace: str, run: str, attempt: int) -> str:
    """What one attempt wrote to its standard output and error."""
    return f"{namespace}/{run}/{attempt}/log"


def progress_key(namespace: str, run: str, attempt: int) -> str:
    """What one attempt said of its progress: a JSON object a line, the newest last."""
    return f"{namespace}/{run}/{attempt}/progress"


def outputs_key(namespace: str, run: str, attempt: int) -> str:
    """What one attempt gave away before its end: a JSON object a line, in order."""
    return f"{namespace}/{run}/{attempt}/outputs"


def is_key_of(namespace: str, key: str) -> bool:
    """Whether a key, which somebody wrote by hand, lies below the namespace and nowhere else."""
    first, *rest = key.split("/")
    return first == namespace and bool(rest) and all(part not in ("", ".", "..") for part in rest)
