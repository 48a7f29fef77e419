"""A Kubernetes cluster of real parts on this machine, for the tests and for `make demo`.

Nothing in it is a stand-in: etcd, the API server, its controllers and the scheduler, one node that
runs containers, an image registry and an S3 server, all as plain processes of the stated versions.

Reading order: `layout` (addresses and folders), `processes` (how a server is started, watched and
stopped), `binaries` (how it gets there), `control_plane`, `node`, `images`, `object_store`, and
`cluster`, which puts them together. By hand: `python -m tests.cluster up`.
"""
