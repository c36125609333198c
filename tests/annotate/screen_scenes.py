"""The moments of a study that are held as pictures in `screen_golden`.

python -m tests.annotate.screen_scenes      writes them anew, for a person to look at and commit
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from annotate.screen import View, render
from annotate.screen.view import Kill
from annotate.study.snapshot import Machine, StudySnapshot
from tests.annotate.screen_studies import START, study

GOLDEN = Path(__file__).parent / "screen_golden"
SIZES = ((80, 24), (160, 50), (60, 15), (200, 60))
KEYS = View(mode="keys")


def scenes() -> Mapping[str, tuple[StudySnapshot, View]]:
    """Name to what is shown and how."""
    middle = study(finished=47, budget=100)
    empty = dataclasses.replace(
        study(finished=0, jobs=0, waiting=0), jobs=4, now=START + 0.4, machine=Machine(), notices=()
    )
    wide = dataclasses.replace(
        study(finished=13),
        script="训练.py",
        study="2026-11-21-0423-训练",
        names={key: f"参数{i}" for i, key in enumerate(middle.names)},
        metric="精度",
    )
    ended = dataclasses.replace(study(finished=24, jobs=0, waiting=0), phase="finished")
    log = tuple(f"epoch {epoch}  loss {2.3 / (epoch + 1):.4f}" for epoch in range(40))
    return {
        "start": (empty, KEYS),
        "middle": (middle, KEYS),
        "wide-characters": (wide, KEYS),
        "finished": (ended, View()),
        "opened": (middle, View(mode="keys", selected=43, opened=True, log=log)),
        "asking": (middle, View(mode="keys", selected=48, asked=Kill(48))),
        "help": (middle, View(mode="keys", help=True)),
    }


def picture(name: str, width: int, height: int) -> str:
    """A scene as text, as it stands in its file."""
    snapshot, view = scenes()[name]
    return render(snapshot, width=width, height=height, view=view).text + "\n"


def path(name: str, width: int, height: int) -> Path:
    """The file of a picture."""
    return GOLDEN / f"{name}-{width}x{height}.txt"


if __name__ == "__main__":
    for scene in scenes():
        for size in SIZES:
            path(scene, *size).write_text(picture(scene, *size), encoding="utf-8")
