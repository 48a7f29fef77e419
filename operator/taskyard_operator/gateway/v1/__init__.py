"""The gateway's own API, below /v1: one router for each concept, all of them behind one route."""
