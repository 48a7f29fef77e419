"""Requests that cannot be served: some two hundred and fifty, in tables of what each must be told."""
