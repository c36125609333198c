"""The entry point of `annotate`: runs a command, and is the only place that prints errors.

A user's mistake (`AnnotateError`, or a command line that typer refuses) becomes two lines on stderr and
exit code 2; a fault of our own keeps its traceback.
"""

from __future__ import annotations

import atexit
import errno
import gc
import io
import os
import sys

from annotate.errors import AnnotateError, LaunchError


def main() -> None:
    """Run the command line given in `sys.argv` and exit."""
    # Nearly all that imports make stays until the end: to look for cycles in it takes 20 ms, and at the end 50.
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)

    _open_what_is_closed()
    _write_what_the_terminal_can_show()

    try:
        import typer

        from annotate.cli.app import app
        from annotate.cli.usage import Refused, usage_error
    except KeyboardInterrupt:
        sys.exit(130)

    try:
        sys.exit(app(sys.argv[1:])(standalone_mode=False))
    except AnnotateError as error:
        _complain(error)
        sys.exit(error.exit_code)
    except Refused as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # the help has been printed
            sys.exit(2)
        refusal = usage_error(error, sys.argv[1:])
        _complain(refusal)
        sys.exit(refusal.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`); nothing is left to say, not even at shutdown.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if error.errno not in (errno.EMFILE, errno.ENFILE):
            raise
        shortage = LaunchError("the limit of open files is too low here", remedy="raise it: ulimit -n 1024")
        _complain(shortage)
        sys.exit(shortage.exit_code)


def _open_what_is_closed() -> None:
    """Read and write nothing where stdin, stdout or stderr is closed (`>&-`), so that no other file gets its number."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(descriptor, True)
            setattr(sys, name, os.fdopen(descriptor, "r" if name == "stdin" else "w", closefd=False))


def _write_what_the_terminal_can_show() -> None:
    """A check mark that a Latin-1 terminal has no letter for becomes `\\u2713`, as Python does it on stderr.

    In the C locale Python's own choice, `surrogateescape`, has no letter for it either.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="backslashreplace")


def _complain(error: AnnotateError) -> None:
    from rich.text import Text

    from annotate.cli.streams import stderr

    console = stderr()
    console.print(Text.assemble(("error: ", "bold red"), error.message), soft_wrap=True)
    if error.remedy:
        console.print(Text.assemble(("  fix: ", "bold"), error.remedy), soft_wrap=True)


if __name__ == "__main__":
    main()
