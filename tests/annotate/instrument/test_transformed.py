"""Rows of sources that change: before and after. `T` stands for the trial, the import is left out."""

from __future__ import annotations

import pytest

from tests.annotate.instrument.verbs import check_transformed, read

LR = '(T["m/lr/uniform"] if "m/lr/uniform" in T else {})'
A = '(T["m/a/uniform"] if "m/a/uniform" in T else {})'
X = '(1 if T.chose("m/x/choice", 1) else 2 if T.chose("m/x/choice", 2) else {})'
U = "@nni.uniform(0, 1)"
V = "@nni.variable(nni.uniform(0, 1), name={})"
RELU = (
    '(relu(x) if T.chose("m/{0}/function_choice", "relu(x)") else tanh(x) if '
    'T.chose("m/{0}/function_choice", "tanh(x)") else {1})'
)
FC = "@nni.function_choice(relu(x), tanh(x), name=act)"


def conditional(name: str, value: str) -> str:
    key = f'"m/{name}/uniform"'
    return f"(T[{key}] if {key} in T else {value})"


TRAILING_TARGETS = {
    "name": ("lr = 0.1  # {}\n", "lr"),
    "attribute": ("self.lr = 0.1  # {}\n", "self.lr"),
    "annotated": ("lr: float = 0.1  # {}\n", "lr"),
    "subscript": ("cfg['lr'] = 0.1  # {}\n", "cfg['lr']"),
    "subscript in double quotes": ('cfg["lr"] = 0.1  # {}\n', "cfg['lr']"),
    "last of a line": ("a = 1; lr = 0.1  # {}\n", "lr"),
    "before a semicolon": ("lr = 0.1;  # {}\n", "lr"),
    "one-line suite": ("if 1: lr = 0.1  # {}\n", "lr"),
    "class body": ("class C:\n\tlr = 0.1  # {}\n", "lr"),
    "global": ("def f():\n    global lr; lr = 0.1  # {}\n", "lr"),
    "nonlocal": ("def f(lr):\n    def g():\n        nonlocal lr\n        lr = 0.1  # {}\n", "lr"),
    "no blank before the comment": ("lr = 0.1#{}\n", "lr"),
    "no final newline": ("lr = 0.1  # {}", "lr"),
    "form feed": ("import os\n\f\nlr = 0.1  # {}\n", "lr"),
    "form feed before it": ("import os\n\flr = 0.1  # {}\n", "lr"),
    "form feed before everything": ("\flr = 0.1  # {}\n", "lr"),
    "form feed before its indent": ("def f():\n    a = 1\n\f    lr = 0.1  # {}\n", "lr"),
    "form feed within its indent": ("if 1:\n  \f  lr = 0.1  # {}\n", "lr"),
    "lone carriage returns": ("a = 1\rlr = 0.1  # {}\r", "lr"),
    "line ends of several kinds": ("a = 1\r\nlr = 0.1  # {}\n", "lr"),
    "separators that end no line": ("s = 'a\u2028b\x0b\x1c\x85'; lr = 0.1  # {}\n", "lr"),
    "tabs": ("def f():\n\tif 1:\n\t\tlr = 0.1\t# {}\n", "lr"),
    "keyword of a decorator": ("@d(\n    lr=0.1,  # {}\n)\ndef f(): pass\n", "lr"),
    "async with": ("async def f():\n    async with c:\n        lr = 0.1  # {}\n", "lr"),
    "async for": ("async def f():\n    async for i in c:\n        lr = 0.1  # {}\n", "lr"),
    "one-line class": ("class C: lr = 0.1  # {}\n", "lr"),
    "one-line else": ("if 0: pass\nelse: lr = 0.1  # {}\n", "lr"),
    "positional-only parameter": ("def f(\n    lr=0.1,  # {}\n    /): pass\n", "lr"),
    "parameter of a lambda": ("f = (lambda\n    lr=0.1,  # {}\n    : lr)\n", "lr"),
    "beside exec'd text": ("exec('x = 1  # @nni.no(')\nlr = 0.1  # {}\n", "lr"),
    "docstring and future import": ("'doc'\nfrom __future__ import annotations\nlr: X = 0.1  # {}\n", "lr"),
    "future import on its line": ("from __future__ import annotations; lr = 0.1  # {}\n", "lr"),
    "backslash": ("lr = \\\n    0.1  # {}\n", "lr"),
    "own parentheses": ("lr = (\n    0.1  # {}\n)\n", "lr"),
    "keyword on its line": ("Adam(p,\n    lr=0.1,  # {}\n)\n", "lr"),
    "keyword last in its call": ("Adam(p,\n    lr=0.1  # {}\n)\n", "lr"),
    "keyword before the closing parenthesis": ("o = Adam(p,\n    lr=0.1)  # {}\n", "lr"),
    "keyword of an assigned call": ("o = Adam(p,\n    lr=0.1,  # {}\n)\n", "lr"),
    "only keyword of a call": ("train(p, lr=0.1)  # {}\n", "lr"),
    "keyword of an inner call": ("f(\n    g(\n        lr=0.1,  # {}\n    ), lr=1)\n", "lr"),
    "keyword in a return": ("def f():\n    return g(lr=0.1)  # {}\n", "lr"),
    "dict entry": ("c = {{\n    'lr': 0.1,  # {}\n    'm': 0.1,\n}}\n", "lr"),
    "dict entry by expression": ("c = {{\n    LR: 0.1,  # {}\n}}\n", "LR"),
    "parameter": ("def f(\n    a,\n    lr=0.1,  # {}\n    b=2,\n): ...\n", "lr"),
    "parameter with a type": ("def f(\n    lr: float = 0.1,  # {}\n) -> int: ...\n", "lr"),
    "keyword-only parameter": ("def f(\n    *,\n    lr=0.1  # {}\n): ...\n", "lr"),
    "only parameter of a header": ("def f(a, lr=0.1):  # {}\n    ...\n", "lr"),
    "class keyword": ("class C(\n    B,\n    lr=0.1,  # {}\n): ...\n", "lr"),
    "dataclass field": ("@dataclass\nclass C:\n    lr: float = 0.1  # {}\n", "lr"),
    "argparse": ("p.add_argument('-l', '--lr', type=float, default=0.1)  # {}\n", "lr"),
    "argparse with a dash": ("p.add_argument('--weight-decay', default=0.1)  # {}\n", "weight_decay"),
    "argparse over lines": ("p.add_argument(\n    '--lr',\n    default=0.1,  # {}\n)\n", "lr"),
    "argparse, one line of several": (
        "p.add_argument(\n    '--lr', type=float, default=0.1, help='h',  # {}\n)\n",
        "lr",
    ),
    "argparse, closing line": ("p.add_argument('--lr',\n    default=0.1)  # {}\n", "lr"),
    "argparse, assigned": ("a = p.add_argument('--lr', default=0.1, help='h')  # {}\n", "lr"),
    "argparse, short flag only": ("p.add_argument('-b', default=0.1)  # {}\n", "b"),
    "async": ("async def f():\n    lr = 0.1  # {}\n    await g()\n", "lr"),
    "decorated": ("@d\n@e(1)\ndef f():\n    lr = 0.1  # {}\n", "lr"),
    "match": ("match x:\n    case 1:\n        lr = 0.1  # {}\n    case _: pass\n", "lr"),
    "else": ("for x in y: pass\nelse:\n    lr = 0.1  # {}\n", "lr"),
    "finally": ("try: pass\nexcept E: pass\nfinally:\n    lr = 0.1  # {}\n", "lr"),
    "elif": ("if a: pass\nelif b:\n    lr = 0.1  # {}\n", "lr"),
    "with": ("with a as b:\n    lr = 0.1  # {}\n", "lr"),
    "walrus beside it": ("lr = 0.1  # {}\nif (n := 2) > 1: pass\n", "lr"),
    "future import": ("from __future__ import annotations\nlr = 0.1  # {}\n", "lr"),
}


