"""What a shell offers behind Tab: the studies that are here, the trials of the one that is meant, tuners, pruners.

A completion says nothing when something is wrong: the command itself will.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from annotate.storage import StudyFolder

Offer = list[tuple[str, str]]


def studies(incomplete: str) -> Offer:
    """The ids of the studies here, the latest first."""
    from annotate.errors import StorageError
    from annotate.storage import studies as here

    with contextlib.suppress(StorageError):
        found = [folder.id for folder in reversed(here(Path.cwd()))]
        return [(each, "") for each in found if each.startswith(incomplete)]
    return []


def trials(ctx: typer.Context, incomplete: str) -> Offer:
    """The numbers of the trials of the study that is named, or of the latest one."""
    return [offer for offer in _trials(ctx.params.get("study")) if offer[0].startswith(incomplete)]


def running_trials(ctx: typer.Context, incomplete: str) -> Offer:
    """Those that run or wait."""
    return [
        (number, told)
        for number, told in _trials(ctx.params.get("study"))
        if number.startswith(incomplete) and told.startswith(("running", "queued"))
    ]


def studies_and_trials(ctx: typer.Context, incomplete: str) -> Offer:
    """Either."""
    return [*trials(ctx, incomplete), *studies(incomplete)]


def tuners(incomplete: str) -> Offer:
    """The tuners by name."""
    from annotate_tuners import names

    return [(name, "") for name in names() if name.startswith(incomplete)]


def pruners(incomplete: str) -> Offer:
    """The pruners by name."""
    from annotate_tuners import pruner_names

    return [(name, "") for name in pruner_names() if name.startswith(incomplete)]


def _trials(study: str | None) -> Iterator[tuple[str, str]]:
    from annotate.errors import StorageError
    from annotate.storage import StudyStore, find

    with contextlib.suppress(StorageError):
        folder: StudyFolder = find(Path.cwd(), study)
        with StudyStore.open(folder.database, read_only=True) as store:
            for trial in store.trials():
                value = "" if trial.value is None else f" {trial.value:.4g}"
                yield str(trial.number), f"{trial.state.value}{value}"
