"""The sections below the headline: a heading, what it shows in a sentence, and where its chart is drawn.

A section that a study has nothing for says so, or is left out where nobody would miss it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from annotate.report import curves, failures
from annotate.report.axes import Axis
from annotate.report.controls import chart, switch, tick
from annotate.report.fanova import Importance, Outcome, Refused
from annotate.report.subject import Subject
from annotate.report.tables import confirmed, failed_groups, source, space
from annotate.report.timeline import MOST, busy, timeline
from annotate.report.words import many, number

FRONT = 100  # trials of the Pareto front that are listed


@dataclass(frozen=True)
class Section:
    """A section of the page; `name` is its anchor, `body` HTML."""

    name: str
    title: str
    body: str


def sections(subject: Subject, axes: tuple[Axis, ...], outcome: Outcome) -> Iterator[Section]:
    """The sections in their order."""
    if subject.trials:
        yield Section("progress", "Progress", _progress(subject))
        if subject.confirmed:
            yield Section("confirmed", "Run again", confirmed(subject))
        if len(subject.meta.objectives) > 1:
            yield Section("pareto", "Pareto front", _pareto(subject))
        if axes:
            yield Section("importance", "Importance", _importance(subject, outcome))
            yield Section("parallel", "Parameters", _PARALLEL if subject.ranked else _no_success(subject))
            yield Section("slices", "Slices", _SLICES)
        yield Section("curves", "Curves", _curves(subject))
        yield Section("time", "Time", _time(subject))
        yield Section("trials", "Trials", _TRIALS)
    failed = failures.groups(subject.trials)
    if failed:
        yield Section("failures", "Failures", failed_groups(subject, failed))
    yield Section("space", "Search space", space(subject))
    if subject.diff is not None:
        yield Section("source", "Source", source(subject, subject.diff))


def _progress(subject: Subject) -> str:
    better = "highest" if subject.meta.direction == "maximize" else "lowest"
    return (
        f"<p>Every trial, and the {better} result so far. Those without a result stand at the lower edge.</p>"
        f'<div class="controls">{switch("progress-x", "across", {"number": "trials", "time": "time"}, "number")}'
        f"{tick('progress-log', 'logarithmic')}</div>"
        + chart("chart-progress", "Result of every trial and the best so far", 420)
        + '<p class="note" id="note-progress"></p>'
    )


def _importance(subject: Subject, outcome: Outcome) -> str:
    match outcome:
        case Refused(reason):
            return f'<p class="nothing">{escape(reason)}</p>'
        case Importance() as found:
            drawn = f"to {found.drawn:,} trials drawn at random, with replacement, from {found.trials:,} that succeeded"
            filled = (
                f" {escape(', '.join(found.filled))} played no part in some trials; the middle of the range stood "
                "in there."
                if found.filled
                else ""
            )
            return (
                f"<p>How much of the differences in {escape(subject.meta.metric)} each parameter explains by itself, over "
                "the whole search space (fANOVA). The rest is the parameters' interplay.</p>"
                + chart("chart-importance", "Importance of each parameter", 60 + 34 * len(found.shares))
                + f'<p class="note">Mean and standard deviation of {found.times} random forests, each fitted {drawn}. '
                "What lies left of the dashed line cannot be told from a parameter without any effect. "
                f"A tuner looks where it is good, so regions that it left early count for little.{filled}</p>"
            )


_PARALLEL = (
    "<p>A line is a trial, the stronger the better its result. Drag along an axis to keep the lines that pass there, "
    "click on the axis to let go; click on a line for its trial.</p>"
    '<div class="controls">'
    + switch("parallel-top", "top", {"1": "1 %", "5": "5 %", "20": "20 %", "100": "100 %"}, "100")
    + '<span class="note" id="note-parallel" role="status"></span></div>'
    '<div id="lines" class="scroll"></div>'
)

_SLICES = (
    "<p>One parameter at a time: the stronger a point, the later the trial. ▾ was stopped early, a cross at the lower edge failed, ★ is the best trial, ◆ the script's own defaults.</p>"
    '<div class="controls">'
    + switch("slices-y", "against", {"value": "the result", "seconds": "the duration"}, "value")
    + tick("slices-log", "logarithmic")
    + '</div><div id="slice-grid" class="grid"></div><p class="note" id="note-slices"></p>'
)

_TRIALS = (
    '<div class="controls"><label>Search <input type="search" id="search" placeholder="adam failed"></label>'
    '<span class="note" id="note-trials" role="status"></span></div>'
    '<div class="scroll"><table id="table"></table></div>'
    '<p><button type="button" id="more" hidden>Show more</button></p>'
)


def _no_success(subject: Subject) -> str:
    yet = " yet" if subject.running else ""
    return f'<p class="nothing">No trial has succeeded{yet}.</p>'


def _curves(subject: Subject) -> str:
    metrics = curves.metrics(subject)
    if not metrics:
        return '<p class="nothing">No trial reported intermediate results.</p>'
    if any(None in curve.values for metric in metrics for curve in curves.curves(subject, metric)):
        gap = "Where a line is broken, what was reported is no finite number."
    else:
        gap = ""
    held, ran = len(subject.curves), sum(trial.started is not None for trial in subject.trials)
    notes = []
    if held < ran:
        notes.append(
            f"This page holds the curves of {held:,} of {ran:,} trials: the best {curves.BEST}, "
            "and others evenly over the study."
        )
    if curves.longest(subject) > curves.POINTS:
        notes.append(
            f"Long curves are drawn with {curves.POINTS} points, the extremes of every stretch among them."
        )
    called = {"default": subject.meta.metric, **{each.key: each.name for each in subject.meta.objectives}}
    named = {metric: called.get(metric, metric) for metric in metrics}
    choose = (
        '<label>metric <select id="curves-metric">'
        + "".join(f'<option value="{escape(m)}">{escape(word)}</option>' for m, word in named.items())
        + "</select></label>"
        if len(metrics) > 1
        else ""
    )
    return (
        "<p>What trials reported on their way. The best are coloured.</p>"
        f'<div class="controls">{switch("curves-which", "show", {"top": "the best", "all": "all"}, "all")}'
        f"{tick('curves-log', 'logarithmic')}{choose}</div>"
        + chart("chart-curves", "Intermediate results of trials", 420)
        + f'<p class="note">{escape(" ".join([*notes, gap]))}</p>'
    )


def _time(subject: Subject) -> str:
    bars = timeline(subject.trials, subject.until)
    if not bars:
        return '<p class="nothing">No trial has started yet.</p>'
    share = busy(bars, subject.seconds)
    lanes = len({bar.lane for bar in bars})
    said = f"Each lane had a trial for {100 * share:.0f} % of the time. " if share is not None else ""
    cut = f"The last {MOST:,} of {len(bars):,} are drawn. " if len(bars) > MOST else ""
    return (
        "<h3>Durations</h3>"
        + chart("chart-durations", "Duration of every trial", 300)
        + '<p class="note" id="note-durations"></p>'
        + "<h3>Who ran where, and when</h3>"
        + chart("chart-timeline", "Timeline of the trials in lanes", min(900, 90 + 30 * lanes))
        + f'<p class="note">{escape(said + cut)}Of a trial that ran more than once, the last time.</p>'
    )


def _pareto(subject: Subject) -> str:
    objectives, found = subject.meta.objectives, subject.front
    if not found:
        return _no_success(subject)
    named = ", ".join(f"{escape(each.name)} ({each.direction}d)" for each in objectives)
    choose = ""
    if len(objectives) > 2:
        options = "".join(
            f'<option value="{k}">{escape(each.name)}</option>' for k, each in enumerate(objectives)
        )
        second = options.replace('value="1"', 'value="1" selected')
        choose = (
            f'<div class="controls"><label>across <select id="pareto-x">{options}</select></label>'
            f'<label>upwards <select id="pareto-y">{second}</select></label></div>'
        )
    rows = "".join(
        f'<tr><th scope=row><a href="#trial-{trial.number}">{trial.number}</a></th>'
        + "".join(f"<td>{number(value)}</td>" for value in trial.values)
        + "</tr>"
        for trial in found[:FRONT]
    )
    columns = "".join(f"<th scope=col>{escape(each.name)}</th>" for each in objectives)
    more = f'<p class="note">{FRONT} of {len(found):,} are listed.</p>' if len(found) > FRONT else ""
    return (
        f"<p>{many(len(found), 'trial')} that no other one beats in all of {named}.</p>{choose}"
        + chart("chart-pareto", "Trials by two metrics, the Pareto front marked", 420)
        + f'<details><summary>The trials of the front</summary><div class="scroll"><table><thead><tr>'
        f"<th scope=col>trial</th>{columns}</tr></thead><tbody>{rows}</tbody></table></div>{more}</details>"
    )
