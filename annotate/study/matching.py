"""Parameters known by another's name: of a file, of another study, of the same source as it was.

A key of the space is meant by itself, by its short name, by MODULE/NAME, or by its NAME where no other has
it: a parameter stays the same one when its range changes or its module moves.

>>> resolve("lr", {"train/lr/loguniform": "lr"}), resolve("old/lr/uniform", {"train/lr/loguniform": "lr"})
('train/lr/loguniform', 'train/lr/loguniform')
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from annotate.annotations.names import name_in


def resolve(name: str, names: Mapping[str, str]) -> str | None:
    """The key that `name` means, None for none or several; `names` maps keys to their short names."""
    if name in names:
        return name
    for called in (names.get, _with_module, name_in):
        wanted = name if called == names.get else called(name)
        found = [key for key in names if called(key) == wanted]
        if len(found) == 1:
            return found[0]
    return None


def matched(there: Iterable[str], names: Mapping[str, str]) -> dict[str, str]:
    """The key here for each key there that means one, and that no other key there means too."""
    found = {key: here for key in there if (here := resolve(key, names)) is not None}
    uses = Counter(found.values())
    return {key: here for key, here in found.items() if uses[here] == 1 or key == here}


def _with_module(key: str) -> str:
    module, slash, rest = key.partition("/")
    return f"{module}{slash}{rest.rpartition('/')[0] or rest}"
