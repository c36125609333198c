"""`annotate checkout`: the plain source of a study with a trial's values, in a directory of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli.finding import StudyOption

SHOWN = 12  # of what is left out

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from annotate.cli.picking import Picked
    from annotate.rewrite import TrialSource
    from annotate.storage import StudyMeta


def checkout(
    trial: Annotated[
        str | None, typer.Argument(metavar="[TRIAL]", help="Its number or id; the best if left out.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A new directory.", show_default=False)
    ] = None,
    study: StudyOption = None,
    strip: Annotated[bool, typer.Option("--strip", help="Take the annotations out as well.")] = False,
) -> None:
    """Write the code of a study with a trial's values for its defaults: plain Python, with nothing of ours in it.

    [bold]annotate checkout 7 -o best[/bold]

    The files that the study tunes are as they were when it began, the others as they are today. What is large (data,
    checkpoints) or hidden, and what belongs to git or a virtual environment, is left out.
    """
    from annotate.cli.picking import picked
    from annotate.errors import UsageError
    from annotate.rewrite import check_out, of_trial
    from annotate.storage.faults import told

    if output is None:
        raise UsageError("no directory is named", remedy="annotate checkout 7 -o DIR")
    chosen = picked([trial] if trial else (), study)
    source = of_trial(chosen.folder, chosen.meta, chosen.trial, strip=strip, calls=True)
    with told(output):
        left_out = check_out(chosen.meta, source, output, name=chosen.id)
    typer.echo(chosen.told, err=True)
    for each in left_out[:SHOWN]:
        typer.echo(f"left out: {each.name} ({each.why})", err=True)
    if len(left_out) > SHOWN:
        typer.echo(f"left out: {len(left_out) - SHOWN} more", err=True)
    for key, why in source.left.items():
        typer.echo(f"left as it is: {chosen.meta.names.get(key, key)}: {why}", err=True)
    typer.echo(f"wrote {output}; run it:", err=True)
    typer.echo(_command(chosen, source, output))


def _command(chosen: Picked, source: TrialSource, output: Path) -> str:
    """What runs it from here: in the study's working directory, or within the copy where no script is named."""
    import os
    import shlex

    from annotate.cli.picking import command_in, command_of
    from annotate.notebooks import python_name

    meta = chosen.meta
    here = Path.cwd() == Path(meta.cwd) or not Path(meta.cwd).is_dir()
    root = output if here else output.absolute()
    names = [python_name(file.name) for file in source.files]
    copies = {str(Path(meta.code_dir, name)): str(root / name) for name in names}
    command = command_of(meta, copies, source.arguments)
    if command is None:
        return f"cd {shlex.quote(str(output))} && {command_in(meta, source.arguments)}"
    path = os.pathsep.join(str(root / place) for place in _importable(meta, names))
    command = f"PYTHONPATH={shlex.quote(path)} {command}" if path else command
    return command if here else f"cd {shlex.quote(meta.cwd)} && {command}"


def _importable(meta: StudyMeta, names: Sequence[str]) -> Iterable[Path]:
    """Where in the copy lies what the script has by PYTHONPATH or an editable installation: else it would run the original."""
    from annotate.sources.above import importable

    code_dir, script = Path(meta.code_dir), Path(meta.script)
    places = [place for place in importable(script, Path(meta.cwd)) if place.is_relative_to(code_dir)]
    files = [code_dir / name for name in names]
    found = [[place for place in places if file.is_relative_to(place)] for file in files if file != script]
    return dict.fromkeys(
        max(each, key=lambda place: len(place.parts)).relative_to(code_dir) for each in found if each
    )
