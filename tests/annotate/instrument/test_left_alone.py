"""Rows of sources that stay as they are: nothing that is no annotation is taken for one."""

from __future__ import annotations

import pytest

from tests.annotate.instrument.verbs import check_noop, codes

V = "@nni.variable(nni.uniform(0, 1), name=lr)"

SILENT = {
    "no annotation": "lr = 0.1\n",
    "empty": "",
    "only a comment": "# nothing",
    "switched off, doubled": f"# # {V}\nlr = 0.1\n",
    "switched off, doubled without a blank": f"## {V}\nlr = 0.1\n",
    "switched off, quoted": f"# '''{V}'''\nlr = 0.1\n",
    "switched off, XX": "'''@XXnni.variable(nni.uniform(0, 1), name=lr)'''\nlr = 0.1\n",
    "in a string's middle": f"s = 'see {V}'\nlr = 0.1\n",
    "a value": f"s = '''{V}'''\nlr = 0.1\n",
    "an argument": f"f('''{V}''')\nlr = 0.1\n",
    "an argument over lines": f"f(\n'''{V}'''\n)\nlr = 0.1\n",
    "a hash in a string": f"s = '# {V}'\nlr = 0.1\n",
    "a hash in a long string": f"s = '''\n# {V}\n'''\nlr = 0.1\n",
    "bytes": f"b'''{V}'''\nlr = 0.1\n",
    "an f-string": f"f'''{V}'''\nlr = 0.1\n",
    "a bad escape": "'@nni. \\x'\n",
    "a doubtful escape": "'@nn \\d'; s = '@nni.'\n",
    "exec'd": f"exec('lr = 0.1  # {V}')\n",
    "prose": "# the docs of nni say: use variables\nx = 1\n",
    "another decorator": "# @nnx.variable(a)\nx = 1\n",
    "a mail address": "# write to me@nni.example\nx = 1\n",
    "words with nni in them": "# running.scanner(tunning)\nx = 1\n",
    "a hand-written call without annotations": "import nni\nx = nni.uniform(0, 1)\n",
}


@pytest.mark.parametrize("source", SILENT.values(), ids=SILENT)
def test_what_is_no_annotation_is_left_alone_in_silence(source: str) -> None:
    assert check_noop(source).diagnostics == ()


LOOK_ALIKES = {
    "no parentheses": ("#@nni.varable\nlr = 0.1\n", "W401"),
    "prose about an annotation": ("# @nni.variable is what tunes\nlr = 0.1\n", "W401"),
    "no at": ("# nni.variable(nni.uniform(0, 1), name=lr)\nlr = 0.1\n", "W401"),
    "no at, behind a value": ("lr = 0.1  # nni.loguniform(1e-4, 1)\n", "W401"),
    "misspelt, no at": ("# nni.varable(nni.uniform(0, 1), name=lr)\nlr = 0.1\n", "W401"),
    "capitals": ("# @NNI.variable(nni.uniform(0, 1), name=lr)\nlr = 0.1\n", "W401"),
    "a blank behind the at": ("# @ nni.variable(nni.uniform(0, 1), name=lr)\nlr = 0.1\n", "W401"),
    "one n": ("# @ni.variable(nni.uniform(0, 1), name=lr)\nlr = 0.1\n", "W401"),
    "a comma": ("lr = 0.1  # @nni,uniform(0, 1)\n", "W401"),
    "no nni": ("lr = 0.1  # @loguniform(1e-4, 1)\n", "W401"),
    "a word before it": ("lr = 0.1  # tune: @nni.uniform(0, 1)\n", "W401"),
    "a blank before the string's text": ("''' @nni.report_final_result(a)'''\n", "W402"),
    "a newline before the string's text": ("'''\n@nni.report_final_result(a)'''\n", "W402"),
}


