"""How a task is told from a position on: every cut of the story, and every end of it."""
