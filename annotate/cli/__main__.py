"""The command line: `annotate`."""


def main() -> None:
    """Run the command line."""
