"""A trial's values in the user's own source, as its defaults: exact to the byte in all else."""

from annotate.rewrite.checkout import check_out
from annotate.rewrite.copying import LeftOut
from annotate.rewrite.defaults import Change, Rewritten, with_defaults
from annotate.rewrite.present import Conflict, Merged, onto_present, values_only
from annotate.rewrite.rounding import rounded, same_point
from annotate.rewrite.splices import Splice, spliced
from annotate.rewrite.trials import RewrittenFile, TrialSource, of_trial

__all__ = [
    "Change", "Conflict", "LeftOut", "Merged", "Rewritten", "RewrittenFile", "Splice", "TrialSource", "check_out",
    "of_trial", "onto_present", "rounded", "same_point", "spliced", "values_only",
    "with_defaults",
]  # fmt: skip
