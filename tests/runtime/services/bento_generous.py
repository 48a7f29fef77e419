"""A service for BentoML with a task that gives values away, as it can where it runs as a Job."""

# mypy: ignore-errors

import bentoml

import taskyard


@bentoml.service
class Generous:
    @bentoml.task
    async def spell(self, word: str) -> str:
        for letter in word:
            taskyard.current_task().emit(letter)
        return word
