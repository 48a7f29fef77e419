"""Measurements, each against bare Jobs on the same control plane: `make bench`.

Nothing here is collected as a timed test: a figure of a machine that others use too fails for no reason.
"""
