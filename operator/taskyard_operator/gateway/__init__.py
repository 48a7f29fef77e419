"""The HTTP gateway: submit, status, result, retry and cancel, per service and task."""
