"""`annotate apply`: what a trial found becomes the defaults of the user's own source."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli.finding import StudyOption

if TYPE_CHECKING:
    from annotate.cli.picking import Picked
    from annotate.rewrite import Conflict, Merged, RewrittenFile, TrialSource
    from annotate.trial import Params


def apply(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[STUDY] [TRIAL]",
            help="The latest study and its best trial if left out; a number alone is a trial.",
            show_default=False,
        ),
    ] = None,
    study: StudyOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what would change, and write nothing.")] = False,
    strip: Annotated[
        bool, typer.Option("--strip", help="Take the annotations out as well: a plain script is left.")
    ] = False,
    digits: Annotated[
        int | None,
        typer.Option("--digits", min=1, max=17, help="Round to so many significant digits."),
    ] = None,
) -> None:
    """Write a trial's values into your source, as its defaults; everything else stays to the byte.

    [bold]annotate apply[/bold]   the best trial of the latest study, after showing what changes

    [bold]annotate apply 7 --diff[/bold]

    [bold]annotate apply --strip --yes && git diff[/bold]
    """
    from annotate.cli.diffs import show_diff
    from annotate.cli.picking import picked
    from annotate.cli.replacing import Replacement, replace_all
    from annotate.rewrite import onto_present
    from annotate.sources import shown

    chosen = picked(what or (), study)
    values, remarks = _rounded(chosen, digits)
    merged = onto_present(chosen.folder, chosen.meta, chosen.trial, chosen.trials, values=values, strip=strip)
    _refuse_conflicts(chosen, merged.conflicts)
    if not strip:
        _refuse_where_nothing_stands_there(chosen, merged.source)
    typer.echo(chosen.told, err=True)
    changed = [file for file in merged.source.files if file.changed]
    for file in changed:
        show_diff(file.before, file.after, shown(file.path))
    for remark in (*remarks, *_remarks(chosen, merged)):
        typer.echo(remark, err=True)
    if not changed:
        typer.echo(_nothing(chosen, merged.source), err=True)
        return
    if diff:
        return
    _ask(chosen, changed, yes=yes)
    replace_all([Replacement(Path(shown(file.path)), file.before, file.after) for file in changed])
    typer.echo(f"wrote {_counted(changed, strip=strip)}", err=True)
    if chosen.gains:
        typer.echo(f"whether it is truly better: annotate confirm {chosen.folder.id}", err=True)


def _rounded(chosen: Picked, digits: int | None) -> tuple[Params | None, list[str]]:
    """The values that stand in for the trial's own, and what is known of them."""
    from annotate.cli.measuring import measured_with, to_measure
    from annotate.rewrite import rounded, same_point
    from annotate_tuners.space import SearchSpace

    if digits is None or chosen.trial.baseline:
        return None, []
    values = rounded(chosen.trial.active, SearchSpace.from_json(dict(chosen.meta.space)), digits)
    if same_point(values, chosen.trial.active):
        return None, [f"no value of {chosen.name} has more than {digits} digits"]
    found = measured_with(values, chosen)
    if found is not None:
        return values, [f"with {digits} digits it was measured: {found}"]
    return values, [f"not measured with {digits} digits; to know: {to_measure(values, chosen.meta)}"]


def _refuse_conflicts(chosen: Picked, conflicts: Sequence[Conflict]) -> None:
    from annotate.errors import UsageError

    if not conflicts:
        return
    lines = [_told(chosen, each) for each in conflicts]
    raise UsageError(
        "\n".join(
            ["the source has changed where the trial has something to say; nothing was written", *lines]
        ),
        remedy=f"put these back, or write the study's own source: annotate checkout {chosen.id} -o DIR",
    )


