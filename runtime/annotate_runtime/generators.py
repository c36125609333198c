"""Random generators in a forked trial are what they would be in a fresh process.

One that the script has seeded before the fork goes on from where it stands, the same in every trial.
One that nobody has seeded would have begun anywhere, and begins anew in each: Python's `random` and
instances of it, numpy's global generator and every `default_rng()`, torch's. Those of numba's compiled code
begin anew in every child, whoever has seeded them, and do not tell: once used, they are a reason not to fork.

Which is which is noted as it happens: `random.Random.seed` and `secrets.randbits` (where numpy gets its
entropy) are watched from the moment that their module is imported, torch's own seed is read then.
"""

from __future__ import annotations

import gc
import sys

from annotate_runtime.redirect import after_import

TYPE_CHECKING = False
if TYPE_CHECKING:
    import random
    import weakref
    from collections.abc import Callable
    from typing import Any


class Generators:
    """Watches from its making; `find` before the fork, `freshen` in the child."""

    def __init__(self) -> None:
        self._unseeded: set[random.Random] | weakref.WeakSet[random.Random] = set()
        self._entropy: set[int] = set()
        self._torch_seed: int | None = None
        self._numpy: list[Any] = []
        self._python_state: Any = None
        self._fresh_python: list[random.Random] = []
        self._numba: list[tuple[Callable[[Any], Any], Any, Any]] = []
        after_import("random", self._watch_python)
        after_import("secrets", self._watch_numpy)
        after_import("torch", self._watch_torch)
        after_import("numba._helperlib", self._watch_numba)

    def keep(self, action: Callable[[], None]) -> None:
        """Do something that is not the script's and leave its generators as they were."""
        python, numpy, torch = (sys.modules.get(name) for name in ("random", "numpy.random", "torch"))
        python_state = python.getstate() if python is not None else None
        numpy_state = numpy.get_state() if numpy is not None else None
        torch_state = torch.get_rng_state() if torch is not None else None
        unseeded = set(self._unseeded)
        action()
        if python is not None:
            python.setstate(python_state)
        if numpy is not None:
            numpy.set_state(numpy_state)
        if torch is not None:
            torch.set_rng_state(torch_state)
        for generator in unseeded:
            self._unseeded.add(generator)

    def unsafe(self) -> str | None:
        """Why this process must not be forked, in words for the user."""
        if any(state(pointer) != begun_with for state, pointer, begun_with in self._numba):
            return "numba's random generator is used before the first parameter is asked for"
        return None

    def find(self) -> None:
        """Look at what there is to keep or to freshen; before `gc.freeze`, which hides numpy's generators."""
        python = sys.modules.get("random")
        if python is not None and python._inst not in self._unseeded:
            self._python_state = python.getstate()
        self._fresh_python = [own for own in self._unseeded if python is None or own is not python._inst]
        numpy = sys.modules.get("numpy.random")
        if numpy is None:
            return
        things = gc.get_objects()
        kinds = {
            kind for kind in set(map(type, things)) if issubclass(kind, (numpy.Generator, numpy.RandomState))
        }
        owners = [thing for thing in things if type(thing) in kinds]
        owners.append(numpy.mtrand._rand)
        bits = {id(bit): bit for bit in map(_bit_generator, owners)}
        self._numpy = [bit for bit in bits.values() if self._is_fresh(bit)]

    def freshen(self) -> None:
        """Begin anew what nobody has seeded."""
        if self._python_state is not None:  # `random` seeds itself anew in every child of a fork
            sys.modules["random"].setstate(self._python_state)
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

    def _watch_python(self, module: Any) -> None:
        import weakref

        if not hasattr(module, "_inst"):  # a module of the user's that has this name
            return
        generator = module.Random
        self._unseeded = unseeded = weakref.WeakSet([module._inst])
        seed, setstate = generator.seed, generator.setstate

        def noted_seed(self: random.Random, a: Any = None, version: int = 2) -> None:
            seed(self, a, version)
            (unseeded.add if a is None else unseeded.discard)(self)

        def noted_setstate(self: random.Random, state: Any) -> None:
            setstate(self, state)
            unseeded.discard(self)

        generator.seed, generator.setstate = noted_seed, noted_setstate
        module.seed, module.setstate = module._inst.seed, module._inst.setstate

    def _watch_numpy(self, module: Any) -> None:
        randbits = getattr(module, "randbits", None)
        if randbits is None:
            return

        def noted(k: int) -> int:
            bits: int = randbits(k)
            self._entropy.add(bits)
            return bits

        module.randbits = noted

    def _watch_torch(self, module: Any) -> None:
        if hasattr(module, "initial_seed"):
            self._torch_seed = module.initial_seed()

    def _watch_numba(self, module: Any) -> None:
        if hasattr(module, "rnd_get_state"):
            pointers = module.rnd_get_np_state_ptr(), module.rnd_get_py_state_ptr()
            self._numba = [(module.rnd_get_state, each, module.rnd_get_state(each)) for each in pointers]


def _bit_generator(owner: Any) -> Any:
    """Of a `Generator`, or of a `RandomState`, which has it under another name."""
    return getattr(owner, "bit_generator", None) or getattr(owner, "_bit_generator", None)
