"""What a user can get wrong about a space or a tuner; the host turns these into its own errors.

TunerError                    one sentence, ready to be shown
├── InvalidSpace              a search space that cannot be read
├── UnknownName               a tuner or pruner there is not, with the nearest known name
├── InvalidArguments          class arguments that the named tuner or pruner does not take
├── MissingPackage            a tuner of an extra that is not installed
├── OneMetricOnly             a tuner that knows one metric, and a study that has several
└── UnsatisfiableConstraint   no point of the space keeps the constraint
"""

from __future__ import annotations


class TunerError(ValueError):
    """A user's mistake about a space, a tuner or a pruner."""


class InvalidSpace(TunerError):
    """What is wrong with a space, naming the key."""


class UnknownName(TunerError):
    """No tuner or pruner of that name; says the nearest one."""


class InvalidArguments(TunerError):
    """Class arguments that the named tuner or pruner does not take."""


class MissingPackage(TunerError):
    """The named tuner needs a package that is not installed; says which extra brings it."""


class OneMetricOnly(TunerError):
    """The study has several metrics, and the tuner knows one only."""


class UnsatisfiableConstraint(TunerError):
    """No point of the space keeps the constraint."""