def _told(chosen: Picked, conflict: Conflict) -> str:
    from annotate.rewrite.slots import literal_text

    name = chosen.meta.names.get(conflict.key, conflict.key)
    value = literal_text(conflict.value)
    if conflict.line is None:
        return f"  {conflict.name}: {name} is tuned there no longer; {chosen.name} has {value}"
    was = f"was {conflict.was} when the study began" if conflict.was else "was not there when the study began"
    return (
        f"  {conflict.name}:{conflict.line}: {name} {was}, is {conflict.now} now; {chosen.name} has {value}"
    )


def _refuse_where_nothing_stands_there(chosen: Picked, source: TrialSource) -> None:
    """A study of options of the command line, or of a script that asks for its parameters, has no defaults to write to."""
    from annotate.cli.picking import as_python, command_in, command_of
    from annotate.errors import UsageError
    from annotate.notebooks import python_name

    trial, meta = chosen.trial, chosen.meta
    script = Path(meta.script).name
    elsewhere = {*source.asked, *source.left, *meta.flags}
    if trial.baseline or not trial.active or trial.active.keys() - elsewhere:
        return
    if source.arguments:
        raise UsageError(
            f"nothing of {chosen.name} stands in the source: its values came as options of the command line",
            remedy=command_of(meta, {meta.script: script, python_name(meta.script): script}, source.arguments)
            or command_in(meta, source.arguments),
        )
    if source.asked:
        raise UsageError(
            f"nothing of {chosen.name} stands in the source: {script} asks for its parameters itself",
            remedy=f"write them where it has its own defaults: {as_python(source.asked)}",
        )
    raise UsageError(
        f"nothing of {chosen.name} can be written: "
        + "; ".join(f"{meta.names.get(key, key)}: {why}" for key, why in source.left.items()),
        remedy="--strip writes values in the place of such calls; so does `annotate checkout`",
    )


def _remarks(chosen: Picked, merged: Merged) -> list[str]:
    import shlex

    from annotate.cli.picking import as_python
    from annotate.notebooks import SUFFIX

    source, names = merged.source, chosen.meta.names
    remarks = [f"left as it is: {names.get(key, key)}: {why}" for key, why in source.left.items()]
    if source.arguments:
        remarks.append(f"not in the source, but on the command line: {shlex.join(source.arguments)}")
    if source.asked:
        remarks.append(f"the script asks for these itself, write them by hand: {as_python(source.asked)}")
    if any(file.changed and file.name.endswith(SUFFIX) for file in source.files):
        remarks.append("load the notebook anew where it is open: Jupyter would write its own copy over this")
    if merged.applied is not None and merged.applied.number != chosen.trial.number:
        remarks.append(f"the source held the values of trial {merged.applied.number}")
    return remarks


def _nothing(chosen: Picked, source: TrialSource) -> str:
    if chosen.trial.baseline:
        if chosen.best:
            return "no trial was better than the defaults: they stay as they are"
        return f"trial {chosen.trial.number} is the baseline, which ran the defaults as they stand: nothing to write"
    names = [file.name for file in source.files if file.holds] or [Path(chosen.meta.script).name]
    verb = "hold" if len(names) > 1 else "holds"
    return f"{', '.join(names)} already {verb} the values of {chosen.name}: nothing to write"


def _ask(chosen: Picked, changed: Sequence[RewrittenFile], *, yes: bool) -> None:
    import sys

    from annotate.errors import UsageError

    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to say yes; nothing was written", remedy="write --yes")
    if not typer.confirm(f"Write {chosen.name} into {', '.join(file.name for file in changed)}?", err=True):
        typer.echo("nothing was written", err=True)
        raise typer.Exit(1)


def _counted(changed: Sequence[RewrittenFile], *, strip: bool) -> str:
    """`3 defaults into train.py, 1 default into net.py`."""
    if strip:
        return f"{', '.join(file.name for file in changed)}, without annotations"
    numbers = [(len(file.changes), file.name) for file in changed]
    return ", ".join(f"{count} default{'s' * (count != 1)} into {name}" for count, name in numbers)
