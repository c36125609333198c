"""Rows of sources and values: before and after, to the byte."""

from __future__ import annotations

import pytest

from annotate.errors import SourceError
from annotate.instrument import instrument
from annotate.rewrite import with_defaults

U = "# @nni.uniform(0, 1)"
C = "# @nni.choice('sgd', \"adam\", Adam(p, lr=.1), lambda a: 1, 1 if a else 2, (1, 2), -1, True, None)"
F = "# @nni.function_choice(relu(x), tanh(x, .5), a + b, lambda: 3, name=act)"


def check_rewritten(before, values, after, **options):
    """`before` becomes `after`; keys are given without their module."""
    data = before if isinstance(before, bytes) else before.encode()
    wanted = after if isinstance(after, bytes) else after.encode()
    done = with_defaults(
        data, "m", {f"m/{key}": value for key, value in values.items()}, path="m.py", **options
    )
    assert done.code == wanted
    return done


def check_noop(before, values, **options):
    """A source that stays as it is."""
    done = check_rewritten(before, values, before, **options)
    assert done.changes == ()
    return done


LITERALS = {
    "a float": (f"lr = 0.1  {U}\n", {"lr/uniform": 0.03125}, f"lr = 0.03125  {U}\n"),
    "the shortest that reads back": (f"lr = 0.1  {U}\n", {"lr/uniform": 0.1 + 0.2}, f"lr = 0.30000000000000004  {U}\n"),
    "a small float": (f"lr = 0.1  {U}\n", {"lr/uniform": 1e-5}, f"lr = 1e-05  {U}\n"),
    "an int where the default is one": (
        "b = 64  # @nni.quniform(32, 256, 32)\n", {"b/quniform": 96.0}, "b = 96  # @nni.quniform(32, 256, 32)\n",
    ),
    "a float where the default is one": (
        "b = 64.0  # @nni.randint(32, 256)\n", {"b/randint": 96}, "b = 96.0  # @nni.randint(32, 256)\n",
    ),
    "a float where nothing else will do": (f"b = 1  {U}\n", {"b/uniform": 0.5}, f"b = 0.5  {U}\n"),
    "a negative number": ("b = 1  # @nni.normal(0, 1)\n", {"b/normal": -0.5}, "b = -0.5  # @nni.normal(0, 1)\n"),
    "arithmetic is replaced whole": (f"b = 2**5 / 7  {U}\n", {"b/uniform": 0.5}, f"b = 0.5  {U}\n"),
    "a name is replaced whole": (f"args.b = args.b  {U}\n", {"args.b/uniform": 0.5}, f"args.b = 0.5  {U}\n"),
    "a call over lines is replaced whole": (f"b = f(\n    1,\n)  {U}\n", {"b/uniform": 0.5}, f"b = 0.5  {U}\n"),
    "the user's parentheses stay": (f"b = (0.1)  {U}\n", {"b/uniform": 0.5}, f"b = (0.5)  {U}\n"),
    "parentheses over lines stay": (f"b = (\n    0.1  {U}\n)\n", {"b/uniform": 0.5}, f"b = (\n    0.5  {U}\n)\n"),
    "one variable at two places": (
        f"b = 0.1  {U}\nif x:\n    b = 0.2  {U}\n", {"b/uniform": 0.5}, f"b = 0.5  {U}\nif x:\n    b = 0.5  {U}\n",
    ),
    "a keyword of decorators, defaults, classes": (
        f"@d(\n    b=1,  {U}\n)\ndef f(\n    c=2,  {U}\n): ...\n", {"b/uniform": 0.5, "c/uniform": 0.25},
        f"@d(\n    b=0.5,  {U}\n)\ndef f(\n    c=0.25,  {U}\n): ...\n",
    ),
    "argparse": (
        f"p.add_argument('--lr', type=float, default=0.1, help='0.1')  {U}\n", {"lr/uniform": 0.5},
        f"p.add_argument('--lr', type=float, default=0.5, help='0.1')  {U}\n",
    ),
    "a comment line above": (
        "# @nni.variable(nni.uniform(0, 1), name=self.lr)\n\nself.lr = 0.1  # by hand\n", {"self.lr/uniform": 0.5},
        "# @nni.variable(nni.uniform(0, 1), name=self.lr)\n\nself.lr = 0.5  # by hand\n",
    ),
    "a string above": (
        "'''@nni.variable(nni.uniform(0, 1), name=cfg[\"lr\"])'''\ncfg['lr'] = 0.1\n", {"cfg['lr']/uniform": 0.5},
        "'''@nni.variable(nni.uniform(0, 1), name=cfg[\"lr\"])'''\ncfg['lr'] = 0.5\n",
    ),
    "text of a space from a file": (f'b = "x"  {U}\n', {"b/uniform": "it's"}, f'b = "it\'s"  {U}\n'),
    "text in the quotes that stand there": (f'b = "x"  {U}\n', {"b/uniform": "y"}, f'b = "y"  {U}\n'),
}  # fmt: skip