@pytest.mark.parametrize(("source", "code"), LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_what_looks_like_an_annotation_is_left_alone_with_a_warning(source: str, code: str) -> None:
    assert [d.code for d in check_noop(source).diagnostics] == [code]


EXACT = {
    "CRLF": b"import os\r\nlr = 1\r\n",
    "mark": b"\xef\xbb\xbflr = 1\n",
    "latin-1": b"# -*- coding: latin-1 -*-\ns = '\xe4'\n",
    "not text at all": b"\xff\xfe\x00@",
    "no Python": b"def f(:\n",
    "null": b"a\x00b",
}


@pytest.mark.parametrize("source", EXACT.values(), ids=EXACT)
def test_bytes_without_annotations_come_back_untouched(source: bytes) -> None:
    assert check_noop(source).annotated is False


DIRECTIVES_WITHOUT_EFFECT = {
    "get_next_parameter": "'''@nni.get_next_parameter()'''\nx = 1\n",
    "constraint, string": "'''@nni.constraint(1 < 2)'''\nx = 1\n",
    "constraint, in brackets": "f(\n    # @nni.constraint(1 < 2)\n)\n",
    "function_choice that matches nothing": "# @nni.function_choice(f(x), g(x), name=h)\ny = f(z)\n",
    "function_choice inside another call's arguments": "# @nni.function_choice(f(x), g(x), name=h)\ny = k(f(x))\n",
    "an error elsewhere": "a = 1  # @nni.uniform(0, 1)\nb = 1  # @nni.uniform(1, 0)\n",
}


@pytest.mark.parametrize("source", DIRECTIVES_WITHOUT_EFFECT.values(), ids=DIRECTIVES_WITHOUT_EFFECT)
def test_directives_that_change_no_code_leave_the_code_alone(source: str) -> None:
    from annotate.instrument import instrument

    assert instrument(source.encode(), "m", "m.py").code == source.encode()


REFUSED = {
    "report behind a raise": ("def f():\n    raise E  # @nni.report_final_result(a)\n", "E206"),
    "report behind a break": ("for i in x:\n    break  # @nni.report_final_result(a)\n", "E206"),
    "report behind a header": ("for i in x:  # @nni.report_final_result(a)\n    pass\n", "E205"),
    "report inside brackets": ("f(a,  # @nni.report_final_result(a)\n  b)\n", "E205"),
    "report between a block and its else": (
        "if a:\n    b\n# @nni.report_final_result(a)\nelse:\n    c\n",
        "E205",
    ),
    "report between decorators": ("@a\n# @nni.report_final_result(a)\n@b\ndef f(): ...\n", "E205"),
    "report indented like nothing": ("if a:\n    b\n  # @nni.report_final_result(a)\n", "E205"),
    "annotation at the end of a block": (f"def f():\n    # {V}\n    pass\nlr = 0.1\n", "E201"),
    "annotation at the end of a file": (f"lr = 0.1\n'''{V}'''\n", "E201"),
    "tuple of targets": (f"# {V}\nlr, m = 0.1, 0.2\n", "E203"),
    "several targets": (f"# {V}\nlr = m = 0.1\n", "E203"),
    "augmented": (f"lr += 0.1  # {V}\n", "E203"),
    "no value": (f"lr: float  # {V}\n", "E201"),
    "walrus": ("if (lr := 0.1) > 0:  # @nni.uniform(0, 1)\n    pass\n", "E201"),
    "list element": ("x = [\n    1,  # @nni.uniform(0, 1)\n]\n", "E201"),
    "list inside a dict": ("x = {'a': 1, 'b': [2,  # @nni.uniform(0, 1)\n    3]}\n", "E201"),
    "positional argument": ("f(\n    1,  # @nni.uniform(0, 1)\n)\n", "E201"),
    "string above comment": (f"'''{V}'''\n# {V}\nlr = 0.1\n", "E204"),
    "comment above string": (f"# {V}\n'''{V}'''\nlr = 0.1\n", "E204"),
    "above and behind": (f"# {V}\nlr = 0.1  # {V}\n", "E204"),
    "value inside a value": (
        "x = f(\n    a=1,  # @nni.uniform(0, 1)\n)  # @nni.choice(f(a=1), g(a=1))\n",
        "E204",
    ),
    "two values end here": ("x = f(\n    a=b)  # @nni.choice(c, d)\n", "E207"),
    "two keywords end here": ("x = f(a=1, b=2,  # @nni.uniform(0, 1)\n    c=3)\n", "E207"),
    "two names": ("x = 1  # @nni.uniform(0, 1, name='a', name='b')\n", "E106"),
    "unpacked arguments": ("x = 1  # @nni.uniform(**y)\n", "E106"),
    "null character": ("x = 1  # @nni.uniform(0, 1)\n\0", "E301"),
    "starred option": ("x = 1  # @nni.choice(*y)\n", "E106"),
    "keyword argument": ("x = 1  # @nni.uniform(low=0, high=1)\n", "E106"),
    "boolean bound": ("x = 1  # @nni.randint(True, 4)\n", "E107"),
    "huge power": ("x = 1  # @nni.uniform(0, 9**9**9)\n", "E107"),
    "division by zero": ("x = 1  # @nni.uniform(0, 1/0)\n", "E107"),
    "infinite bound": ("x = 1  # @nni.uniform(0, 1e999)\n", "E107"),
    "half an integer": ("x = 1  # @nni.randint(1, 2.5)\n", "E109"),
    "name and string alike": ("x = 1  # @nni.choice(relu, 'relu')\n", "E110"),
    "annotation above a line of its own in brackets": (f"f(\n    # {V}\n    lr=1)\n", "E205"),
    "break in the text": ("lr = 0.1  # @nni.uniform(0,\n\n# 1)\n", "E102"),
}


@pytest.mark.parametrize(("source", "code"), REFUSED.values(), ids=REFUSED)
def test_a_mistake_is_refused_with_its_own_code(source: str, code: str) -> None:
    assert code in codes(source)


def test_options_that_differ_in_type_only_are_different() -> None:
    assert codes("x = 1  # @nni.choice(1, True, 1.0, '1', None, -1, (1,))\n") == []


def test_a_second_annotation_on_a_line_is_warned_about() -> None:
    assert codes("x = 1  # @nni.choice(1, 2)  @nni.report_final_result(x)\n") == ["W401"]


def test_a_name_chooses_among_keywords_of_one_line() -> None:
    source = "x = f(a=1, b=2,  # @nni.variable(nni.randint(0, 9), name=a)\n    c=3)\n"
    assert codes(source) == []
