"""NNI's smart parameters: `nni.choice(...)` written by hand as a call in the script itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from annotate.annotations.calls import Call, Refusal, parse_expression
from annotate.annotations.diagnostics import Diagnostic
from annotate.annotations.names import key_of
from annotate.annotations.samplers import SAMPLERS, read_sampler
from annotate.instrument.edits import Replacement
from annotate.instrument.matches import Match
from annotate.instrument.sites import VariableSite
from annotate.instrument.source import Source
from annotate.instrument.tree import Tree


def hand_written(tree: Tree, source: Source, module: str) -> Iterator[Match]:
    """NNI's smart parameters: `nni.choice(...)` as a call in the script itself."""
    for node in tree.nodes():
        match node:
            case cst.Call(func=cst.Attribute(value=cst.Name(value="nni"), attr=cst.Name(value=kind))) if (
                kind in SAMPLERS
            ):
                pass
            case _:
                continue
        start, end = tree.inner(node)
        text = "\n".join(tree.text(node).splitlines())
        tree_of = parse_expression(text)
        assert isinstance(tree_of, ast.Call)
        call = Call("@" + text, kind, 5, len(text) + 1, tree_of)
        names = [k.value for k in tree_of.keywords if k.arg == "name"]
        span = source.stretch(start, end)
        try:
            sampler = read_sampler(call, tree_of, kind, tree_of.args)
        except Refusal as refusal:
            yield Match(
                diagnostics=(
                    Diagnostic("W410", span, f"this call is left as it is: {refusal.cause}", refusal.remedy),
                )
            )
            continue
        label = names[0].value if names and isinstance(names[0], ast.Constant) else None
        last = tree_of.args[-1].lineno + source.position(start)[0] - 1
        name = label if isinstance(label, str) else f"__line{last}"
        key = key_of(module, name, kind)
        site = VariableSite(key, name, sampler.distribution, None, span, sampler.written, swallows=None)
        yield Match((Replacement(start, end, key, sampler.options, bare=False, value=(start, end)),), site)
