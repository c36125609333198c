"""Rows of sources whose annotations are taken out."""

from __future__ import annotations

import pytest

from annotate.rewrite import with_defaults

V = "@nni.variable(nni.uniform(0, 1), name=lr)"
R = "'''@nni.report_final_result(a)'''"

ROWS = {
    "behind a value": ("lr = 0.1  # @nni.uniform(0, 1)\n", "lr = 0.1\n"),
    "behind a value, over lines": ("lr = 0.1  # @nni.uniform(0,\n  # 1)\nx\n", "lr = 0.1\nx\n"),
    "with a remark": ("lr = 0.1  # @nni.uniform(0, 1)  keep below 1\n", "lr = 0.1  # keep below 1\n"),
    "with a remark that is a comment": ("lr = 0.1  # @nni.uniform(0, 1)  # noqa: X\n", "lr = 0.1  # noqa: X\n"),
    "with a second annotation": ("lr = 0.1  # @nni.uniform(0, 1) @nni.report_final_result(a)\n", "lr = 0.1\n"),
    "a line above": (f"if 1:\n    # {V}\n    lr = 0.1\n", "if 1:\n    lr = 0.1\n"),
    "a line above, with a remark": (f"# {V}  by hand\nlr = 0.1\n", "# by hand\nlr = 0.1\n"),
    "a string above": (f"a = 1\n'''{V}'''\nlr = 0.1\n", "a = 1\nlr = 0.1\n"),
    "a string over lines": ("'''@nni.variable(\n  nni.uniform(0, 1),\n  name=lr)'''\nlr = 0.1\n", "lr = 0.1\n"),
    "reports and the constraint": (f"# @nni.constraint(lr < 1)\na = 1\n{R}\n", "a = 1\n"),
    "nothing else in a block": (f"for e in r:\n    {R}\nx\n", "for e in r:\n    pass\nx\n"),
    "two and nothing else": (f"for e in r:\n    {R}\n    {R}\nx\n", "for e in r:\n    pass\nx\n"),
    "a block on one line": (f"if a: {R}\n", "if a: pass\n"),
    "two on one line": (f"if a: {R}; {R}\n", "if a: pass\n"),
    "only comments beside it": (f"if a:\n    # why\n    {R}\n", "if a:\n    # why\n    pass\n"),
    "behind another statement": (f"a = 1; {R}\n", "a = 1\n"),
    "before another statement": (f"{R}; a = 1\n", "a = 1\n"),
    "between two": (f"b = 1; {R}; a = 1\n", "b = 1; a = 1\n"),
    "two behind another": (f"b = 1; {R}; {R}\n", "b = 1\n"),
    "two alone": (f"a = 1\n{R}; {R}\nb = 1\n", "a = 1\nb = 1\n"),
    "with a semicolon": (f"a = 1\n{R};\nb = 1\n", "a = 1\nb = 1\n"),
    "with a comment of its own": (f"a = 1\n{R}  # why\n", "a = 1\n# why\n"),
    "a string with an annotation behind it": (f"a = 1\n{R}  # @nni.report_final_result(b)\nc\n", "a = 1\nc\n"),
    "at the end without a newline": (f"a = 1\n{R}", "a = 1"),
    "a comment at the end without a newline": (f"a = 1\n# {V[:0]}@nni.report_final_result(a)", "a = 1"),
    "two at the end without a newline": (f"a = 1\n{R}\n# @nni.report_final_result(a)", "a = 1\n"),
    "two lines without a newline": (f"{R}\n{R}", ""),
    "nothing else in the file": (f"{R}\n", ""),
    "CRLF and tabs": (f"if 1:\r\n\t{R}\r\n\ta = 1\t# @nni.uniform(0, 1)\r\n", "if 1:\r\n\ta = 1\r\n"),
    "a form feed before it": (f"a = 1\n\f{R}\nb = 1\n", "a = 1\n\fb = 1\n"),
    "get_next_parameter": ("'''@nni.get_next_parameter()'''\na = 1\n", "a = 1\n"),
    "switched off": ("# # @nni.uniform(0, 1)\nb = 1  # @nni.uniform(0, 1)\n", "# # @nni.uniform(0, 1)\nb = 1\n"),
    "in the midst of a call": ("f(\n    a=1,  # @nni.uniform(0, 1)\n)\n", "f(\n    a=1,\n)\n"),
    "reports by hand stay": (
        "import nni\nnni.report_final_result(a)  # @nni.report_intermediate_result(a)\n",
        "import nni\nnni.report_final_result(a)\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), ROWS.values(), ids=ROWS)
def test_annotations_are_taken_out_like_this(before, after):
    """What is left is the plain script, its blocks whole, with no blanks left behind."""
    assert with_defaults(before.encode(), "m", {}, path="m.py", strip=True).code == after.encode()
