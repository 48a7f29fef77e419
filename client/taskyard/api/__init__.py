"""The contracts: the two resources, the words of the API, and what operator and runner hand each other.

Nothing is imported here: the runner needs `taskyard.api.runner` in every pod and must not pay for pydantic.
"""
