"""Requests that cannot be served: some five hundred, in tables of what each must be told."""
