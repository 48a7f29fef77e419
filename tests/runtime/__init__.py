"""The runner, run as its pod would run it: a process, a ticket, an S3 server."""
