"""From the text of an annotation to one call: where its parentheses close, and its syntax tree.

>>> call = read_call("@nni.uniform(0, 1)  keep below 1")
>>> call.head, call.end
('uniform', 18)
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass

_HEAD = re.compile(r"@nni\.[ \t]*(?P<name>[A-Za-z_]\w*)[ \t]*\(")
_TOKEN = re.compile(
    r"""(?P<string>(?:\b[rRbBuUfF]{1,2})?(?:'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"
        |'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"))
      |(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<comment>\#[^\n]*)""",
    re.DOTALL | re.VERBOSE,
)
PAIRS = {"(": ")", "[": "]", "{": "}"}


class Refusal(Exception):  # noqa: N818 - it is a verdict on the text, caught where a text is read
    """Why a text is no annotation: a code, a stretch of the text, the cause and the remedy."""

    def __init__(self, code: str, start: int, end: int, cause: str, remedy: str | None = None) -> None:
        super().__init__(cause)
        self.code, self.start, self.end, self.cause, self.remedy = code, start, end, cause, remedy


@dataclass(frozen=True)
class Call:
    """`text[:end]` is `@nni.head(...)`; `node` is its tree, whose positions are those of `text[1:end]`."""

    text: str
    head: str
    head_start: int
    end: int
    node: ast.Call

    def span(self, node: ast.expr) -> tuple[int, int]:
        """Where a node of the tree stands in the text: [start, end) in characters."""
        end_line = node.lineno if node.end_lineno is None else node.end_lineno
        end_column = node.col_offset if node.end_col_offset is None else node.end_col_offset
        return self._offset(node.lineno, node.col_offset), self._offset(end_line, end_column)

    def source(self, node: ast.expr) -> str:
        """An expression as written, or written anew where it runs over lines: always one line."""
        start, end = self.span(node)
        written = self.text[start:end]
        return (
            unparse(node) if re.search(r"[\r\n#]", written) or isinstance(node, ast.GeneratorExp) else written
        )

    def refuse(self, code: str, node: ast.expr, cause: str, remedy: str | None = None) -> Refusal:
        return Refusal(code, *self.span(node), cause, remedy)

    def _offset(self, line: int, column: int) -> int:
        """Of a position of the tree: 1-based line, 0-based column in bytes of UTF-8."""
        lines = self.text[1 : self.end].split("\n")
        before = sum(len(each) + 1 for each in lines[: line - 1])
        return 1 + before + len(lines[line - 1].encode()[:column].decode())


def is_call(text: str) -> bool:
    """Whether a text begins as an annotation's call does."""
    return _HEAD.match(text) is not None


def call_end(text: str) -> int | None:
    """Behind the call that a text begins with, None where it does not close or is none."""
    head = _HEAD.match(text)
    return None if head is None else _close(text, head.end() - 1)


def is_open(text: str) -> bool:
    """Whether a text begins as a call whose parentheses are still open at its end."""
    return is_call(text) and call_end(text) is None


def read_call(text: str) -> Call:
    """The call at the beginning of a text. Raises Refusal: E101 not a call, E102 unbalanced, E103 syntax."""
    head = _HEAD.match(text)
    if head is None:
        raise Refusal(
            "E101", 0, _first_line_length(text), "an annotation is a call, @nni.DIRECTIVE(...)",
            "write the directive's name and its arguments in parentheses",
        )  # fmt: skip
    end = _close(text, head.end() - 1)
    if end is None:
        raise Refusal(
            "E102", head.start(), _first_line_length(text), "the parentheses of this annotation are not balanced",
            "close them; a comment may go on in the next comment line",
        )  # fmt: skip
    try:
        node = parse_expression(text[1:end])
    except SyntaxError as error:
        start = 1 if error.lineno is None else _line_start(text, error.lineno) + (error.offset or 1)
        start = min(max(start, 1), end - 1)
        raise Refusal("E103", start, start + 1, f"this is not a Python expression: {error.msg}") from None
    if not isinstance(node, ast.Call):
        raise Refusal("E103", 0, end, "this annotation is not one call")
    return Call(text, head["name"], head.start("name"), end, node)


def parse_expression(text: str) -> ast.expr:
    """The tree of one expression, with no warning printed. Raises SyntaxError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text, mode="eval").body
        except ValueError as error:  # a null character
            raise SyntaxError(str(error)) from error


def unparse(node: ast.AST) -> str:
    """An expression on one line, in the normal form that NNI's keys have."""
    return ast.unparse(node)


def _close(text: str, opened: int) -> int | None:
    """Behind the bracket that closes the one at `opened`, None when nothing closes it."""
    stack: list[str] = []
    for token in _TOKEN.finditer(text, opened):
        if token["open"]:
            stack.append(PAIRS[token["open"]])
        elif token["close"]:
            if stack.pop() != token["close"]:
                return None
            if not stack:
                return token.end()
    return None


def _line_start(text: str, line: int) -> int:
    return sum(len(each) + 1 for each in text.split("\n")[: line - 1])


def _first_line_length(text: str) -> int:
    return len(text.partition("\n")[0])
