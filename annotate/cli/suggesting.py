"""`annotate suggest`: annotations proposed for a plain script, as a diff to review or written into it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def suggest(
    script: Annotated[Path, typer.Argument(help="The script to propose annotations for.")],
    apply: Annotated[bool, typer.Option("--apply", help="Write them into the script.")] = False,
) -> None:
    """Propose a range beside each value that is known by its name: lr, dropout, batch_size, ...

    [bold]annotate suggest train.py[/bold] shows a diff, to be read or piped into `git apply`.

    [bold]annotate suggest train.py --apply[/bold] writes it.
    """
    from annotate.cli.diagnosing import refuse
    from annotate.cli.diffs import show_diff
    from annotate.sources import shown
    from annotate.suggest import suggest as propose

    before = _read(script)
    done = propose(before, shown(script))
    refuse([each for each in done.diagnostics if each.code.startswith("E")])
    count = len(done.suggestions)
    if not count:
        typer.echo(f"{script}: nothing more to suggest; no value here is known by its name", err=True)
        return
    show_diff(before, done.code, shown(script))
    noun = "annotation" if count == 1 else "annotations"
    if apply:
        _write(script, before, done.code)
        typer.echo(f"wrote {count} {noun} into {script}; next: annotate check {script}", err=True)
    else:
        typer.echo(f"{count} {noun}; annotate suggest {script} --apply writes them", err=True)


def _read(script: Path) -> bytes:
    from annotate.cli.targets import existing
    from annotate.errors import UsageError
    from annotate.notebooks import SUFFIX

    if script.suffix == SUFFIX:
        raise UsageError(
            f"{script} is a notebook, which is not written to",
            remedy="write the ranges into its cells: lr = 0.1  # @nni.loguniform(1e-4, 1e-1)",
        )
    try:
        return existing(script, "suggest").read_bytes()
    except OSError as error:
        raise UsageError(
            f"{script} cannot be read: {error.strerror}", remedy="check its permissions"
        ) from error


def _write(script: Path, before: bytes, after: bytes) -> None:
    """Put the new source in the old one's place, unless somebody has changed that meanwhile."""
    from annotate.cli.files import publish
    from annotate.errors import UsageError

    target = script.resolve()  # a symbolic link goes on to be one
    if target.read_bytes() != before:
        raise UsageError(f"{script} was changed meanwhile and is left as it is", remedy="run it again")
    publish(target, after)
