"""Examples in help texts, each of which a test runs."""


def examples(*lines: str) -> str:
    """The end of a command's help: commands to copy, where $ID is the id of a task."""
    return "\n\n".join(["Examples:", *(f"  {line}" for line in lines)])
