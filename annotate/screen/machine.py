"""Bars for the cores, the memory and the GPUs."""

from __future__ import annotations

from rich.style import Style

from annotate.screen import charts
from annotate.screen.paint import (
    ACTIVE,
    BAD,
    BASELINE,
    BOLD,
    DIM,
    GOOD,
    Block,
    Line,
    put,
    shape,
    width_of,
)
from annotate.screen.words import clean, percent, size
from annotate.study.snapshot import GpuReading, StudySnapshot


def machine(snapshot: StudySnapshot, width: int) -> Block:
    """A bar for the cores, one for the memory, one for each GPU."""
    load = snapshot.machine
    wide = max(6, min(24, width - 48))
    lines: Block = []
    if load.cpu:
        share = sum(load.cpu) / len(load.cpu)
        cores = "".join("▁▂▃▄▅▆▇█"[min(7, int(core * 8))] for core in load.cpu)
        lines.append(
            _gauge("cpu", share, wide, cores if len(cores) <= width - wide - 16 else f"{len(cores)} cores")
        )
    if load.memory_total:
        note = f"{size(load.memory_used)} of {size(load.memory_total)}"
        share = load.memory_used / load.memory_total
        lines.append(_gauge("mem", share, wide, note, _pressure(share)))
    for gpu in load.gpus:
        lines.append(_gpu(gpu, wide))
    return shape(lines, width)


def _gpu(gpu: GpuReading, wide: int) -> Line:
    share = gpu.utilization if gpu.utilization is not None else gpu.memory_used / max(1, gpu.memory_total)
    note = f"{size(gpu.memory_used)} of {size(gpu.memory_total)}  {clean(gpu.holder) or 'free'}"
    return _gauge(f"gpu {gpu.index}", share, wide, note)


def _gauge(name: str, share: float, wide: int, note: str, style: Style = ACTIVE) -> Line:
    return [
        put(f" {name:<6}"), put(charts.bar(share, wide), style), put("▏", DIM),
        put(f"{percent(share):>6}", BOLD), put(f"  {note}", DIM),
    ]  # fmt: skip


def machine_line(snapshot: StudySnapshot, width: int) -> Line | None:
    """The same in one line, for a small screen; None where nothing was read."""
    load = snapshot.machine
    pieces: list[tuple[str, float, str]] = []
    if load.cpu:
        pieces.append(("cpu", sum(load.cpu) / len(load.cpu), ""))
    if load.memory_total:
        pieces.append(("mem", load.memory_used / load.memory_total, f" of {size(load.memory_total)}"))
    for gpu in load.gpus:
        share = gpu.utilization if gpu.utilization is not None else gpu.memory_used / max(1, gpu.memory_total)
        pieces.append((f"gpu{gpu.index}", share, f" {size(gpu.memory_used)}"))
    line: Line = [put(" ")]
    for index, (name, share, note) in enumerate(pieces):
        style = _pressure(share) if name == "mem" else ACTIVE
        piece = [
            put(f"{name} ", DIM),
            put(charts.bar(share, 5), style),
            put("▏", DIM),
            put(f"{percent(share)}"),
            put(f"{note if width >= 100 else ''}   ", DIM),
        ]
        if width_of(line) + width_of(piece) > width - 5 and index:
            line.append(put(f"+{len(pieces) - index}", DIM))
            break
        line += piece
    return next(iter(shape([line], width))) if pieces else None


def _pressure(share: float) -> Style:
    """A busy processor is what one wants; a full memory is not."""
    return GOOD if share < 0.7 else BASELINE if share < 0.9 else BAD
