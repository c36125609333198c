"""NNI's `mutable_layers`, classic mode: blocks of a layer to choose and inputs to take.

    @nni.mutable_layers({
        layer_choice: [conv(size=1), conv(size=3)],
        fixed_inputs: [x],
        optional_inputs: [a, b],
        optional_input_size: 1,
        layer_output: out
    })

The chosen layer is called as `conv([[x], [b]], size=3)`, NNI's convention, and its value is `out`. Where that
very call is assigned to `out` behind the annotation, it is the block's default, and runs where no trial chooses.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from annotate.annotations.calls import Call, parse_expression, unparse

FIELDS: Final = ("layer_choice", "fixed_inputs", "optional_inputs", "optional_input_size", "layer_output")


@dataclass(frozen=True)
class LayerOption:
    """`name` is its source text; it is called as `function([fixed, chosen], keywords)`."""

    name: str
    function: str
    keywords: str


@dataclass(frozen=True)
class Layer:
    """All parts are expressions on one line; `sizes` are the least and the most optional inputs."""

    options: tuple[LayerOption, ...]
    fixed: tuple[str, ...]
    optional: tuple[str, ...]
    sizes: tuple[int, int]
    output: str

    def to_json(self) -> dict[str, Any]:
        """NNI's entry of `search_space.json`."""
        low, high = self.sizes
        return {
            "layer_choice": [option.name for option in self.options],
            "optional_inputs": list(self.optional),
            "optional_input_size": low if low == high else [low, high],
        }


def read_layers(call: Call) -> tuple[Layer, ...]:
    """The layers of a `mutable_layers(...)`. Raises Refusal E114."""
    if not call.node.args or call.node.keywords:
        raise _refuse(call, call.node, "mutable_layers takes one {...} for each layer")
    return tuple(_layer(call, each) for each in call.node.args)


def plain_call(layer: Layer, chosen: Mapping[str, Any]) -> str:
    """What a choice amounts to as plain code. Raises LookupError where the layer has no such option."""
    option = next((each for each in layer.options if each.name == chosen["chosen_layer"]), None)
    if option is None or not {*chosen["chosen_inputs"]} <= {*layer.optional}:
        raise LookupError(f"{chosen} is no choice of this block")
    taken = ", ".join(in_order(layer, chosen)["chosen_inputs"])
    return f"{option.function}([[{', '.join(layer.fixed)}], [{taken}]]{option.keywords})"


def in_order(layer: Layer, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """A choice with its inputs in the block's own order, in which they are given to the layer."""
    places = {name: place for place, name in enumerate(layer.optional)}
    inputs = sorted(chosen["chosen_inputs"], key=lambda name: places.get(name, len(places)))
    return {"chosen_layer": chosen["chosen_layer"], "chosen_inputs": inputs}


def choice_of(layer: Layer, source: str) -> dict[str, Any] | None:
    """The choice that a plain call is, None where it is none: the inverse of `plain_call`."""
    try:
        node = parse_expression(source)
    except SyntaxError:
        return None
    match node:
        case ast.Call(args=[ast.List(elts=[ast.List(), ast.List(elts=inputs)])]):
            taken = [unparse(each) for each in inputs]
        case _:
            return None
    for option in layer.options:
        choice = {"chosen_layer": option.name, "chosen_inputs": taken}
        if {*taken} <= {*layer.optional} and unparse(node) == _normal(plain_call(layer, choice)):
            return choice if layer.sizes[0] <= len(taken) <= layer.sizes[1] else None
    return None


def _normal(source: str) -> str:
    return unparse(parse_expression(source))


def _layer(call: Call, node: ast.expr) -> Layer:
    if not isinstance(node, ast.Dict):
        raise _refuse(call, node, "a layer is written as {layer_choice: [...], layer_output: name}")
    fields: dict[str, ast.expr] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        name = key.id if isinstance(key, ast.Name) else key.value if isinstance(key, ast.Constant) else None
        if not isinstance(name, str) or name not in FIELDS:
            raise _refuse(call, key or value, f"a layer has the fields {', '.join(FIELDS)}")
        if name in fields:
            raise _refuse(call, value, f"the field {name} is there twice")
        fields[name] = value
    for name in ("layer_choice", "layer_output"):
        if name not in fields:
            raise _refuse(call, node, f"a layer needs {name}")
    output = fields["layer_output"]
    if not isinstance(output, (ast.Name, ast.Attribute, ast.Subscript)):
        raise _refuse(call, output, "layer_output is what the layer's value is assigned to")
    options = tuple(_option(call, each) for each in _list(call, fields["layer_choice"]))
    optional = _sources(call, fields.get("optional_inputs"))
    if not options or len({option.name for option in options}) < len(options):
        raise _refuse(call, fields["layer_choice"], "layer_choice needs different layers, at least one")
    if len(set(optional)) < len(optional):
        raise _refuse(call, fields["optional_inputs"], "an optional input is there twice")
    sizes = _sizes(call, fields.get("optional_input_size"), len(optional))
    return Layer(options, _sources(call, fields.get("fixed_inputs")), optional, sizes, unparse(output))


def _option(call: Call, node: ast.expr) -> LayerOption:
    if not isinstance(node, ast.Call) or node.args:
        raise _refuse(
            call, node, "a layer is a call with keyword arguments only: its inputs are put before them"
        )
    keywords = "".join(
        f", **{unparse(k.value)}" if k.arg is None else f", {k.arg}={unparse(k.value)}" for k in node.keywords
    )
    return LayerOption(unparse(node), unparse(node.func), keywords)


def _sizes(call: Call, node: ast.expr | None, inputs: int) -> tuple[int, int]:
    if node is None:
        return (1, 1) if inputs else (0, 0)
    each = node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node, node]
    numbers = [n.value for n in each if isinstance(n, ast.Constant) and type(n.value) is int]
    if len(numbers) != 2 or len(each) != 2 or not 0 <= numbers[0] <= numbers[1] <= inputs:
        raise _refuse(call, node, f"optional_input_size is n or [a, b] with 0 <= a <= b <= {inputs}")
    return numbers[0], numbers[1]


def _list(call: Call, node: ast.expr) -> list[ast.expr]:
    if not isinstance(node, ast.List):
        raise _refuse(call, node, f"{unparse(node)} is not a list")
    return node.elts


def _sources(call: Call, node: ast.expr | None) -> tuple[str, ...]:
    return () if node is None else tuple(unparse(each) for each in _list(call, node))


def _refuse(call: Call, node: ast.expr, cause: str) -> Exception:
    return call.refuse("E114", node, cause, "see `annotate explain E114` for the form")
