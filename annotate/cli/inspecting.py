"""The commands that read source and run nothing: check, explain, extract-space, instrument."""

from __future__ import annotations

import enum
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from annotate.sources import Closure

ScriptArgument = Annotated[Path, typer.Argument(help="The annotated script.")]
CodeDirOption = Annotated[
    Path | None,
    typer.Option(
        "--code-dir",
        help="The directory of the code. Default: the script's, or one above that it reaches.",
    ),
]
IncludeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--include", help="Files that only a dynamic import reaches, as a glob below the code directory."
    ),
]


class SpaceFormat(str, enum.Enum):
    """How `extract-space` prints a space."""

    json = "json"
    yaml = "yaml"
    table = "table"


class CheckFormat(str, enum.Enum):
    """How `check` prints diagnostics."""

    text = "text"
    json = "json"


def extract_space(
    script: ScriptArgument,
    code_dir: CodeDirOption = None,
    include: IncludeOption = None,
    format: Annotated[
        SpaceFormat, typer.Option("--format", "-f", help="How to print it.")
    ] = SpaceFormat.json,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A file instead of stdout.")] = None,
) -> None:
    """Print the search space that a script's annotations make: NNI's search_space.json.

    [bold]annotate extract-space train.py -o search_space.json[/bold]
    """
    from annotate.cli.diagnosing import refuse
    from annotate.cli.files import publish
    from annotate.errors import UsageError

    closure = _read(script, code_dir, include, "extract-space")
    if output is not None and output.resolve() in {file.path.resolve() for file in closure.files}:
        raise UsageError(f"{output} is your own code, which is never written to", remedy="name another file")
    refuse(closure.diagnostics)
    _say_if_empty(closure)
    document = closure.space.to_json()
    if format is SpaceFormat.table:
        if output is not None:
            raise UsageError("a table is for reading, not for a file", remedy="write --format json or yaml")
        _table(closure)
        return
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if format is SpaceFormat.yaml:
        import yaml

        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    if output is None:
        print(text, end="")
    else:
        publish(output, text)


def check(
    paths: Annotated[list[Path], typer.Argument(help="Scripts, or directories of them.")],
    include: IncludeOption = None,
    format: Annotated[
        CheckFormat, typer.Option("--format", "-f", help="json is for editors and CI.")
    ] = CheckFormat.text,
) -> None:
    """Check the annotations of scripts and of what they import; exit code 2 if there is an error.

    [bold]annotate check train.py[/bold]
    """
    from annotate.annotations import has_errors
    from annotate.cli.diagnosing import counted, show
    from annotate.cli.streams import stdout

    files, closures = _closures(paths, include)
    diagnostics = list(dict.fromkeys(d for closure in closures for d in closure.diagnostics))
    if format is CheckFormat.json:
        print(json.dumps([d.to_json() for d in diagnostics], indent=2, ensure_ascii=False))
    else:
        show(diagnostics, stdout())
        sites = {
            (f.path, v.key) for closure in closures for f in closure.files for v in f.instrumented.variables
        }
        print(f"{counted(diagnostics)} in {_many(files, 'file')}, {_many(len(sites), 'variable')}")
    if has_errors(diagnostics):
        raise typer.Exit(2)


def explain(code: Annotated[str, typer.Argument(help="The code of a diagnostic, such as E201.")]) -> None:
    """Print the page of a diagnostic's code.

    [bold]annotate explain E101[/bold]
    """
    import difflib

    from annotate.annotations.pages import PAGES
    from annotate.errors import UsageError

    page = PAGES.get(code.upper())
    if page is None:
        near = difflib.get_close_matches(code.upper(), PAGES, 1, cutoff=0.7)
        known = ", ".join(sorted(PAGES))
        raise UsageError(
            f"there is no code {code}",
            remedy=f"did you mean {near[0]}?" if near else f"the codes are {known}",
        )
    print(page)


