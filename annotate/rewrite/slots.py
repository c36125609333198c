"""The places of a file that a key of the space decides, and what is written there for a value.

A choice is written as the option stands in the annotation, a number as Python writes it (the shortest text
that reads back as it), a block of layers as the calls that it amounts to. What stands there already and
means the value is left as it is written: 1e-2 stays 1e-2 for 0.01.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from typing_extensions import assert_never

from annotate.annotations.calls import parse_expression
from annotate.annotations.directives import same_expression
from annotate.annotations.layers import choice_of, in_order, plain_call
from annotate.annotations.samplers import Json, Option
from annotate.instrument.edits import LayersAt, LayerValue, Replacement
from annotate.instrument.matches import default_in
from annotate.instrument.reading import Annotated
from annotate.rewrite.splices import Splice, apart, spliced
from annotate_tuners.exact import exact

_ATOMS = (
    ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp,
    ast.SetComp, ast.JoinedStr,
)  # fmt: skip

_NEVER_BARE = (ast.NamedExpr, ast.Yield, ast.YieldFrom)

_END = re.compile(r"\r\n?|\n")

Place: TypeAlias = Replacement | LayerValue | LayersAt


@dataclass(frozen=True)
class Slot:
    """[start, end) of the file's text. `default` holds the value that stands there, where it can be told.

    `name` tells the slot from others where the key does not: keys of some variables hold a line number.
    `by_hand` is true of the script's own `nni.choice(...)`, which has no default and draws for itself.
    """

    key: str
    name: str
    start: int
    end: int
    line: int
    default: tuple[Json] | None
    place: Place
    by_hand: bool

    @property
    def values(self) -> int:
        """How many slots it is once it has been written to: a block without plain code gets a line for each layer."""
        return len(self.place.layers) if isinstance(self.place, LayersAt) else 1

    def part_of(self, value: Json, number: int = 0) -> Json:
        """What of a key's value stands in this slot, in the layer of that number where it becomes several."""
        match self.place:
            case LayerValue(number=own, layer=layer):
                return in_order(layer, value[f"mutable_layer_{own}"])
            case LayersAt(layers=layers):
                return in_order(layers[number], value[f"mutable_layer_{number}"])
            case Replacement(options=options):
                option = _option(options, value)
                return value if option is None else option.value
            case _:
                assert_never(self.place)


def slots(read: Annotated) -> list[Slot]:
    """Every slot of a file, in the order of the source."""
    found = [*_of_annotations(read), *_by_hand(read)]
    return sorted(found, key=lambda slot: (slot.start, slot.end))


def written(read: Annotated, slot: Slot, value: Json, *, to_stay: bool = True) -> Splice | None:
    """What puts a value into a slot; None where the slot means it already.

    Raises LookupError for what is none of its options and, where its annotation is `to_stay`, for an option that
    the annotation would not find again.
    """
    text = read.source.text
    match slot.place:
        case Replacement(options=options):
            if slot.default is not None and exact(slot.default[0]) == exact(slot.part_of(value)):
                return None
            if not options:
                literal = literal_text(value, text[slot.start : slot.end], read.source.encoding)
                return apart(text, Splice(slot.start, slot.end, literal))
            option = _option(options, value)
            if option is None:
                raise LookupError(f"{value!r} is none of the options that stand there")
            if (
                to_stay
                and slot.place.part
                and not isinstance(parse_expression(f"({option.source})"), ast.Call)
            ):
                raise LookupError(
                    f"{option.source} is no call, and would not be found by its annotation again"
                )
            return _fitting(text, Splice(slot.start, slot.end, option.source), option, part=slot.place.part)
        case LayerValue(layer=layer):
            choice = slot.part_of(value)
            if slot.default is not None and exact(slot.default[0]) == exact(choice):
                return None
            return Splice(slot.start, slot.end, plain_call(layer, choice))
        case LayersAt(layers=layers):
            calls = [
                f"{layer.output} = {plain_call(layer, slot.part_of(value, number))}"
                for number, layer in enumerate(layers)
            ]
            return _below(read, slot, calls)
        case _:
            assert_never(slot.place)


