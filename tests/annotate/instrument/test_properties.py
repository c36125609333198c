"""What holds for every source: exactness, by Hypothesis over programs put together from real shapes."""

from __future__ import annotations

import random
import re
import sysconfig
import textwrap
import warnings
from pathlib import Path

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.instrument import instrument
from annotate.instrument.source import Unreadable, read_source
from annotate.instrument.tree import Broken, read_tree
from tests.annotate.instrument.verbs import output

NUMBERS = ("0.5", "-1", "2**5", "1e-3", "(0.25)", "len('ab')", "1 if True else 2", "[1][0]", "(\n    3\n)")
SAMPLERS = (
    "@nni.uniform(0, 1)",
    "@nni.choice(1, 'a', len('abc'), lambda: 1)",
    "@nni.randint(1, 9)  remark (",
)

plain = st.sampled_from(
    [
        "x = 1", "print('# @nni.no')", "# a remark", "", "s = '''\n# @nni.uniform(0, 1)\n'''", "x = [\n    1,\n    2,\n]",
        "def g(a, *b, c=1, **d):\n    return a", "class K:\n    'doc'\n    k = 3", "y = [i for i in range(3)]",
        "if (w := 3) > 2: print(w)", "try:\n    pass\nexcept ValueError:\n    raise\nelse:\n    pass\nfinally:\n    pass",
        "with open(__import__('os').devnull) as f: pass", "\f", "\fu = 3", "z = 'é'; u = x if 'x' in dir() else 0",
        "for i in range(2):\n    continue", "async def co():\n    return ...", "lam = lambda q=1: q",
        "x = 1 + \\\n    2", "# # @nni.uniform(0, 1)", "print('ok')  # nothing",
    ]
)  # fmt: skip


@st.composite
def annotated(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(["lr", "b", "name_é"]))
    value = draw(st.sampled_from(NUMBERS))
    sampler = draw(st.sampled_from(SAMPLERS))
    label = f'v{draw(st.integers(0, 10**9))}"'
    named = re.sub(r"\)(  remark \()?$", f', name="{label})\\1', sampler)
    forms = [
        f"{name} = {value}  # {named}",
        f"{name}: float = {value}  # {named}",
        f"\f{name} = {value}  # {named}",
        f"dict(\n    a=1,\n    {name}={value},  # {named}\n)",
        f"c = {{\n    '{name}': {value},  # {named}\n}}",
        f"def f(\n    {name}={value},  # {named}\n): return {name}\nprint(f())",
        f'# @nni.variable(nni.uniform(0, 1),\n#   name="{label})\n{name} = {value}',
        f"'''@nni.variable(nni.choice(1, 2), name=\"{label})'''\n{name} = {value}",
        f"# @nni.function_choice(len('ab'), len('c'), name=\"{label})\n{name} = len('ab') + len('ab')",
        f"{name} = len('ab')  # @nni.function_choice(len('ab'), len('c'), name=\"{label})",
        "'''@nni.report_intermediate_result(1)'''",
        "# @nni.report_intermediate_result(1)",
        "x = 1  # @nni.report_intermediate_result(x)",
    ]
    return draw(st.sampled_from(forms))


@st.composite
def programs(draw: st.DrawFn) -> tuple[bytes, str]:
    """A file's bytes, and the text it was made of."""
    parts: list[str] = []
    for _ in range(draw(st.integers(1, 6))):
        part = draw(st.one_of(plain, annotated(), annotated()))
        wrapper = draw(st.sampled_from(["", "", "if True:", "def h():", "class C:", "for _ in range(2):"]))
        if wrapper and "'''" not in part and "\f" not in part:
            body = textwrap.indent(part + "\npass", draw(st.sampled_from(["    ", "\t", "  "])))
            part = f"{wrapper}\n{body}"
        parts.append(part)
    head = draw(
        st.sampled_from(
            [
                "",
                "'doc'\n",
                "'doc'\nfrom __future__ import annotations\n",
                "# -*- coding: utf-8 -*-\n",
                "import os\n",
            ]
        )
    )
    text = head + "\n".join(parts) + draw(st.sampled_from(["\n", ""]))
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    mark = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    return mark + text.replace("\n", ending).encode(), text


