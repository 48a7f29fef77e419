"""The decisions, pure: no clock, no logger, no I/O. `reconcile` is the way in."""