@pytest.mark.parametrize(("before", "values", "after"), LITERALS.values(), ids=LITERALS)
def test_a_value_is_written_as_python_writes_it(before, values, after):
    """The value's own stretch changes, and nothing else."""
    check_rewritten(before, values, after)


OPTIONS = {
    "text, in the option's own quotes": ("adam", '"adam"'),
    "a call": ("Adam(p, lr=0.1)", "Adam(p, lr=.1)"),
    "a lambda": ("lambda a: 1", "lambda a: 1"),
    "a conditional": ("1 if a else 2", "1 if a else 2"),
    "a tuple": ("(1, 2)", "(1, 2)"),
    "a negative number": (-1, "-1"),
    "True": (True, "True"),
    "None": (None, "None"),
}


@pytest.mark.parametrize(("value", "text"), OPTIONS.values(), ids=OPTIONS)
def test_a_choice_is_written_as_its_option_stands_in_the_annotation(value, text):
    """The option's source text, not its value in some normal form."""
    check_rewritten(f"o = 'sgd'  {C}\n", {"o/choice": value}, f"o = {text}  {C}\n")


CALLS = {
    "a call": ("h = relu(x)", "tanh(x, 0.5)", "h = tanh(x, .5)"),
    "every call that is meant": ("h = relu(x) * relu( x )", "tanh(x, 0.5)", "h = tanh(x, .5) * tanh(x, .5)"),
    "a sum that is the whole value": ("h = relu(x)", "a + b", "h = a + b"),
    "a lambda that is the whole value": ("h = relu(x)", "lambda: 3", "h = lambda: 3"),
    "in parentheses that stay": ("return_ = (relu(x))", "tanh(x, 0.5)", "return_ = (tanh(x, .5))"),
    "beside a keyword": ("h = not(relu(x))", "tanh(x, 0.5)", "h = not(tanh(x, .5))"),
    "as a statement": ("relu(x)", "a + b", "a + b"),
}


@pytest.mark.parametrize(("before", "value", "after"), CALLS.values(), ids=CALLS)
def test_a_function_choice_is_written_as_the_chosen_call(before, value, after):
    """In the place of each call that it is for."""
    check_rewritten(f"{F}\n{before}\n", {"act/function_choice": value}, f"{F}\n{after}\n")


def test_parentheses_are_put_where_the_option_would_mean_something_else():
    """a + b within a product; such an option would not be found again, and is written where annotations go."""
    before = f"{F}\nh = relu(x) * 2\n"
    done = check_noop(before, {"act/function_choice": "a + b"})
    assert done.left == {
        "m/act/function_choice": "a + b is no call, and would not be found by its annotation again"
    }
    check_rewritten(before, {"act/function_choice": "a + b"}, "h = (a + b) * 2\n", strip=True)
    check_rewritten(before, {"act/function_choice": "tanh(x, 0.5)"}, f"{F}\nh = tanh(x, .5) * 2\n")


LAYERS = (
    "'''@nni.mutable_layers({layer_choice: [conv(size=1), pool()], fixed_inputs: [x],\n"
    "    optional_inputs: [a, b], optional_input_size: [0, 2], layer_output: out},\n"
    "    {layer_choice: [pool(), conv(size=3)], fixed_inputs: [out], layer_output: self.y})'''"
)
BLOCK = {
    "mutable_layer_0": {"chosen_layer": "conv(size=1)", "chosen_inputs": ["b", "a"]},
    "mutable_layer_1": {"chosen_layer": "pool()", "chosen_inputs": []},
}
CODE = ["out = conv([[x], [a, b]], size=1)", "self.y = pool([[out], []])"]


def test_mutable_layers_become_real_code_below_their_annotation():
    """As many lines as layers, indented as the annotation; written again, they are replaced, not repeated."""
    before = f"if 1:\r\n\t{LAYERS}  # why\r\n\tz = 1\r\n".replace("\n", "\r\n").replace("\r\r", "\r")
    code = "".join(f"\t{line}\r\n" for line in CODE)
    after = before.replace("\tz = 1", f"{code}\tz = 1")
    check_rewritten(before, {"mutable_block_4": BLOCK}, after)
    check_noop(after, {"mutable_block_4": BLOCK})
    other = {**BLOCK, "mutable_layer_1": {"chosen_layer": "conv(size=3)", "chosen_inputs": []}}
    again = after.replace("pool([[out], []])", "conv([[out], []], size=3)")
    check_rewritten(after, {"mutable_block_4": other}, again)
    assert instrument(again.encode(), "m", "m.py").defaults == {
        "m/mutable_block_4": {
            **other,
            "mutable_layer_0": {"chosen_layer": "conv(size=1)", "chosen_inputs": ["a", "b"]},
        }
    }
    stripped = "if 1:\r\n\t# why\r\n" + code + "\tz = 1\r\n"
    check_rewritten(before, {"mutable_block_4": BLOCK}, stripped, strip=True)


