"""The entry point of `annotate`: runs a command, and is the only place that prints errors.

A user's mistake (`AnnotateError`) becomes two lines on stderr and its exit code; a fault of our
own keeps its traceback.
"""

from __future__ import annotations

import os
import sys

from annotate.errors import AnnotateError


def main() -> None:
    """Run the command line given in `sys.argv` and exit."""
    from annotate.cli.app import app

    try:
        app()
    except AnnotateError as error:
        _complain(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`); nothing is left to say, not even at shutdown.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _complain(error: AnnotateError) -> None:
    from rich.text import Text

    from annotate.cli.streams import stderr

    console = stderr()
    console.print(Text.assemble(("error: ", "bold red"), error.message), soft_wrap=True)
    if error.remedy:
        console.print(Text.assemble(("  fix: ", "bold"), error.remedy), soft_wrap=True)


if __name__ == "__main__":
    main()
