"""Warnings about a file whose annotations are all legal, and will still cost somebody a night."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import libcst as cst

from annotate.annotations.diagnostics import Diagnostic, Span
from annotate.annotations.directives import FINAL
from annotate.annotations.samplers import Json, same_json
from annotate.instrument.blocks import ancestors, is_terminator
from annotate.instrument.matches import Match
from annotate.instrument.sites import ReportSite, VariableSite
from annotate.instrument.tree import Block, Tree
from annotate_tuners.space import Choice, Distribution, RandInt, Uniform

_DECADES = 100.0


def check_file(tree: Tree, matches: Sequence[Match]) -> Iterator[Diagnostic]:
    """All warnings of one file."""
    for match in matches:
        if match.variable is not None:
            yield from _variable(match.variable)
        where = _where(match)
        if where is not None:
            block, index, span = where
            if _unreachable(tree, block, index):
                yield Diagnostic(
                    "W407", span, "this annotation is in code that can never run",
                    "take it out, or what makes the code unreachable",
                )  # fmt: skip
    yield from _twice([m.report for m in matches if m.report is not None and m.report.function == FINAL])


def _variable(site: VariableSite) -> Iterator[Diagnostic]:
    if site.default is not None and _outside(site.distribution, site.default[0]):
        yield Diagnostic(
            "W403", site.span, f"the value that stands in the source, {site.default[0]!r}, is not in {site.written}",
            _single_options(site.written)
            or "widen the range, or change the value; the baseline runs the value as it stands",
        )  # fmt: skip
    match site.distribution:
        case Uniform(low=low, high=high) if low > 0 and high / low >= _DECADES:
            yield Diagnostic(
                "W404", site.span, f"uniform over {high / low:.0f}-fold hardly ever tries the lower decades",
                f"write loguniform({low!r}, {high!r}), which tries every decade alike",
            )  # fmt: skip
        case _:
            pass
    if site.swallows is not None:
        yield Diagnostic(
            "W409", site.span, f"this replaces the whole call, not its {site.swallows}",
            f"put {site.swallows}=... on a line of its own, with the annotation behind it",
        )  # fmt: skip


def _single_options(written: str) -> str | None:
    """What was meant by choice([16, 32]), whose only option is the list."""
    call = ast.parse(written, mode="eval").body
    match call:
        case ast.Call(func=ast.Name("choice"), args=[ast.List(elts=options) | ast.Tuple(elts=options)]):
            return f"write choice({', '.join(map(ast.unparse, options))}); this one has the list for its only option"
    return None


def _outside(distribution: Distribution, value: Json) -> bool:
    if isinstance(distribution, Choice):
        return not any(same_json(value, option) for option in distribution.options)
    low, high = getattr(distribution, "low", None), getattr(distribution, "high", None)
    if low is None or high is None:
        return False
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return True
    return not low <= value <= high or (isinstance(distribution, RandInt) and value == high)


def _where(match: Match) -> tuple[Block, int, Span] | None:
    if match.report is not None:
        return match.report.block, match.report.index, match.report.span
    if match.variable is not None and match.statement is not None:
        return match.statement.block, match.statement.index, match.variable.span
    return None


def _unreachable(tree: Tree, block: Block, index: int) -> bool:
    for each, until in [(block, index), *ancestors(block)]:
        if any(is_terminator(statement.node) for statement in each.statements[:until]):
            return True
        if each.owner is not None and each is each.owner.blocks[0] and _is_off(tree, each.owner.node):
            return True
    return False


def _is_off(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether the body of a statement is switched off by a constant."""
    return isinstance(node, (cst.If, cst.While)) and tree.text(node.test) in ("False", "0", "None")


def _twice(reports: Sequence[ReportSite]) -> Iterator[Diagnostic]:
    for number, later in enumerate(reports):
        for earlier in reports[:number]:
            same = earlier.syntax == later.syntax
            if earlier.block is later.block or (same and _encloses(earlier, later)):
                yield Diagnostic(
                    "W406", later.span, "the final result is reported twice; only the last one counts",
                    "keep one of the two reports", earlier.span,
                )  # fmt: skip
                break


def _encloses(a: ReportSite, b: ReportSite) -> bool:
    """Whether one of the blocks lies in the other, with nothing that leaves it behind its report."""
    for inner, outer in ((a, b), (b, a)):
        if any(block is outer.block for block, _ in ancestors(inner.block)):
            rest = inner.block.statements[inner.index :]
            return not any(is_terminator(statement.node) for statement in rest)
    return False
