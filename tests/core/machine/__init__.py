"""The core against a cluster, a user and time that do what they can, in any order.

`Truth` is what an API server with its controllers and kubelets would hold, and `History` what truly
happened; a `Leader` is a controller with caches that lag behind. hypothesis chooses what happens next,
from rules of people and of the cluster. In the end the cluster does nothing any more but what it owes,
and time goes on: then every run ends, and is deleted.
"""
