"""A trial's values in the user's own source, as its defaults: exact to the byte in all else."""

from annotate.rewrite.defaults import Change, Rewritten, with_defaults
from annotate.rewrite.splices import Splice, spliced
from annotate.rewrite.trials import RewrittenFile, TrialSource, of_trial

__all__ = [
    "Change",
    "Rewritten",
    "RewrittenFile",
    "Splice",
    "TrialSource",
    "of_trial",
    "spliced",
    "with_defaults",
]
