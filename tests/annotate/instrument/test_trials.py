"""What instrumented code does in a trial: the chosen value, exactly, and nothing that is not chosen."""

from __future__ import annotations

import pytest

from annotate.instrument import instrument
from tests.annotate.instrument.verbs import read, run


def run_in(source: str, **params: object) -> dict[str, object]:
    done = read(source)
    assert not [d for d in done.diagnostics if d.code[0] == "E"], done.diagnostics
    names, _ = run(done.code, {f"m/{name.replace('__', '/')}": value for name, value in params.items()})
    return names


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("-1", -1, -1),
        ("True", True, True),
        ("1", 1, 1),
        ("1.0", 1.0, 1.0),
        ("'1'", "1", "1"),
        ("None", None, None),
        ("(1, 2)", "(1, 2)", (1, 2)),
        ("[1]", "[1]", [1]),
        ("5 * 6", "5 * 6", 30),
        ("'ä\\n\"😀'", 'ä\n"😀', 'ä\n"😀'),
    ],
)
def test_an_option_comes_back_as_exactly_that_value_and_type(
    option: str, value: object, expected: object
) -> None:
    source = "x = 0  # @nni.choice(-1, True, 1, 1.0, '1', None, (1, 2), [1], 5 * 6, 'ä\\n\"😀')\n"
    assert option in source
    assert [o for o in read(source).space["m/x/choice"].options if type(o) is type(value) and o == value]
    got = run_in(source, x__choice=value)["x"]
    assert type(got) is type(expected)
    assert got == expected


def test_a_mutable_option_is_fresh_each_time() -> None:
    source = (
        "xs = []\nfor _ in range(2):\n    x = 0  # @nni.choice([1], [2])\n    x.append(3); xs.append(x)\n"
    )
    assert run_in(source, x__choice="[1]")["xs"] == [[1, 3], [1, 3]]


def test_only_the_chosen_option_is_evaluated() -> None:
    names = run_in("x = 1/0  # @nni.choice(1/0, 7)\n", x__choice=7)
    assert names["x"] == 7


def test_a_key_that_the_trial_does_not_name_leaves_the_original() -> None:
    assert run_in("x = 5  # @nni.uniform(0, 9)\n", y__uniform=1.0)["x"] == 5


def test_no_local_name_appears() -> None:
    source = "def f():\n    lr = 0.1  # @nni.uniform(0, 1)\n    return locals()\nr = f()\n"
    assert run_in(source, lr__uniform=0.5)["r"] == {"lr": 0.5}


def test_a_private_class_body_reaches_the_trial() -> None:
    assert run_in("class __C:\n    lr = 0.1  # @nni.uniform(0, 1)\nx = __C.lr\n", lr__uniform=0.5)["x"] == 0.5


def test_a_comprehension_in_an_option_keeps_its_scope() -> None:
    source = "n = 3\nx = 0  # @nni.choice([i * n for i in range(n)], 0)\n"
    assert run_in(source, x__choice="[i * n for i in range(n)]")["x"] == [0, 3, 6]


def test_reports_reach_the_trial_in_order() -> None:
    source = (
        "for i in range(2):\n    # @nni.report_intermediate_result(i)\n    pass\n"
        "'''@nni.report_final_result({'default': i})'''\nx = 1  # @nni.report_intermediate_result(x)\n"
    )
    _, trial = run(read(source).code)
    assert trial.reports == [
        ("intermediate", 0),
        ("intermediate", 1),
        ("final", {"default": 1}),
        ("intermediate", 1),
    ]


def test_a_function_choice_calls_what_is_chosen() -> None:
    source = "# @nni.function_choice(abs(-1), len('abc'), name=f)\nx = abs(-1) + abs(-1)\n"
    assert run_in(source, f__function_choice="len('abc')")["x"] == 6


LAYERS = """def conv(inputs, size): return (inputs, size)
x, a, b = 'x', 'a', 'b'
{}
"""
BLOCK = (
    "'''@nni.mutable_layers({layer_choice: [conv(size=1), conv(size=3)], fixed_inputs: [x],\n"
    "optional_inputs: [a, b], optional_input_size: 1, layer_output: out})'''"
)


def test_mutable_layers_call_the_chosen_layer_with_the_chosen_inputs() -> None:
    done = read(LAYERS.format(BLOCK))
    assert done.space.to_json() == {
        "m/mutable_block_4": {
            "_type": "mutable_layer",
            "_value": {
                "mutable_layer_0": {
                    "layer_choice": ["conv(size=1)", "conv(size=3)"],
                    "optional_inputs": ["a", "b"],
                    "optional_input_size": 1,
                }
            },
        }
    }
    point = {"mutable_layer_0": {"chosen_layer": "conv(size=3)", "chosen_inputs": ["b"]}}
    names, _ = run(done.code, {"m/mutable_block_4": point})
    assert names["out"] == ([["x"], ["b"]], 3)
    assert "out" not in run(done.code)[0]


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfx = 1  # @nni.choice(1, '\xc3\xa4')\r\n",
        b"# coding: latin-1\nx = 1  # @nni.choice(1, '\xe4')",
    ],
)
def test_an_encoding_is_kept_and_the_option_is_known_by_its_text(data: bytes) -> None:
    done = instrument(data, "m", "m.py")
    assert run(done.code, {"m/x/choice": "ä"})[0]["x"] == "ä"
    assert done.code.endswith(data[-20:])


