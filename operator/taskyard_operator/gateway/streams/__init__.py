"""What a task leaves while it runs, and how it is told to whoever follows it."""
