"""Whether what a study found is true: its best trials and the defaults, run again with fresh seeds."""

from annotate.confirm.seeding import is_seed, reseeded, seed_literals, seed_option
from annotate.confirm.verdict import Outcome, Verdict, verdicts

__all__ = ["Outcome", "Verdict", "is_seed", "reseeded", "seed_literals", "seed_option", "verdicts"]