def test_mutable_layers_at_the_end_of_a_file_without_a_final_newline():
    """The file has none afterwards either."""
    comment = "# @nni.mutable_layers({layer_choice: [pool()], layer_output: y})"
    block = {"mutable_layer_0": {"chosen_layer": "pool()", "chosen_inputs": []}}
    check_rewritten(comment, {"mutable_block_1": block}, f"{comment}\ny = pool([[], []])")
    check_rewritten(f"x\n{comment}", {"mutable_block_2": block}, "x\ny = pool([[], []])", strip=True)


BYTES = {
    "byte order mark and CRLF": (
        b"\xef\xbb\xbfa = '\xc3\xa9'\r\nlr = 0.1  # @nni.uniform(0, 1)\r\n",
        b"0.1",
        b"0.5",
    ),
    "encoding cookie": (
        b"# coding: latin-1\na = '\xe9'\nlr = 0.1  # @nni.uniform(0, 1) \xe9",
        b"0.1",
        b"0.5",
    ),
    "form feed and tabs": (
        b"\x0cimport os\nif 1:\n\t\x0c\tlr = 0.1\t# @nni.uniform(0, 1)  \n\n\n",
        b"0.1",
        b"0.5",
    ),
    "line ends of several kinds": (b"a = 1\rb = 2\r\nlr = 0.1  # @nni.uniform(0, 1)\n\r\n", b"0.1", b"0.5"),
}


@pytest.mark.parametrize(("before", "old", "new"), BYTES.values(), ids=BYTES)
def test_everything_else_stays_to_the_byte(before, old, new):
    """Marks, cookies, line ends, blanks, missing final newlines."""
    check_rewritten(before, {"lr/uniform": 0.5}, before.replace(old, new))


NOOPS = {
    "the value as it stands": (f"lr = 1e-1  {U}\n", {"lr/uniform": 0.1}),
    "an option as it stands": (f"o = Adam( p, lr=.1 )  {C}\n", {"o/choice": "Adam(p, lr=0.1)"}),
    "a parameter that was not active": (f"lr = 0.1  {U}\n", {}),
    "a key of another module": (f"lr = 0.1  {U}\n", {"n/lr/uniform": 0.5}),
    "no annotation": ("lr = 0.1\n", {"lr/uniform": 0.5}),
    "an annotation that is switched off": (f"lr = 0.1  # {U}\n", {"lr/uniform": 0.5}),
    "the constraint and the reports": (
        "# @nni.constraint(a < b)\n'''@nni.report_final_result(a)'''\n", {"a/uniform": 0.5},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "values"), NOOPS.values(), ids=NOOPS)
def test_what_means_the_value_already_is_left_as_it_is_written(before, values):
    """No byte changes where there is nothing to say."""
    check_noop(before, values)


def test_a_value_that_is_no_option_is_told():
    """A space from a file may have options that the annotation does not: the trial ran the default, too."""
    done = check_noop(f"o = 'sgd'  {C}\n", {"o/choice": "lion"})
    assert done.left == {"m/o/choice": "'lion' is none of the options that stand there"}


HAND = "import nni\nlr = nni.uniform(0, 1, name='lr')\n'''@nni.report_final_result(lr)'''\n"


def test_a_call_by_hand_is_its_own_annotation():
    """It has no default: the value takes its place only where the annotations go, or where that is asked for."""
    done = check_noop(HAND, {"lr/uniform": 0.5})
    assert "no default" in done.left["m/lr/uniform"]
    check_rewritten(
        HAND, {"lr/uniform": 0.5}, HAND.replace("nni.uniform(0, 1, name='lr')", "0.5"), calls=True
    )
    check_rewritten(HAND, {"lr/uniform": 0.5}, "import nni\nlr = 0.5\n", strip=True)


def test_a_source_with_errors_is_refused_as_check_refuses_it():
    """With the same diagnostics."""
    with pytest.raises(SourceError, match="E108"):
        with_defaults(b"lr = 0.1  # @nni.uniform(1, 0)\n", "m", {}, path="m.py")