@settings(max_examples=150, deadline=None)
@given(programs())
def test_instrumenting_keeps_lines_compiles_is_stable_and_changes_nothing_outside_a_trial(
    program: tuple[bytes, str],
) -> None:
    data, _ = program
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(data, "m.py", "exec", dont_inherit=True)
        done = instrument(data, "m", "m.py")
        errors = [d for d in done.diagnostics if d.code[0] == "E"]
        # a report above a docstring; two variables that drew the same name
        assert {d.code for d in errors} <= {"E205", "E211"}, errors
        compile(done.code, "m.py", "exec", dont_inherit=True)
        assert done.code.count(b"\n") == data.count(b"\n")
        assert done.code.count(b"\r\n") == data.count(b"\r\n")
        assert instrument(done.code, "m", "m.py").code == done.code
        assert output(done.code) == output(data)
    if b"@nni." not in data:
        assert done.code == data


@settings(max_examples=100, deadline=None)
@given(programs())
def test_nothing_is_ever_deleted_and_lines_far_from_annotations_are_identical(
    program: tuple[bytes, str],
) -> None:
    data, _ = program
    done = instrument(data, "m", "m.py")
    before, after = data.split(b"\n"), done.code.split(b"\n")
    header = b"from annotate_runtime.trial import trial as _annotate_trial"
    for old, new in zip(before, after, strict=True):
        if b"_annotate_trial" not in new.replace(header, b"") and b"__import__" not in new:
            rest = new.replace(header + b"; ", b"").replace(b"; " + header, b"")
            assert rest == old
        position = 0
        for byte in old:
            position = new.index(byte, position) + 1


LIBRARY = Path(sysconfig.get_paths()["stdlib"])


def corpus() -> list[Path]:
    files = sorted(p for p in LIBRARY.rglob("*.py") if not {"site-packages", "lib2to3"} & {*p.parts})
    return random.Random(3).sample(files, 250)


def test_no_file_of_the_standard_library_is_changed_or_warned_about() -> None:
    for path in corpus():
        data = path.read_bytes()
        done = instrument(data, "m", str(path))
        assert done.code == data, path
        assert done.diagnostics == (), path


@pytest.mark.parametrize("path", random.Random(5).sample(corpus(), 25), ids=lambda p: p.name)
def test_places_in_real_files_are_where_the_tree_says(path: Path) -> None:
    try:
        source = read_source(path.read_bytes(), path.name)
    except Unreadable:
        return
    if len(source.text) > 60_000:
        return
    tree = read_tree(source)
    if isinstance(tree, Broken):
        return
    for node in tree.nodes():
        if isinstance(node, (cst.Name, cst.SimpleString, cst.Comment, cst.Integer)):
            start, end = tree.inner(node)
            assert source.text[start:end] == node.value


@pytest.mark.parametrize("path", random.Random(7).sample(corpus(), 12), ids=lambda p: p.name)
def test_annotations_put_into_real_files_keep_every_other_line(path: Path) -> None:
    data = path.read_bytes()
    if len(data) > 40_000 or b"\r" in data:
        return
    lines = data.split(b"\n")
    chosen: set[int] = set()
    for number, line in enumerate(lines):
        if re.fullmatch(rb"[ ]*[A-Za-z_]\w* = \d+", line):
            lines[number] = line + b'  # @nni.choice(1, 2, name="v%d")' % number
            chosen.add(number)
    before = b"\n".join(lines)
    try:
        compile(data, str(path), "exec")
    except SyntaxError:
        return
    done = instrument(before, "m", path.name)
    after = done.code.split(b"\n")
    changed = {n for n, (a, b) in enumerate(zip(lines, after, strict=True)) if a != b}
    assert len(changed - chosen) <= 1, "only the line of the import"
    inside_strings = len(chosen) - len(done.variables)
    assert len(changed & chosen) == len(chosen) - inside_strings
    compile(done.code, str(path), "exec")
