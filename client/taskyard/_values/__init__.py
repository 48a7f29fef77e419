"""The values that tasks take and return, and how they travel.

The annotation side, used where the service class is at hand: `kinds` says which kind of value an
annotation means, `signature` puts the kinds of one task together, and `json_values`, `texts`, `files`,
`images` and `tables` are the kinds themselves. `outputs` are values that are given away before the end.
`wire` holds what they exchange with the runner.
Nothing is imported here: the decorators must stay cheap to import.
"""
