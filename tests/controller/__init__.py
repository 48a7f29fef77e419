"""The controller as a process, on a real API server and without any node."""
