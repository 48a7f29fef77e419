"""The gateway process, as it is started in a cluster, on a real API server and a real S3 server."""