def literal_text(value: Json, instead_of: str = "", encoding: str = "utf-8") -> str:
    """A JSON value as Python source; a string in double quotes where the one that it replaces has them."""
    text = repr(value)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return ascii(value)
    if isinstance(value, str) and text[0] == "'" and instead_of[:1] == '"' and '"' not in value:
        return f'"{text[1:-1]}"'
    return text


def _option(options: Sequence[Option], value: Json) -> Option | None:
    """The option that a value is. Of two Pythons, each may have its own normal form of an expression."""
    for option in options:
        if exact(option.value) == exact(value):
            return option
    syntax = same_expression(value) if isinstance(value, str) else None
    return next((each for each in options if syntax is not None and each.syntax == syntax), None)


def _of_annotations(read: Annotated) -> Iterator[Slot]:
    seen: Counter[str] = Counter()
    for found, each in zip(read.found, read.matches, strict=True):
        seen[found.snippet.text] += 1
        for edit in each.edits:
            match edit:
                case Replacement(value=(start, end)):
                    yield from _slot(read, edit, start, end)
                case LayersAt(start=start, end=end) | LayerValue(start=start, end=end):
                    name = f"{found.snippet.text} {seen[found.snippet.text]}"
                    yield from _slot(read, edit, start, end, name=name)
                case _:
                    pass


def _by_hand(read: Annotated) -> Iterator[Slot]:
    for match in read.by_hand:
        for edit in match.edits:
            if isinstance(edit, Replacement):
                yield from _slot(read, edit, *edit.value, by_hand=True)


def _slot(
    read: Annotated, place: Place, start: int, end: int, *, name: str | None = None, by_hand: bool = False
) -> Iterator[Slot]:
    text = read.source.text[start:end]
    default: tuple[Json] | None = None
    if isinstance(place, Replacement) and not by_hand:
        default = default_in(text, place.options)
    elif isinstance(place, LayerValue):
        choice = choice_of(place.layer, text)
        default = None if choice is None else (choice,)
    line = read.source.position(start)[0]
    yield Slot(place.key, name or place.key, start, end, line, default, place, by_hand)


def _fitting(text: str, splice: Splice, option: Option, *, part: bool) -> Splice:
    """The splice of an option, in parentheses where it would mean something else without them."""
    plain = apart(text, splice)
    node = parse_expression(f"({option.source})")
    is_tuple = isinstance(node, ast.Tuple) and option.source.startswith("(")
    is_constant = isinstance(node, ast.Constant) and not text[splice.end :].lstrip().startswith(".")
    fits = isinstance(node, _ATOMS) or is_tuple or is_constant
    if fits or not (part or isinstance(node, _NEVER_BARE)):
        return plain
    safe = Splice(splice.start, splice.end, f"({option.source})")
    meant = _tree(spliced(text, [safe]))
    return plain if meant is not None and _tree(spliced(text, [plain])) == meant else safe


def _tree(text: str) -> str | None:
    """What two texts share that are the same program; None for what this Python cannot read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.dump(ast.parse(text))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _below(read: Annotated, slot: Slot, statements: list[str]) -> Splice:
    """Statements on lines of their own below an annotation, indented as it is."""
    source = read.source
    found = next(
        each for each, match in zip(read.found, read.matches, strict=True) if slot.place in match.edits
    )
    last = found.snippet.last_line
    line, column = source.position(slot.start)
    indent = source.line(line)[:column]
    at = source.starts[last] if last < len(source.starts) else len(source.text)
    end = _END.search(source.text)
    newline = end[0] if end else "\n"
    if at == len(source.text) and not source.text.endswith(("\r", "\n")):
        return Splice(at, at, "".join(f"{newline}{indent}{each}" for each in statements))
    return Splice(at, at, "".join(f"{indent}{each}{newline}" for each in statements))
