"""What holds for every source that is rewritten: exactness, and that the values are those of the trial."""

from __future__ import annotations

import contextlib
import io
import random
import re
import textwrap
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.instrument import instrument
from annotate.rewrite import with_defaults
from annotate.study.values import choices_of, typed
from annotate_tuners.exact import exact
from tests.annotate.instrument.test_properties import programs
from tests.annotate.instrument.test_transformed import ROWS, TRAILING_TARGETS, U
from tests.annotate.instrument.verbs import in_trial

CORPUS = {
    **{name: source.format(U) for name, (source, _) in TRAILING_TARGETS.items()},
    **{name: before for name, (before, _) in ROWS.items()},
}


def read(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return instrument(data, "m", "m.py")


def rewritten(data, values, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return with_defaults(data, "m", values, path="m.py", **options)


def a_point(before, seed):
    """A point as a trial has it: an int stays an int where that loses nothing."""
    space = before.space
    return typed(space.sample(random.Random(seed)), before.defaults, choices=choices_of(space))


def check_round_trip(data, seed):
    """A random point, written and read again, is that point; the space and everything else are as before."""
    before = read(data)
    point = a_point(before, seed)
    done = rewritten(data, point)
    after = read(done.code)
    written = {key: value for key, value in point.items() if key not in done.left}
    assert after.space == before.space
    assert exact({key: after.defaults[key] for key in written}) == exact(written)
    assert rewritten(done.code, point).code == done.code
    changed = {change.before: change.after for change in done.changes}
    text, new = data.decode("utf-8-sig"), done.code.decode("utf-8-sig")
    for old in changed:
        assert old in text
    if not any("\n" in old for old in changed):
        pairs = zip(text.split("\n"), new.split("\n"), strict=True)
        lines = {change.line for change in done.changes}
        assert {number for number, (a, b) in enumerate(pairs, start=1) if a != b} <= lines
    return before, point, done


@pytest.mark.parametrize("source", CORPUS.values(), ids=CORPUS)
def test_the_present_defaults_change_no_byte(source):
    """What stands there already is left as it is written."""
    data = source.encode()
    assert rewritten(data, read(data).defaults).code == data


@pytest.mark.parametrize("source", CORPUS.values(), ids=CORPUS)
def test_every_form_reads_back_as_what_was_written(source):
    """All forms and places of the annotation language, at several points of their spaces."""
    if "\r" in source and "\n" not in source:
        source = source.replace("\r", "\n")  # the comparison by lines below wants newlines
    for seed in range(4):
        check_round_trip(source.encode(), seed)


@pytest.mark.parametrize("source", CORPUS.values(), ids=CORPUS)
def test_stripping_leaves_no_annotation_and_no_trailing_blank(source):
    """What is left reads as a plain script, and no blanks stand where an annotation stood."""
    data = source.encode()
    plain = rewritten(data, {}, strip=True).code
    assert not read(plain).annotated
    assert rewritten(plain, {}, strip=True).code == plain
    ends = {line for line in plain.split(b"\n") if line != line.rstrip(b" \t")}
    assert ends <= {*data.split(b"\n")}


@settings(max_examples=120, deadline=None)
@given(programs(), st.integers(0, 10**6))
def test_programs_round_trip(program, seed):
    """Programs put together from real shapes: byte order marks, CRLF, tabs, missing final newlines among them."""
    data, _ = program
    if any(each.code[0] == "E" for each in read(data).diagnostics):
        return
    assert rewritten(data, read(data).defaults).code == data
    check_round_trip(data, seed)


@settings(max_examples=120, deadline=None)
@given(programs(), st.integers(0, 10**6))
def test_stripped_programs_compile_and_print_the_same(program, seed):
    """Without its annotations, a program does outside a trial what it did with them."""
    data, _ = program
    if any(each.code[0] == "E" for each in read(data).diagnostics):
        return
    assert said(rewritten(data, {}, strip=True).code, {}) == said(data, {})


SHOWN = """
def _show(names):
    for name, value in sorted(names.items()):
        if isinstance(value, (int, float, str, list, tuple, dict)) and not name.startswith('_'):
            print(name, repr(value))
"""
NUMBERS = (
    "0.5",
    "-1",
    "2**5",
    "1e-3",
    "(0.25)",
    "len('ab')",
    "(\n    3\n)",
    "1_000",
    "True",
    "'é'",
    '"two"',
    "None",
)
SAMPLERS = (
    "@nni.uniform(-1, 1)", "@nni.loguniform(1e-9, 1e9)", "@nni.choice(1, 'a', len('abc'), -3.5, None, [1, 2])",
    "@nni.randint(1, 9)", "@nni.quniform(32, 256, 32)", "@nni.choice(lambda: 1, 1 if 2 else 3, (b := 3), (1, 2))",
    "@nni.choice('é\\\\n', \"it's\", True)", "@nni.normal(0, 1)",
)  # fmt: skip
PLACES = (
    "{n} = {v}  # {s}", "{n}: object = {v}  # {s}", "{n} = dict(\n    a={v},  # {s}\n)",
    "{n} = {{\n    'k': {v},  # {s}\n}}", "def f{n}(\n    a={v},  # {s}\n): return a\n{n} = f{n}()",
    "class C{n}:\n    a = {v}  # {s}\n{n} = C{n}.a", "{n} = {{}}\n{n}['x'] = {v}  # {s}",
    "{n} = 0\nif True: {n} = {v}  # {s}",
    "import argparse\n_p = argparse.ArgumentParser()\n_p.add_argument('--a', default={v})  # {s}\n{n} = _p.parse_args([]).a",
)  # fmt: skip


@st.composite
def runnable(draw):
    """A module of annotated values in every place, whose globals tell what it saw."""
    parts = []
    for number in range(draw(st.integers(1, 4))):
        value, sampler = draw(st.sampled_from(NUMBERS)), draw(st.sampled_from(SAMPLERS))
        sampler = re.sub(r"\)$", f', name="v{number}")', sampler)
        parts.append(draw(st.sampled_from(PLACES)).format(n=f"n{number}", v=value, s=sampler))
    if draw(st.booleans()):
        parts.append(
            "# @nni.function_choice(abs(-2), len('abc') + 1, max(1, 2), name=pick)\n"
            "y = abs(-2) * 3 + abs( -2 )"
        )
    text = SHOWN + "\n".join(parts) + "\n_show(dict(globals()))\n"
    if draw(st.booleans()):
        text = textwrap.dedent(text).replace("\n", "\r\n")
    return text.encode()


def said(code, params):
    """What a module prints in a trial of these parameters, and the exception it ends in."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings(), in_trial(params):
        warnings.simplefilter("ignore")
        try:
            exec(compile(code, "m.py", "exec", dont_inherit=True), {"__name__": "m"})
        except Exception as error:  # noqa: BLE001 - whatever the program ends in
            printed.write(type(error).__name__)
    return re.sub(r" at 0x\w+", "", printed.getvalue())


@settings(max_examples=150, deadline=None)
@given(runnable(), st.integers(0, 10**6))
def test_run_plainly_it_sees_what_the_trial_saw(data, seed):
    """The rewritten source, with nothing of ours, and the instrumented one in its trial print the same."""
    before = read(data)
    assert not [each for each in before.diagnostics if each.code[0] == "E"]
    point = a_point(before, seed)
    done = rewritten(data, point)
    params = {key: value for key, value in point.items() if key not in done.left}
    assert said(done.code, {}) == said(before.code, params)
    stripped = rewritten(data, point, strip=True)
    assert not stripped.left
    assert said(stripped.code, {}) == said(before.code, point)
