"""The same service for both: the runner, and `bentoml serve`, are started in this folder."""
