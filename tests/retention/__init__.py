"""What is left of a run after its end, on a real API server and a real S3 server."""
