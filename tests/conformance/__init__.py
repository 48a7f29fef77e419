"""The life of a task, by the HTTP API, once for both back ends."""

LOCAL, CLUSTER = "local", "cluster"
BACKENDS = (LOCAL, CLUSTER)
