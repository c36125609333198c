"""From a value's name and the value itself to a range that people search it in, or to none.

Every range contains the value. A name is known by its words (`self.head_lr`, `cfg["weight-decay"]`,
`batchSize`); a value that does not look like what the name says (a learning rate of 30, the momentum 0.1 of
a batch norm) gets no range.

>>> range_of("self.base_lr", "3e-4")
'loguniform(3e-5, 0.003)'
>>> range_of("BATCH_SIZE", "64")
'choice(16, 32, 64, 128)'
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

Number: TypeAlias = int | float
Words: TypeAlias = tuple[str, ...]

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LAST_PART = re.compile(r"""(?:.*[.\[])?["']?(?P<name>[\w-]+)["']?\]?$""", re.DOTALL)
_NOT_TUNED: Final = frozenset({
    "min", "max", "eval", "evaluation", "test", "val", "valid", "validation", "warmup", "final", "end", "start",
    "log", "save", "print", "current", "last", "total", "patience", "decay", "step", "steps", "scheduler",
})  # fmt: skip
_COUNTS: Final = frozenset({"n", "num", "number", "of", "the", "nb", "max", "train", "training", "total"})
_OPTIMIZERS: Final = ("SGD", "Adam", "AdamW", "RMSprop")
_OTHER_OPTIMIZERS: Final = ("Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "LBFGS", "Lion", "momentum")


def range_of(name: str, value: str, choices: Sequence[str] = ()) -> str | None:
    """A sampler's source for the literal `value` of `name`; `choices` are the sources of what may stand there."""
    words = words_of(name)
    number = _number(value)
    if number is None:
        return _optimizers(value, choices) if _is_optimizer(words) else None
    if choices:
        return None
    for recognised, ranged in _RULES:
        if recognised(words):
            return ranged(number, value)
    return None


def words_of(name: str) -> Words:
    """The words of a name's last part, in lower case: `cfg["headLR"]` is head, lr."""
    part = _LAST_PART.match(name)
    return tuple(word.lower() for word in _WORD.findall(part["name"])) if part else ()


def _is_learning_rate(words: Words) -> bool:
    named = words[-1:] == ("lr",) or words[-2:] == ("learning", "rate") or words == ("lr", "0")
    return named and not _NOT_TUNED & {*words} - {"max", "start"}


def _is_weight_decay(words: Words) -> bool:
    return (
        words[-2:] == ("weight", "decay") or words[-1:] == ("wd",) or words in (("l", "2"), ("l", "2", "reg"))
    )


def _is_momentum(words: Words) -> bool:
    return words[-1:] == ("momentum",) and not {"bn", "batch", "norm", "batchnorm", *_NOT_TUNED} & {*words}


def _is_dropout(words: Words) -> bool:
    rest = {*words} - {"p", "rate", "prob", "probability", "ratio", "path"}
    return ("dropout" in words or ("drop" in rest and rest != {*words})) and not _NOT_TUNED & {*words}


def _is_batch_size(words: Words) -> bool:
    named = words[-2:] == ("batch", "size") or words[-1:] in (("bs",), ("batchsize",))
    return named and not _NOT_TUNED & {*words}


def _is_width(words: Words) -> bool:
    if words in (
        ("d", "model"),
        ("dim", "feedforward"),
        ("nhid",),
        ("units",),
        ("emb", "dim"),
        ("ffn", "dim"),
    ):
        return True
    if words[-2:] in (("embed", "dim"), ("embedding", "dim"), ("num", "units"), ("n", "units")):
        return True
    sized = {"size", "dim", "dims", "units", "features", "channels", "width", "hidden", "neurons", "nodes"}
    return "hidden" in words and words[-1] in sized and not _NOT_TUNED & {*words}


def _is_depth(words: Words) -> bool:
    rest = tuple(word for word in words if word not in _COUNTS)
    return rest in (
        ("depth",),
        ("layers",),
        ("blocks",),
        ("hidden", "layers"),
        ("conv", "layers"),
        ("res", "blocks"),
    )


def _is_epochs(words: Words) -> bool:
    return words[-1:] == ("epochs",) and not _NOT_TUNED & {*words} - {"max", "total"}


def _is_optimizer(words: Words) -> bool:
    return bool(words) and {"optimizer", "optim", "opt"} >= {*words} - {"name", "type", "kind"}


def _decades(value: Number, written: str) -> str | None:
    """One decade to each side, nothing above 1."""
    if value == 0:
        return f"choice({written}, 1e-5, 1e-4, 1e-3)"
    if not 1e-12 < value <= 1:
        return None
    return f"loguniform({_shown(value / 10)}, {_shown(max(value, min(value * 10, 1)))})"


def _rate(value: Number, written: str) -> str | None:
    return None if value == 0 else _decades(value, written)


def _inertia(value: Number, written: str) -> str | None:
    if value == 0:
        return f"choice({written}, 0.5, 0.9, 0.95)"
    if not 0.5 <= value < 1:
        return None
    return f"uniform({written if value < 0.8 else 0.8}, {written if value > 0.99 else 0.99})"


def _fraction(value: Number, _: str) -> str | None:
    return f"uniform(0.0, {0.6 if value <= 0.6 else 0.9})" if 0 <= value <= 0.9 else None


def _powers(value: Number, written: str) -> str | None:
    """Two halvings and one doubling: memory ends before speed does."""
    return (
        _options([_parted(value, 4), _parted(value, 2), value, value * 2], written)
        if _counts(value)
        else None
    )


def _halves(value: Number, written: str) -> str | None:
    return _options([_parted(value, 2), value, value * 2], written) if _counts(value) else None


def _few(value: Number, _: str) -> str | None:
    if not _counts(value) or value > 64:
        return None
    return f"randint({max(1, int(value) // 2)}, {int(value) * 2 + 1})"


def _options(values: Sequence[Number], written: str) -> str:
    value = _number(written)
    kept = sorted({int(each) for each in values if each >= 1})
    return f"choice({', '.join(written if each == value else str(each) for each in kept)})"


def _optimizers(value: str, choices: Sequence[str]) -> str | None:
    """The usual ones, written as this one is; those that the script itself lists where it lists them."""
    try:
        name = ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return None
    if not isinstance(name, str) or name.casefold() not in map(
        str.casefold, (*_OPTIMIZERS, *_OTHER_OPTIMIZERS)
    ):
        return None
    if choices:
        return f"choice({', '.join(choices)})" if value in choices and len(choices) > 1 else None
    style = str.lower if name.islower() else str.upper if name.isupper() and name != "SGD" else str
    quote = value[-1]
    known = [f"{quote}{style(each)}{quote}" for each in _OPTIMIZERS if each.casefold() != name.casefold()]
    return f"choice({', '.join([value, *known])})"


def _number(value: str) -> Number | None:
    try:
        number = ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return None
    return number if type(number) in (int, float) else None


def _counts(value: Number) -> bool:
    return isinstance(value, int) and value >= 1


def _parted(value: Number, parts: int) -> Number:
    return value // parts if value % parts == 0 else 0


def _shown(value: Number) -> str:
    """Three digits, as a person writes them: 0.003, 3e-5."""
    text = f"{value:.3g}"
    if abs(value) < 1e-3 and "e" not in text:
        text = f"{value:.2e}"
    mantissa, e, exponent = text.partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}e{int(exponent)}" if e else mantissa


_RULES: Final[Sequence[tuple[Callable[[Words], bool], Callable[[Number, str], str | None]]]] = (
    (_is_learning_rate, _rate),
    (_is_weight_decay, _decades),
    (_is_momentum, _inertia),
    (_is_dropout, _fraction),
    (_is_batch_size, _powers),
    (_is_width, _halves),
    (_is_depth, _few),
    (_is_epochs, _halves),
)
