"""Random generators in a forked trial are what they would be in a fresh process.

One that the script has seeded before the fork goes on from where it stands, the same in every trial.
One that nobody has seeded would have begun anywhere, and begins anew in each: Python's `random` and
instances of it, numpy's global generator and every `default_rng()`, torch's.

Which is which is noted as it happens: `random.Random.seed` and `secrets.randbits` (where numpy gets its
entropy) are watched from before the script's first line, torch's own seed is read when it is imported.
"""

from __future__ import annotations

import gc
import random
import secrets
import sys
import weakref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from annotate_runtime.redirect import Finder


class Generators:
    """Watches from its making; `find` before the fork, `freshen` in the child."""

    def __init__(self) -> None:
        self._unseeded: weakref.WeakSet[random.Random] = weakref.WeakSet()
        self._entropy: set[int] = set()
        self._torch_seed: int | None = None
        self._numpy: list[Any] = []
        self._python_state: Any = None
        self._fresh_python: list[random.Random] = []
        self._watch_python()
        self._watch_numpy()
        self._watch_torch()

    def keep(self, action: Callable[[], None]) -> None:
        """Do something that is not the script's and leave its generators as they were."""
        numpy, torch = sys.modules.get("numpy.random"), sys.modules.get("torch")
        python_state = random.getstate()
        numpy_state = numpy.get_state() if numpy is not None else None
        torch_state = torch.get_rng_state() if torch is not None else None
        unseeded = set(self._unseeded)
        action()
        random.setstate(python_state)
        if numpy is not None:
            numpy.set_state(numpy_state)
        if torch is not None:
            torch.set_rng_state(torch_state)
        for generator in unseeded:
            self._unseeded.add(generator)

    def find(self) -> None:
        """Look at what there is to keep or to freshen; before `gc.freeze`, which hides numpy's generators."""
        self._python_state = random.getstate()
        self._fresh_python = list(self._unseeded)
        numpy = sys.modules.get("numpy.random")
        if numpy is None:
            return
        kinds = (numpy.Generator, numpy.RandomState)
        owners = [thing for thing in gc.get_objects() if issubclass(type(thing), kinds)]
        owners.append(numpy.mtrand._rand)
        bits = {id(bit): bit for bit in map(_bit_generator, owners)}
        self._numpy = [bit for bit in bits.values() if self._is_fresh(bit)]

    def freshen(self) -> None:
        """Begin anew what nobody has seeded."""
        random.setstate(self._python_state)  # `random` seeds itself anew in every child of a fork
        for generator in self._fresh_python:
            generator.seed()
        for bit in self._numpy:
            bit.__init__()
        torch = sys.modules.get("torch")
        if torch is not None and self._torch_seed is not None and torch.initial_seed() == self._torch_seed:
            torch.default_generator.seed()

    def _is_fresh(self, bit: Any) -> bool:
        sequence = getattr(bit, "seed_seq", None) or getattr(bit, "_seed_seq", None)
        return getattr(sequence, "entropy", None) in self._entropy

    def _watch_python(self) -> None:
        unseeded, seed, setstate = self._unseeded, random.Random.seed, random.Random.setstate

        def noted_seed(self: random.Random, a: Any = None, version: int = 2) -> None:
            seed(self, a, version)
            (unseeded.add if a is None else unseeded.discard)(self)

        def noted_setstate(self: random.Random, state: Any) -> None:
            setstate(self, state)
            unseeded.discard(self)

        random.Random.seed = noted_seed  # type: ignore[method-assign]
        random.Random.setstate = noted_setstate  # type: ignore[method-assign]
        module_level: random.Random = random._inst
        random.seed, random.setstate = module_level.seed, module_level.setstate
        unseeded.add(module_level)

    def _watch_numpy(self) -> None:
        randbits = secrets.randbits

        def noted(k: int) -> int:
            bits = randbits(k)
            self._entropy.add(bits)
            return bits

        secrets.randbits = noted

    def _watch_torch(self) -> None:
        def note(torch: ModuleType) -> None:
            self._torch_seed = torch.initial_seed()

        finder: Finder = sys.meta_path[0]  # type: ignore[assignment]
        finder.hooks["torch"] = note


def _bit_generator(owner: Any) -> Any:
    """Of a `Generator`, or of a `RandomState`, which has it under another name."""
    return getattr(owner, "bit_generator", None) or getattr(owner, "_bit_generator", None)
