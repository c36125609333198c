"""A notebook as a script: cells in order, magics left out, faults at cell and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.errors import UsageError
from annotate.notebooks import python_name, read_notebook, without_magics
from annotate.sources import mirror, read_closure


def notebook(*cells: str, language: str = "python") -> bytes:
    """A notebook of code cells; a cell that begins with `MD ` is text."""
    document = {
        "cells": [
            {"cell_type": "markdown", "source": cell[3:]}
            if cell.startswith("MD ")
            else {"cell_type": "code", "source": cell.splitlines(keepends=True), "outputs": []}
            for cell in cells
        ],
        "metadata": {"language_info": {"name": language}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("cell", "left", "magics"),
    [
        ("%matplotlib inline\nx = 1", "pass  # %matplotlib inline\nx = 1", (1,)),
        ("x = 1\n!pip install a \\\n  b\ny = 2", "x = 1\npass  # !pip install a \\\n#   b\ny = 2", (2,)),
        ("for x in y:\n    %time f(x)", "for x in y:\n    pass  # %time f(x)", (2,)),
        ("%%bash\necho hi\n\nls", "# %%bash\n# echo hi\n\n# ls", (1,)),
        ("\n%%writefile a.py\nx = 1", "\n# %%writefile a.py\n# x = 1", (2,)),
        ("%%time\nx = 1\n!ls", "# %%time\nx = 1\npass  # !ls", (1, 3)),
        ("files = !ls", "pass  # files = !ls", (1,)),
        ("t = %timeit -o f()", "pass  # t = %timeit -o f()", (1,)),
        ("model.fit?\n?model", "pass  # model.fit?\npass  # ?model", (1, 2)),
        ("x = '''\n%no\n'''\n%yes", "x = '''\n%no\n'''\npass  # %yes", (4,)),
        ("x = (a  # (\n%b)\n%yes", "x = (a  # (\n%b)\npass  # %yes", (3,)),
        ("x = a \\\n%b\n%yes", "x = a \\\n%b\npass  # %yes", (3,)),
    ],
)
def test_magics_are_commented_out_line_by_line(cell: str, left: str, magics: tuple[int, ...]) -> None:
    """What IPython alone reads is gone, every other line stays, and no line is added."""
    assert without_magics(cell) == (left, magics)


@pytest.mark.parametrize(
    "cell",
    [
        "x = a % b",
        "x = (a\n % b)",
        "x = '''\n%matplotlib inline\n!ls\n'''",
        "x = a \\\n  % b",
        "f'{x!r}'",
        "",
        "# %time",
    ],
)
def test_what_python_reads_is_no_magic(cell: str) -> None:
    """A cell that is Python stays as it is."""
    assert without_magics(cell) == (cell, ())


def test_code_cells_come_in_order_and_text_is_left_out() -> None:
    """The script has a line for each line of each code cell, under the cell's number."""
    read = read_notebook(notebook("a = 1\n", "MD # Title", "b = 2\nc = 3"), "nb.ipynb")
    assert read.code.splitlines()[1:] == ["# %% cell 1", "a = 1", "# %% cell 3", "b = 2", "c = 3"]


def test_display_and_figures_work_without_ipython() -> None:
    """`display` prints, and a figure needs no window, where the notebook uses them; else nothing is added."""
    assert "display = print\n" in read_notebook(notebook("display(1)"), "nb.ipynb").code
    assert "MPLBACKEND" in read_notebook(notebook("import matplotlib"), "nb.ipynb").code
    assert len(read_notebook(notebook("x = 1"), "nb.ipynb").code.splitlines()) == 3


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"lr = 0.1", "no Jupyter notebook"),
        (b"[]", "no Jupyter notebook"),
        (b'{"worksheets": [], "nbformat": 3}', "format 4"),
        (notebook("1 -> x", language="R"), "written in R"),
    ],
)
def test_what_is_no_python_notebook_is_refused(data: bytes, said: str) -> None:
    """The sentence names the file and what is wrong with it."""
    with pytest.raises(UsageError, match=f"nb.ipynb is .*{said}"):
        read_notebook(data, "nb.ipynb")