def instrument(
    script: ScriptArgument,
    code_dir: CodeDirOption = None,
    include: IncludeOption = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A new directory to write the tree to.")
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what changes as a unified diff; the default.")
    ] = False,
) -> None:
    """Show the instrumented source of a script, or write the whole instrumented tree to a directory.

    [bold]annotate instrument train.py --diff[/bold]
    """
    from annotate.cli.diagnosing import refuse
    from annotate.errors import UsageError
    from annotate.sources import mirror
    from annotate_runtime.install import install_package

    closure = _read(script, code_dir, include, "instrument")
    if output is not None and output.resolve().is_relative_to(closure.code_dir.resolve()):
        raise UsageError(
            f"{output} lies in your own code, which is never written to",
            remedy=f"name a new directory outside {closure.code_dir}",
        )
    refuse(closure.diagnostics)
    _say_if_empty(closure)
    if diff or output is None:
        _diff(closure)
    if output is not None:
        try:
            mirrored = mirror(closure, output)
            install_package(mirrored.parent)
        except FileExistsError as error:
            raise UsageError(f"{output} is there and not empty", remedy="name a new directory") from error
        except OSError as error:
            raise UsageError(
                f"{output} cannot be written: {error.strerror}", remedy="name another"
            ) from error
        typer.echo(f"wrote {mirrored}", err=True)


def _read(script: Path, code_dir: Path | None, include: list[str] | None, command: str) -> Closure:
    from annotate.cli.targets import followed
    from annotate.sources import code_dir_of, read_closure

    script = followed(script, command)
    return read_closure(script, code_dir or code_dir_of(script), tuple(include or ()))


def _say_if_empty(closure: Closure) -> None:
    """On stderr: an empty result is more often a mistake than meant."""
    if closure.space:
        return
    name = closure.script.name
    advice = f"; `annotate suggest {name}` proposes some" if closure.script.suffix == ".py" else ""
    typer.echo(f"{name} and what it imports carry no annotation{advice}", err=True)


def _closures(paths: list[Path], include: list[str] | None) -> tuple[int, list[Closure]]:
    """How many files were read, and the closures: of every script named, and of those of a directory.

    In a directory a module that another file there imports is no script, and is read as part of that one.
    """
    named = [path for path in paths if not path.is_dir()]
    found = [script for path in paths if path.is_dir() for script in _annotated_in(path)]
    closures = [_read(script, None, include, "check") for script in named]
    others = [_read(script, None, include, "check") for script in found]
    imported = {file.path for closure in others for file in closure.files[1:]}
    closures += [closure for closure in others if closure.script not in imported]
    read = {file.path for closure in closures for file in closure.files}
    closures += [closure for closure in others if closure.script not in read]  # that import one another
    return len({file.path for closure in closures for file in closure.files}), closures


def _annotated_in(directory: Path) -> list[Path]:
    from annotate.errors import UsageError

    found = sorted(
        path
        for suffix in ("*.py", "*.ipynb")
        for path in directory.rglob(suffix)
        if not any(part.startswith(".") for part in path.relative_to(directory).parts)
    )
    if not found:
        raise UsageError(f"{directory} holds no Python file", remedy="name a script")
    try:
        return [path for path in found if path.is_file() and b"nni" in path.read_bytes()]
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be read: {error.strerror}") from error


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _table(closure: Closure) -> None:
    from annotate.cli.output import Format, write

    rows = [
        {
            "name": closure.names[key],
            "type": entry["_type"],
            "values": json.dumps(entry["_value"], ensure_ascii=False)[1:-1],
            "default": closure.defaults.get(key),
            "key": key,
        }
        for key, entry in closure.space.to_json().items()
    ]
    write(rows, Format.table)


def _diff(closure: Closure) -> None:
    import difflib

    from rich.text import Text

    from annotate.cli.diffs import STYLES
    from annotate.cli.streams import stdout
    from annotate.sources import python_of

    console = stdout()
    for file in closure.files:
        name = str(file.path.relative_to(closure.code_dir))
        before = python_of(file.path).decode(errors="replace").splitlines()
        after = file.instrumented.code.decode(errors="replace").splitlines()
        for line in difflib.unified_diff(before, after, name, f"{name} (instrumented)", lineterm=""):
            console.print(Text(line, STYLES.get(line[0], "")), soft_wrap=True)
