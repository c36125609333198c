"""Keys `MODULE/NAME/TYPE` and the shortest names by which people know them.

>>> short_names(["train/lr/uniform", "train/width/choice", "models.net/width/choice"])
{'train/lr/uniform': 'lr', 'train/width/choice': 'train/width', 'models.net/width/choice': 'net/width'}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator


def key_of(module: str, name: str, kind: str) -> str:
    """NNI's key of a variable."""
    return f"{module}/{name}/{kind}"


def name_in(key: str) -> str:
    """NAME of a key; a key of another form is its own name."""
    return _parts(key)[1]


def variable_of(key: str) -> str:
    """MODULE/NAME of a key, which stay when its sampler becomes another; a key of another form stays as it is."""
    module, name, kind = _parts(key)
    return f"{module}/{name}" if kind else key


def short_names(keys: Iterable[str]) -> dict[str, str]:
    """The shortest suffix of each key that no other key shares: NAME, then with modules, then with TYPE."""
    listed = list(dict.fromkeys(keys))
    candidates = {key: list(_suffixes(key)) for key in listed}
    uses = Counter(name for names in candidates.values() for name in set(names))
    return {key: next((name for name in candidates[key] if uses[name] == 1), key) for key in listed}


def _suffixes(key: str) -> Iterator[str]:
    module, name, kind = _parts(key)
    yield name
    if kind:
        parts = module.split(".")
        for length in range(1, len(parts) + 1):
            yield f"{'.'.join(parts[-length:])}/{name}"
        yield f"{name}/{kind}"
    yield key


def _parts(key: str) -> tuple[str, str, str]:
    module, slash, rest = key.partition("/")
    name, other, kind = rest.rpartition("/")
    return (module, name, kind) if slash and other else ("", key, "")