def test_the_space_of_a_notebook_is_that_of_its_cells(tmp_path: Path) -> None:
    """Keys begin with the notebook's name, and what it imports counts."""
    (tmp_path / "nb.ipynb").write_bytes(
        notebook("import net", "lr = 0.1  # @nni.uniform(0, 1)", "# @nni.report_final_result(lr)")
    )
    (tmp_path / "net.py").write_text("width = 8  # @nni.choice(8, 16)\n")
    closure = read_closure(tmp_path / "nb.ipynb", None)
    assert list(closure.space) == ["nb/lr/uniform", "net/width/choice"]
    assert closure.diagnostics == ()


def test_diagnostics_point_at_cell_and_line(tmp_path: Path) -> None:
    """The path names the cell, the line counts in it, and the text is what the user wrote there."""
    (tmp_path / "nb.ipynb").write_bytes(
        notebook("MD text", "x = 1", "%time\n\nlr = 0.1  # @nni.unifrm(0, 1)")
    )
    error, *_, note = read_closure(tmp_path / "nb.ipynb", None).diagnostics
    assert (Path(error.file).name, error.line, error.column) == ("nb.ipynb:cell 3", 3, 17)
    assert error.span.source_line == "lr = 0.1  # @nni.unifrm(0, 1)"
    assert (note.code, note.line, note.span.source_line) == ("N502", 1, "%time")


def test_a_syntax_error_points_at_cell_and_line(tmp_path: Path) -> None:
    """Also where no annotation is near."""
    (tmp_path / "nb.ipynb").write_bytes(notebook("lr = 0.1  # @nni.uniform(0, 1)", "y = 1\nx = ="))
    (error,) = read_closure(tmp_path / "nb.ipynb", None).diagnostics
    assert (error.code, Path(error.file).name, error.line) == ("E301", "nb.ipynb:cell 2", 2)


def test_the_mirrored_script_is_python(tmp_path: Path) -> None:
    """It has the notebook's name with .py, before a file of that name beside it."""
    code = tmp_path / "code"
    code.mkdir()
    (code / "nb.ipynb").write_bytes(notebook("lr = 0.1  # @nni.uniform(0, 1)"))
    (code / "nb.py").write_text("exported = True\n")
    script = mirror(read_closure(code / "nb.ipynb", None), tmp_path / "mirror")
    assert script == tmp_path / "mirror" / "nb.py"
    assert "_annotate_trial" in script.read_text()
    assert (code / "nb.py").read_text() == "exported = True\n"


def test_a_notebook_cannot_import_its_own_name(tmp_path: Path) -> None:
    """The two would be one module."""
    (tmp_path / "nb.ipynb").write_bytes(notebook("import nb"))
    (tmp_path / "nb.py").write_text("")
    with pytest.raises(UsageError, match="both would be one module"):
        read_closure(tmp_path / "nb.ipynb", None)


def test_names_of_scripts() -> None:
    """Only a notebook's changes."""
    assert [python_name(p) for p in ("a/nb.ipynb", "a/b.py")] == ["a/nb.py", "a/b.py"]


LINES = st.sampled_from(
    [
        "%time x",
        "!ls",
        "x = 1",
        "(",
        "'''",
        '"""',
        ")",
        "\\",
        "    %m",
        "if x:",
        "a?",
        "%%bash",
        "%%time",
        "# (",
        "'",
        "",
    ]
)


@given(st.lists(st.lists(LINES, max_size=8).map("\n".join), max_size=4))
def test_every_cell_begins_under_its_number(cells: list[str]) -> None:
    """Whatever stands in the cells, no line is added or lost, so every fault is found where it is."""
    read = read_notebook(notebook(*cells), "nb.ipynb")
    lines = read.code.split("\n")
    assert [lines[cell.offset - 1] for cell in read.cells] == [
        f"# %% cell {cell.number}" for cell in read.cells
    ]
    assert len(lines) - 2 == len(cells) + sum(len(cell.lines) for cell in read.cells)
