"""What is worth a line to the user about a trial that has ended, beyond its result.

>>> list(remarks(ended, live, meta))
['no final result is reported; the last intermediate one is taken for it']
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from annotate.storage import StudyMeta
from annotate.study.live import Live
from annotate.trial import Trial, TrialState


def remarks(ended: Trial, live: Live, meta: StudyMeta) -> Iterator[str]:
    """Each as one line; the same ones come for other trials too."""
    if told := sorted(ended.unread - meta.space.keys()):
        yield f"the script never read {' or '.join(told)}, which {meta.tuner} gives a meaning"
    if ended.state is TrialState.SUCCEEDED:
        if ended.params and not live.reads:
            yield "a trial asked for none of its parameters, so it ran as the script's own defaults"
        if live.final is None and not meta.metric_pattern:
            yield "no final result is reported; the last intermediate one is taken for it"
    if live.finals > 1:
        yield "a final result is reported several times in a trial, in a loop perhaps; the last counts"
    asked = re.fullmatch("KeyError: '(.+)'", ended.message or "")
    if ended.baseline and ended.state is TrialState.FAILED and asked and asked[1] in meta.space:
        yield f"the script has no default for {asked[1]}; --no-baseline leaves trial 0 out"