@pytest.mark.parametrize(("source", "name"), TRAILING_TARGETS.values(), ids=TRAILING_TARGETS)
def test_a_trailing_annotation_replaces_the_value_that_ends_before_it(source: str, name: str) -> None:
    before = source.format(U)
    check_transformed(before, before.replace("0.1", conditional(name, "0.1"), 1))


ROWS = {
    "string": (f"'''{V.format('lr')}'''\nlr = 0.1\n", f"'''{V.format('lr')}'''\nlr = {LR.format(0.1)}\n"),
    "string, other quotes": (f'"{V.format("lr")}"\nlr = 0.1\n', f'"{V.format("lr")}"\nlr = {LR.format(0.1)}\n'),
    "raw string": (f"r'{V.format('lr')}'\nlr = 0.1\n", f"r'{V.format('lr')}'\nlr = {LR.format(0.1)}\n"),
    "comment": (f"# {V.format('lr')}\nlr = 0.1\n", f"# {V.format('lr')}\nlr = {LR.format(0.1)}\n"),
    "comment, no blank": (f"#{V.format('lr')}\nlr = 0.1\n", f"#{V.format('lr')}\nlr = {LR.format(0.1)}\n"),
    "comment, blank lines": (f"# {V.format('lr')}\n\n# note\nlr = 0.1\n", f"# {V.format('lr')}\n\n# note\nlr = {LR.format(0.1)}\n"),
    "comment over lines": (
        "# @nni.variable(nni.uniform(0,\n#    1), name=lr)\nlr = 0.1\n",
        f"# @nni.variable(nni.uniform(0,\n#    1), name=lr)\nlr = {LR.format(0.1)}\n",
    ),
    "trailing over lines": ("lr = 0.1  # @nni.uniform(0,\n          # 1)\n", f"lr = {LR.format(0.1)}  # @nni.uniform(0,\n          # 1)\n"),
    "string over lines": (
        "'''@nni.variable(\n    nni.uniform(0, 1),\n    name=lr)'''\nlr = 0.1\n",
        f"'''@nni.variable(\n    nni.uniform(0, 1),\n    name=lr)'''\nlr = {LR.format(0.1)}\n",
    ),
    "remark": ("lr = 0.1  # @nni.uniform(0, 1)  keep (below 1\n", f"lr = {LR.format(0.1)}  # @nni.uniform(0, 1)  keep (below 1\n"),
    "label": ('lr = 0.1  # @nni.uniform(0, 1, name="a")\n', f'lr = {A.format(0.1)}  # @nni.uniform(0, 1, name="a")\n'),
    "label in the long form": (
        '# @nni.variable(nni.uniform(0, 1), name="a")\nlr = 0.1\n',
        f'# @nni.variable(nni.uniform(0, 1), name="a")\nlr = {A.format(0.1)}\n',
    ),
    "name chooses among keywords": (
        f"train(lr=0.1, a=2)  # {V.format('lr')}\n", f"train(lr={LR.format(0.1)}, a=2)  # {V.format('lr')}\n",
    ),
    "docstring that is an annotation": (
        f"'''{V.format('lr')}'''\nlr = 0.1\n", f"'''{V.format('lr')}'''\nlr = {LR.format(0.1)}\n",
    ),
    "call over lines": (
        "lr = f(\n    1,\n)  # @nni.choice(g(1), g(2))\n".replace("lr", "x"),
        (
            'x = (g(1) if T.chose("m/x/choice", "g(1)") else g(2) if T.chose("m/x/choice", "g(2)") else f(\n    1,\n))'
            "  # @nni.choice(g(1), g(2))\n"
        ),
    ),
    "tuple": ("x = 1, 2  # @nni.choice(1, 2)\n", f"x = {X.format('(1, 2)')}  # @nni.choice(1, 2)\n"),
    "tuple in parentheses": ("x = (1, 2)  # @nni.choice(1, 2)\n", f"x = {X.format('(1, 2)')}  # @nni.choice(1, 2)\n"),
    "tuple in parentheses over lines": (
        "x = (\n    1, 2  # @nni.choice(1, 2)\n)\n", f"x = (\n    {X.format('(1, 2)')}  # @nni.choice(1, 2)\n)\n",
    ),
    "yield": ("def f():\n    x = yield 1  # @nni.choice(1, 2)\n", f"def f():\n    x = {X.format('(yield 1)')}  # @nni.choice(1, 2)\n"),
    "await": ("async def f():\n    x = await g()  # @nni.choice(1, 2)\n", f"async def f():\n    x = {X.format('await g()')}  # @nni.choice(1, 2)\n"),
    "lambda": ("x = lambda: 1  # @nni.choice(1, 2)\n", f"x = {X.format('lambda: 1')}  # @nni.choice(1, 2)\n"),
    "conditional": ("x = 1 if a else 2  # @nni.choice(1, 2)\n", f"x = {X.format('1 if a else 2')}  # @nni.choice(1, 2)\n"),
    "comprehension": ("x = [i for i in y]  # @nni.choice(1, 2)\n", f"x = {X.format('[i for i in y]')}  # @nni.choice(1, 2)\n"),
    "ellipsis": ("x = ...  # @nni.choice(1, 2)\n", f"x = {X.format('...')}  # @nni.choice(1, 2)\n"),
    "options that need parentheses": (
        "x = 0  # @nni.choice(lambda a: 1, 1 if a else 2, (b := 3))\n",
        (
            'x = ((lambda a: 1) if T.chose("m/x/choice", "lambda a: 1") else (1 if a else 2) if '
            'T.chose("m/x/choice", "1 if a else 2") else (b := 3) if T.chose("m/x/choice", "(b := 3)") else 0)'
            "  # @nni.choice(lambda a: 1, 1 if a else 2, (b := 3))\n"
        ),
    ),
    "trailing function_choice": (
        "h = relu(x)  # @nni.function_choice(relu(x), tanh(x))\n",
        f"h = {RELU.format('h', 'relu(x)')}  # @nni.function_choice(relu(x), tanh(x))\n",
    ),
    "function_choice in a statement": (f"# {FC}\nh = relu( x )\n", f"# {FC}\nh = {RELU.format('act', 'relu( x )')}\n"),
    "function_choice twice in a statement": (
        f"'''{FC}'''\nh = relu(x) + tanh(x)\n", f"'''{FC}'''\nh = {RELU.format('act', 'relu(x)')} + {RELU.format('act', 'tanh(x)')}\n",
    ),
    "function_choice in a compound statement": (
        f"# {FC}\nif a:\n    h = relu(x)\nelse:\n    relu(y)\n", f"# {FC}\nif a:\n    h = {RELU.format('act', 'relu(x)')}\nelse:\n    relu(y)\n",
    ),
    "function_choice first in the file": (f"# {FC}\nrelu(x)\n", f"# {FC}\n{RELU.format('act', 'relu(x)')}\n"),
    "report, string": ("'''@nni.report_final_result(a)'''\n", "'''@nni.report_final_result(a)'''; T.report_final_result(a)\n"),
    "report, string over lines": (
        "x\n'''@nni.report_final_result(\na)'''\n", "x\n'''@nni.report_final_result(\na)'''; T.report_final_result(a)\n",
    ),
    "report, comment": ("x\n# @nni.report_final_result(a)\n", "x\nT.report_final_result(a)  # @nni.report_final_result(a)\n"),
    "report, comment at a block's end": (
        "for i in y:\n    pass\n    # @nni.report_final_result(a)\nz\n",
        "for i in y:\n    pass\n    T.report_final_result(a)  # @nni.report_final_result(a)\nz\n",
    ),
    "report, comment behind a block": (
        "for i in y:\n    pass\n# @nni.report_final_result(a)\nz\n",
        "for i in y:\n    pass\nT.report_final_result(a)  # @nni.report_final_result(a)\nz\n",
    ),
    "report, comment before else": (
        "if y:\n    pass\n    # @nni.report_final_result(a)\nelse:\n    pass\n",
        "if y:\n    pass\n    T.report_final_result(a)  # @nni.report_final_result(a)\nelse:\n    pass\n",
    ),
    "report, trailing": ("a = f()  # @nni.report_final_result(a)\n", "a = f(); T.report_final_result(a)  # @nni.report_final_result(a)\n"),
    "report, trailing in one line": (
        "if y: a = f()  # @nni.report_final_result(a)\n", "if y: a = f(); T.report_final_result(a)  # @nni.report_final_result(a)\n",
    ),
    "report and value on one line": (
        f"# {V.format('lr')}\nlr = 0.1  # @nni.report_final_result(lr)\n",
        f"# {V.format('lr')}\nlr = {LR.format(0.1)}; T.report_final_result(lr)  # @nni.report_final_result(lr)\n",
    ),
    "hand-written": (
        "import nni\nx = nni.uniform(0, 1, name='a')\n'''@nni.get_next_parameter()'''\n",
        f"import nni\nx = {A.format('nni.uniform(0, 1, name=' + repr('a') + ')')}\n'''@nni.get_next_parameter()'''\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), ROWS.values(), ids=ROWS)
def test_a_source_is_instrumented_like_this(before: str, after: str) -> None:
    check_transformed(before, after)


def test_type_parameters_are_read_under_every_python() -> None:
    source = "def f[T](a: T) -> T:\n    lr = 0.1  # @nni.uniform(0, 1)\n"
    assert [site.key for site in read(source).variables] == ["m/lr/uniform"]
