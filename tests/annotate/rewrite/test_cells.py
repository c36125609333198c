"""Notebooks: the lines that hold a value change, the JSON around them does not."""

from __future__ import annotations

import json
import random
import re
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.instrument import instrument
from annotate.notebooks import read_notebook
from annotate.rewrite import with_defaults

LR = "lr = 0.1  # @nni.uniform(0, 1)"
VALUES = {"m/lr/uniform": 0.5, "m/b/uniform": 0.25}


def notebook(*sources, **style):
    """A notebook of code cells with outputs and metadata, as Jupyter writes it unless told otherwise."""
    cells = [{"cell_type": "markdown", "metadata": {}, "source": ["lr = 0.1  # @nni.uniform(0, 1)"]}]
    for source in sources:
        outputs = [{"data": {"text/plain": [LR, "é \u2028"]}}]
        cells.append(
            {
                "cell_type": "code",
                "execution_count": 3,
                "metadata": {"source": [LR]},
                "outputs": outputs,
                "source": source,
            }
        )
    document = {
        "cells": cells,
        "metadata": {"language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, **{"indent": 1, "ensure_ascii": False, **style}) + "\n"


def check(before, sources, *, values=VALUES, strip=False, count=None):
    """The cells' sources become these; all other lines of the file are what they were."""
    data = before.encode()
    done = with_defaults(data, "m", values, path="m.ipynb", strip=strip).code
    old, new = json.loads(data), json.loads(done)
    assert [cell["source"] for cell in new["cells"][1:]] == sources
    for cell, source in zip(old["cells"][1:], sources, strict=True):
        cell["source"] = source
    assert old == new
    kept = set(done.decode().split("\n")) - set(before.split("\n"))
    assert count is None or len(kept) == count
    return done.decode()


def test_only_the_changed_lines_are_written_anew():
    """Of a cell that is a list of lines; the others keep their text, their escapes among them."""
    before = notebook(
        ["%matplotlib inline\n", "s = 'é \\u2028'\n", f"{LR}\n", "t = 1"], ["b = 2  # @nni.uniform(0, 1)"]
    )
    check(
        before,
        [["%matplotlib inline\n", "s = 'é \\u2028'\n", "lr = 0.5  # @nni.uniform(0, 1)\n", "t = 1"], ["b = 0.25  # @nni.uniform(0, 1)"]],
        count=2,
    )  # fmt: skip


def test_a_cell_that_is_one_string_stays_one():
    """With its final newline."""
    check(notebook(f"{LR}\nprint('é')\n"), ["lr = 0.5  # @nni.uniform(0, 1)\nprint('é')\n"], count=1)


@pytest.mark.parametrize(
    "style",
    [{"ensure_ascii": True}, {"indent": None}, {"indent": 4}, {"indent": None, "separators": (",", ":")}],
    ids=str,
)
def test_the_manner_of_writing_is_kept(style):
    """ASCII escapes, indents and one-line files."""
    before = notebook([f"{LR}  é\n", "x = 'é'\n", "y"], **style)
    after = check(before, [["lr = 0.5  # @nni.uniform(0, 1)  é\n", "x = 'é'\n", "y"]])
    old, new = (
        json.dumps(f"{line}  é\n", **{"ensure_ascii": False, **style})
        for line in (LR, LR.replace("0.1", "0.5"))
    )
    assert after == before.replace(old, new)


def test_a_line_is_added_and_lines_are_taken_out():
    """The code of mutable_layers below the last line of its cell; annotations that had a line of their own."""
    layers = "# @nni.mutable_layers({layer_choice: [f()], layer_output: y})"
    before = notebook(
        ["a = 1\n", layers],
        ["b = 2\n", "'''@nni.report_final_result(b)'''"],
        [f"# {'@nni.report_final_result(b)'}\n", "c"],
    )
    block = {"mutable_layer_0": {"chosen_layer": "f()", "chosen_inputs": []}}
    line = len(["# The code cells of", "# cell", "a", ""])
    values = {f"m/mutable_block_{line}": block}
    check(
        before,
        [
            ["a = 1\n", f"{layers}\n", "y = f([[], []])"],
            ["b = 2\n", "'''@nni.report_final_result(b)'''"],
            ["# @nni.report_final_result(b)\n", "c"],
        ],
        values=values,
    )
    check(before, [["a = 1\n", "y = f([[], []])"], ["b = 2"], ["c"]], values=values, strip=True)


def test_what_stands_there_already_changes_no_byte():
    """Whatever the notebook looks like."""
    for before in (notebook([LR]), notebook(LR, indent=None), "\ufeff" + notebook([LR]), notebook([])):
        done = with_defaults(before.encode(), "m", {"m/lr/uniform": 0.1}, path="m.ipynb")
        assert done.code == before.encode()


def test_windows_line_ends_in_a_cell_stay():
    """As some editors write them."""
    check(
        notebook([f"{LR}\r\n", "x\r\n", "y"]), [["lr = 0.5  # @nni.uniform(0, 1)\r\n", "x\r\n", "y"]], count=1
    )


LINES = (
    "x = 1", "%matplotlib inline", "!pip install y", "", "s = 'é \"quoted\" \\\\ \\t'", "# a remark",
    'a{n} = 0.1  # @nni.uniform(0, 1, name="v{n}")', 'b{n} = (\n    3  # @nni.randint(1, 9, name="w{n}")\n)',
    "'''@nni.variable(nni.choice(1, f(2)), name=\"c{n}\")'''\nc = 1", "# @nni.report_final_result(x)",
    "'''@nni.report_intermediate_result(x)'''", "for e in r:\n    '''@nni.report_intermediate_result(e)'''",
    "# @nni.mutable_layers({{layer_choice: [f(), g()], optional_inputs: [x], layer_output: y}})",
)  # fmt: skip


@st.composite
def notebooks(draw):
    """Cells of annotated and other lines, as a list of lines or as one string, in several manners of writing."""
    sources = []
    for _ in range(draw(st.integers(1, 4))):
        lines = draw(st.lists(st.sampled_from(LINES), max_size=4))
        text = "\n".join(line.replace("{n}", str(draw(st.integers(0, 10**6)))) for line in lines)
        text = (
            draw(st.sampled_from(["", "%%time\n"]))
            + text.replace("{{", "{").replace("}}", "}")
            + draw(st.sampled_from(["", "\n"]))
        )
        sources.append(text if draw(st.booleans()) else text.splitlines(keepends=True))
    style = draw(st.sampled_from([{}, {"ensure_ascii": True}, {"indent": None}, {"indent": 2}]))
    return notebook(*sources, **style).encode()


@settings(max_examples=100, deadline=None)
@given(notebooks(), st.integers(0, 10**6), st.booleans())
def test_a_notebook_is_rewritten_as_its_script_would_be(data, seed, strip):
    """Its cells, read one below another, are the rewritten script; all that is not source is what it was."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        script = read_notebook(data, "m.ipynb").code.encode()
        before = instrument(script, "m", "m.py")
        if any(each.code[0] == "E" for each in before.diagnostics):
            return
        point = before.space.sample(random.Random(seed))
        plain = with_defaults(script, "m", point, path="m.py", strip=strip).code.decode()
        done = with_defaults(data, "m", point, path="m.ipynb", strip=strip).code
        again = read_notebook(done, "m.ipynb").code
    assert shape(again) == shape(plain)
    old, new = json.loads(data), json.loads(done)
    for cell, other in zip(old["cells"], new["cells"], strict=True):
        assert type(cell["source"]) is type(other["source"])
        cell["source"] = other["source"]
    assert old == new
    assert with_defaults(data, "m", before.defaults, path="m.ipynb").code == data


def shape(code):
    """The lines of a script without blank ones at the ends of its cells."""
    return re.sub(r"\n+(?=# %% cell|\Z)", "\n", code)