def test_keys_and_values_are_those_of_nni() -> None:
    source = (
        "'''@nni.variable(nni.choice(2, 5 * 6, nn.ReLU()), name=self.conv_size)'''\nself.conv_size = 2\n"
        "'''@nni.variable(nni.quniform(1, 10, 2), name=cfg[\"k\"])'''\ncfg['k'] = 1\n"
        "'''@nni.function_choice(f(x), g(x), name=pool)'''\ny = f(x)\n"
    )
    assert read(source).space.to_json() == {
        "m/self.conv_size/choice": {"_type": "choice", "_value": [2, "5 * 6", "nn.ReLU()"]},
        "m/cfg['k']/quniform": {"_type": "quniform", "_value": [1, 10, 2]},
        "m/pool/function_choice": {"_type": "choice", "_value": ["f(x)", "g(x)"]},
    }


def test_a_hand_written_call_without_a_name_is_named_by_its_line() -> None:
    done = read("import nni\n'''@nni.get_next_parameter()'''\nx = nni.choice(1, 2)\n")
    assert list(done.space) == ["m/__line3/choice"]


def test_defaults_are_known_where_the_value_is_a_literal_or_an_option() -> None:
    source = (
        "a = 64  # @nni.quniform(32, 256, 32)\nb = f()  # @nni.uniform(0, 1)\nc = nn.ReLU( )  # @nni.choice(nn.ReLU(), 1)\n"
        "d = 1  # @nni.uniform(0, 1)\nd = 0  # @nni.uniform(0, 1)\n"
    )
    assert read(source).defaults == {"m/a/quniform": 64, "m/c/choice": "nn.ReLU()"}


@pytest.mark.parametrize(
    "source",
    [
        "'doc'\n# @nni.report_final_result(1)\nx = 1\n",
        "'doc'\n# @nni.report_final_result(1)\ndef f(): ...\n",
        "# @nni.report_final_result(1)\nx = 1\n",
        "# @nni.report_final_result(1)\ndef f(): ...\n",
        "# @nni.report_final_result(1)\n",
        "def f():\n    # @nni.report_intermediate_result(0)\n    pass\nx = 1  # @nni.report_final_result(x)\n",
        "'''@nni.report_final_result(1)'''\nx = 1\n",
        "'''@nni.report_final_result(1)'''\ndef f(): ...\n",
        "def f(): ...\n# @nni.report_final_result(1)\n",
        "from __future__ import annotations; x = 1  # @nni.report_final_result(x)\n",
        "from __future__ import annotations\n# @nni.report_final_result(1)\ndef f(): ...\n",
        "'doc';  # @nni.report_final_result(1)\n",
    ],
)
def test_the_trial_is_imported_before_its_first_use(source: str) -> None:
    done = read(source)
    names, trial = run(done.code)
    assert trial.reports == [("final", 1)]
    assert names.get("__doc__") == run(source)[0].get("__doc__")


def test_nothing_is_put_before_a_docstring_or_a_future_import() -> None:
    for source in (
        "# @nni.report_final_result(1)\n'doc'\n",
        "def f():\n    # @nni.report_final_result(1)\n    'doc'\n",
    ):
        assert [d.code for d in read(source).diagnostics] == ["E205"]


PLAIN = "out = conv([['x'], ['a']], size=1)\n"


def test_plain_code_behind_mutable_layers_is_their_default() -> None:
    """The call that a choice amounts to runs outside a trial, is the space's default, and is replaced in a trial."""
    source = LAYERS.format(BLOCK.replace("[x]", "['x']").replace("[a, b]", "['a', 'b']") + "\n" + PLAIN)
    done = read(source)
    chosen = {"chosen_layer": "conv(size=1)", "chosen_inputs": ["'a'"]}
    assert done.defaults == {"m/mutable_block_4": {"mutable_layer_0": chosen}}
    assert run(done.code)[0]["out"] == run(source)[0]["out"] == ([["x"], ["a"]], 1)
    point = {"mutable_layer_0": {"chosen_layer": "conv(size=3)", "chosen_inputs": ["'b'"]}}
    assert run(done.code, {"m/mutable_block_4": point})[0]["out"] == ([["x"], ["b"]], 3)


@pytest.mark.parametrize(
    "behind",
    [
        "other = conv([['x'], ['a']], size=1)", "out = conv([['x'], ['a']], size=2)", "out = conv([['x'], []], size=1)",
        "out = conv([['y'], ['a']], size=1)", "out = conv(['x', 'a'], size=1)", "out += conv([['x'], ['a']], size=1)",
        "if x: out = conv([['x'], ['a']], size=1)",
    ],
)  # fmt: skip
def test_other_code_behind_mutable_layers_is_no_default(behind: str) -> None:
    """Only the very call of a legal choice counts; anything else runs as it stands."""
    source = LAYERS.format(
        BLOCK.replace("[x]", "['x']").replace("[a, b]", "['a', 'b']") + "\n" + behind + "\n"
    )
    assert read(source).defaults == {}


@pytest.mark.parametrize("value", ["abs(-1)", "2 * 3", "[1]"])
def test_an_option_that_is_no_call_is_found_where_it_is_the_whole_value(value: str) -> None:
    """What `annotate apply` may have written stays tuned, be it a call or not."""
    source = f"# @nni.function_choice(abs(-1), 2 * 3, [1], name=f)\nx = {value}\n"
    assert read(source).defaults == {"m/f/function_choice": value}
    assert run_in(source, f__function_choice="2 * 3")["x"] == 6
