"""The page of each code: what it means, a source that earns it, and the same source mended.

`annotate explain E108` prints one. The tests instrument every example: `wrong` gives the code, `right`
does not.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Page:
    """`wrong` and `right` are whole source files; both empty where one file cannot show it."""

    code: str
    title: str
    text: str
    wrong: str = ""
    right: str = ""

    def __str__(self) -> str:
        parts = [f"{self.code}: {self.title}", textwrap.fill(self.text, 78)]
        if self.wrong:
            parts.append(f"Wrong:\n\n{textwrap.indent(self.wrong, '    ')}".rstrip())
        if self.right:
            parts.append(f"Right:\n\n{textwrap.indent(self.right, '    ')}".rstrip())
        return "\n\n".join(parts)


_ALL: Final = (
    Page(
        "E101", "an annotation is a call",
        "What follows @nni. in the string form must be a directive's name and its arguments in parentheses.",
        "'''@nni.variable'''\nlr = 0.1\n",
        "'''@nni.variable(nni.uniform(0, 1), name=lr)'''\nlr = 0.1\n",
    ),
    Page(
        "E102", "the parentheses are not balanced",
        "Every bracket of an annotation must be closed. A comment whose parentheses are still open goes on in "
        "the next comment line, so an annotation may be as long as you like.",
        "lr = 0.1  # @nni.uniform(0, 1\n",
        "lr = 0.1  # @nni.uniform(0,\n          # 1)\n",
    ),
    Page(
        "E103", "not a Python expression",
        "The arguments of an annotation are Python expressions. They are read, never run.",
        "lr = 0.1  # @nni.choice(0.1, 0.2 0.3)\n",
        "lr = 0.1  # @nni.choice(0.1, 0.2, 0.3)\n",
    ),
    Page(
        "E104", "unknown directive",
        "The directives are variable, function_choice, report_intermediate_result, report_final_result, "
        "get_next_parameter, constraint and mutable_layers. Behind a value, a sampler may stand alone.",
        "# @nni.report_finale_result(acc)\nacc = 1\n",
        "# @nni.report_final_result(acc)\nacc = 1\n",
    ),
    Page(
        "E105", "unknown sampler",
        "The samplers are choice, randint, uniform, quniform, loguniform, qloguniform, normal, qnormal, lognormal "
        "and qlognormal.",
        "# @nni.variable(nni.logunifrom(1e-4, 1e-1), name=lr)\nlr = 0.1\n",
        "# @nni.variable(nni.loguniform(1e-4, 1e-1), name=lr)\nlr = 0.1\n",
    ),
    Page(
        "E106", "wrong arguments",
        "Each sampler and directive takes its own number of arguments, by position: uniform(low, high), "
        "quniform(low, high, q), normal(mu, sigma), choice(a, b, ...), report_final_result(value). Only name= is a "
        "keyword.",
        "lr = 0.1  # @nni.quniform(0, 1)\n",
        "lr = 0.1  # @nni.quniform(0, 1, 0.1)\n",
    ),
    Page(
        "E107", "a bound that is no number",
        "A search space is read from the source and nothing is run, so a bound is a finite number or arithmetic on "
        "numbers: 2**5, -1e-3, 1/255.",
        "width = 8  # @nni.randint(1, WIDEST)\n",
        "width = 8  # @nni.randint(1, 2**6)\n",
    ),
    Page(
        "E108", "low is not below high",
        "A range goes from the smaller to the larger number. randint excludes its upper bound: randint(1, 2) is 1.",
        "lr = 0.1  # @nni.loguniform(1e-1, 1e-4)\n",
        "lr = 0.1  # @nni.loguniform(1e-4, 1e-1)\n",
    ),
    Page(
        "E109", "a number outside its domain",
        "Logarithmic ranges begin above 0; q and sigma are above 0; the bounds of randint are integers.",
        "lr = 0.1  # @nni.loguniform(0, 1)\n",
        "lr = 0.1  # @nni.loguniform(1e-5, 1)\n",
    ),
    Page(
        "E110", "an option is there twice",
        "The options of a choice must differ in value and type. An expression that is no literal is known by its "
        "source text, so the name relu and the string 'relu' cannot both be options.",
        "n = 1  # @nni.choice(1, 2, 1)\n",
        "n = 1  # @nni.choice(1, 2, 3)\n",
    ),
    Page(
        "E111", "the name is missing or cannot be a name",
        "Above a statement, an annotation says with name= which assignment it is for, so that it cannot slip to "
        "another one. The name is the left side of the assignment, or a string. Behind a value it may be left out.",
        "# @nni.variable(nni.uniform(0, 1))\nlr = 0.1\n",
        "# @nni.variable(nni.uniform(0, 1), name=lr)\nlr = 0.1\n",
    ),
    Page(
        "E113", "a constraint that cannot be interpreted",
        "A constraint speaks of variables by their names, with numbers and strings, comparisons, in, arithmetic, and, "
        "or, not, min, max, abs and len. It is interpreted, never run as Python, and must have an answer everywhere.",
        "# @nni.constraint(low.clip(0) < 1)\nlow = 0.1  # @nni.uniform(0, 1)\n",
        "# @nni.constraint(low < 1)\nlow = 0.1  # @nni.uniform(0, 1)\n",
    ),
    Page(
        "E114", "mutable_layers in another form",
        "Each layer is a {...} with the fields layer_choice (a list of calls with keyword arguments only), "
        "layer_output (what is assigned), and if need be fixed_inputs, optional_inputs and optional_input_size. The "
        "chosen layer is called with [fixed inputs, chosen inputs] as its first argument.",
        "'''@nni.mutable_layers({layer_choice: [conv(3)], layer_output: out})'''\n",
        "'''@nni.mutable_layers({layer_choice: [conv(size=3)], layer_output: out})'''\n",
    ),
    Page(
        "E201", "there is nothing to annotate",
        "An annotation above a statement is for the assignment that follows in the same block; one behind a value is "
        "for the value that ends on its line: an assignment's right side, a keyword argument, a dict entry, a "
        "parameter's default, the default of add_argument.",
        "print(1)  # @nni.uniform(0, 1)\n",
        "lr = 1  # @nni.uniform(0, 1)\nprint(lr)\n",
    ),
    Page(
        "E202", "the annotation names another target",
        "name= must equal the left side of the assignment, as it is written there. The check is there because an "
        "annotation that slipped to another line would tune the wrong value without a word.",
        "# @nni.variable(nni.uniform(0, 1), name=lr)\nmomentum = 0.9\n",
        "# @nni.variable(nni.uniform(0, 1), name=momentum)\nmomentum = 0.9\n",
    ),
    Page(
        "E203", "more than one target",
        "A tuned value is assigned to one target: not to a tuple, not to several at once, not by +=.",
        "a = b = 0.1  # @nni.uniform(0, 1)\n",
        "a = 0.1  # @nni.uniform(0, 1)\nb = a\n",
    ),
    Page(
        "E204", "an annotation on an annotation",
        "A value is decided by one annotation, and what follows an annotation is a statement, not another one.",
        "# @nni.variable(nni.uniform(0, 1), name=lr)\n# @nni.variable(nni.uniform(0, 2), name=lr)\nlr = 0.1\n",
        "# @nni.variable(nni.uniform(0, 1), name=lr)\nlr = 0.1\n",
    ),
    Page(
        "E205", "a comment line in the wrong place",
        "A comment line that stands for a statement must stand where a statement may: between statements, indented "
        "as they are. Inside brackets, write the annotation at the end of the value's own line.",
        "train(\n    # @nni.variable(nni.uniform(0, 1), name=lr)\n    lr=0.1,\n)\n",
        "train(\n    lr=0.1,  # @nni.uniform(0, 1)\n)\n",
    ),
    Page(
        "E206", "a report that never runs",
        "A trailing report runs after its statement, and nothing runs after return, raise, break or continue.",
        "def f(acc):\n    return acc  # @nni.report_final_result(acc)\n",
        "def f(acc):\n    # @nni.report_final_result(acc)\n    return acc\n",
    ),
    Page(
        "E207", "several values end here",
        "Where more than one value ends on the line, say which one is meant: by a line of its own, or by name=.",
        "train(lr=0.1, momentum=0.9)  # @nni.uniform(0, 1)\n",
        "train(lr=0.1, momentum=0.9)  # @nni.variable(nni.uniform(0, 1), name=momentum)\n",
    ),
    Page(
        "E208", "the short form stands behind a value",
        "A bare sampler takes its name from the value before it on the line. On a line of its own, write the long form.",
        "# @nni.uniform(0, 1)\nlr = 0.1\n",
        "lr = 0.1  # @nni.uniform(0, 1)\n",
    ),
    Page(
        "E209", "add_argument without a default",
        "What is tuned is the option's default, so that a value given on the command line still wins.",
        "parser.add_argument('--lr', type=float)  # @nni.uniform(0, 1)\n",
        "parser.add_argument('--lr', type=float, default=0.1)  # @nni.uniform(0, 1)\n",
    ),
    Page(
        "E210", "a call inside an f-string",
        "The text of an f-string is not changed. Give the value a name before it.",
        "# @nni.function_choice(f(x), g(x), name=h)\ny = f'{f(x)}'\n",
        "# @nni.function_choice(f(x), g(x), name=h)\ny = f(x)\nprint(f'{y}')\n",
    ),
    Page(
        "E211", "one name, two ranges",
        "The same name with the same sampler in one module is one variable, so its arguments must be the same.",
        "lr = 0.1  # @nni.uniform(0, 1)\nlr = 0.1  # @nni.uniform(0, 2)\n",
        'lr = 0.1  # @nni.uniform(0, 1)\nlr = 0.1  # @nni.uniform(0, 2, name="lr2")\n',
    ),
    Page(
        "E212", "a reserved name",
        "The instrumented script reaches its trial by the name _annotate_trial.",
        "_annotate_trial = 1\nlr = 0.1  # @nni.uniform(0, 1)\n",
        "my_trial = 1\nlr = 0.1  # @nni.uniform(0, 1)\n",
    ),
    Page(
        "E213", "an option that is not legal in its place",
        "The options of a choice are put in the place of the value. There Python may refuse them, as it does await "
        "outside a coroutine.",
        "x = 1  # @nni.choice(1, (yield 2))\n",
        "def f():\n    x = 1  # @nni.choice(1, (yield 2))\n",
    ),
    Page(
        "E301", "a syntax error in the file",
        "A file that carries annotations must be readable as Python. The message is Python's own.",
        "def f(:\n    lr = 0.1  # @nni.uniform(0, 1)\n",
        "def f():\n    lr = 0.1  # @nni.uniform(0, 1)\n",
    ),
    Page(
        "E302", "an unreadable file",
        "Python reads a file as UTF-8 unless its first or second line names another encoding, as in "
        "# -*- coding: latin-1 -*-. This file cannot be read so.",
        "# -*- coding: no-such-code -*-\nlr = 0.1  # @nni.uniform(0, 1)\n",
        "# -*- coding: latin-1 -*-\nlr = 0.1  # @nni.uniform(0, 1)\n",
    ),
    Page(
        "E303", "nested too deeply",
        "The expressions or blocks of this file are nested deeper than they can be walked. Split the expression.",
    ),
    Page(
        "W401", "a comment that looks like an annotation",
        "Only a comment that begins with @nni. and goes on as a call is an annotation. This one was probably meant as "
        "one. To keep an annotation switched off, double its #.",
        "lr = 0.1  # nni.uniform(0, 1)\n",
        "lr = 0.1  # @nni.uniform(0, 1)\n",
    ),
    Page(
        "W402", "a string that is nearly an annotation",
        "In the string form @nni. is at the very first character. To switch one off, write '''@XXnni. instead.",
        "''' @nni.variable(nni.uniform(0, 1), name=lr)'''\nlr = 0.1\n",
        "'''@nni.variable(nni.uniform(0, 1), name=lr)'''\nlr = 0.1\n",
    ),
    Page(
        "W403", "the value in the source is outside its range",
        "Trial 0 runs the script as it stands, and every result is read against it. A value that the search can never "
        "reach makes a poor baseline, and is often a slip of the pen in the range: choice([16, 32]) has one option, the "
        "list, where choice(16, 32) was meant.",
        "lr = 5.0  # @nni.uniform(0, 1)\n",
        "lr = 0.5  # @nni.uniform(0, 1)\n",
    ),
    Page(
        "W404", "uniform over several decades",
        "uniform(0.0001, 1) draws nine values in ten above 0.1. Where the order of size matters, loguniform is meant.",
        "lr = 0.1  # @nni.uniform(1e-4, 1)\n",
        "lr = 0.1  # @nni.loguniform(1e-4, 1)\n",
    ),
    Page(
        "W405", "nothing reports a result",
        "Without a result one trial cannot be told from another. Where only intermediate ones are reported, the last "
        "is taken for it. The files that count are the script and what it imports of its code directory.",
        "lr = 0.1  # @nni.uniform(0, 1)\n",
        "lr = 0.1  # @nni.uniform(0, 1)\n# @nni.report_final_result(lr)\n",
    ),
    Page(
        "W406", "the final result is reported twice",
        "A trial has one final result. Where two are reported, the last one counts.",
        "acc = 1\n# @nni.report_final_result(acc)\n'''@nni.report_final_result(acc)'''\n",
        "acc = 1\n# @nni.report_final_result(acc)\n",
    ),
    Page(
        "W407", "an annotation in code that cannot run",
        "What stands behind a return, raise, break or continue of its block, or under if False, never runs, so the "
        "trials would differ in nothing.",
        "def f():\n    return 1\n    lr = 0.1  # @nni.uniform(0, 1)\n",
        "def f():\n    lr = 0.1  # @nni.uniform(0, 1)\n    return lr\n",
    ),
    Page(
        "W408", "a function_choice that matches nothing",
        "The calls of the next statement that equal an option are replaced; here there is none, so above a statement "
        "nothing is tuned. Calls inside the arguments of another call are not looked at, as in NNI.",
        "# @nni.function_choice(relu(x), tanh(x), name=act)\ny = relu(z)\n",
        "# @nni.function_choice(relu(x), tanh(x), name=act)\ny = relu(x)\n",
    ),
    Page(
        "W409", "a whole call is replaced",
        "A trailing annotation behind a one-line assignment replaces the whole right side. Where a keyword argument of "
        "the call is meant, it needs a line of its own.",
        "opt = SGD(p, lr=0.1)  # @nni.loguniform(1e-4, 1)\n",
        "opt = SGD(\n    p,\n    lr=0.1,  # @nni.loguniform(1e-4, 1)\n)\n",
    ),
    Page(
        "W410", "a smart parameter that cannot be read",
        "A call such as nni.uniform(0, high), written in the script itself, is part of the space only where its "
        "arguments can be read without running the script. It is left as it is.",
        "import nni\nx = nni.uniform(0, high)\nlr = 0.1  # @nni.uniform(0, 1)\n",
        "import nni\nx = nni.uniform(0, 9)\nlr = 0.1  # @nni.uniform(0, 1)\n",
    ),
    Page(
        "W411", "the values in the source break a constraint",
        "No point that breaks a constraint is tried, but trial 0 runs the script as it stands.",
        "# @nni.constraint(a < b)\na = 2  # @nni.randint(0, 9)\nb = 1  # @nni.randint(0, 9)\n",
        "# @nni.constraint(a < b)\na = 1  # @nni.randint(0, 9)\nb = 2  # @nni.randint(0, 9)\n",
    ),
    Page(
        "W412", "an annotation under __main__ in a module that is imported",
        "What stands under if __name__ == '__main__' runs in the script only. In a module that the script imports it "
        "never does, so the trials would differ in nothing.",
    ),
    Page(
        "N501", "a file that cannot be parsed, left as it is",
        "A file without annotations is not read any further: the trials get it byte for byte, and Python will say "
        "itself what is wrong with it.",
    ),
    Page(
        "N502", "a magic of a notebook, left out",
        "The trials run a notebook's code cells as a plain script, in order. A line that begins with % or !, a help "
        "line that ends in ?, and a cell under %%bash and its like are IPython's and are commented out; under "
        "%%time, %%timeit and %%capture only that line is. What they set must be set otherwise.",
    ),
)  # fmt: skip

PAGES: Final[Mapping[str, Page]] = {page.code: page for page in _ALL}
