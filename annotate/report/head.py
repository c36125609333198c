"""The top of the page: what the study is, what it came to, and what that gained over the script's own defaults."""

from __future__ import annotations

from html import escape

from annotate.report.subject import Subject
from annotate.report.words import amount, many, moment, number, parameter, span
from annotate.trial import Trial, TrialState

_STATES = {
    TrialState.SUCCEEDED: "succeeded",
    TrialState.EARLY_STOPPED: "stopped early",
    TrialState.FAILED: "failed",
    TrialState.CANCELLED: "cancelled",
    TrialState.RUNNING: "running",
    TrialState.QUEUED: "queued",
}


def header(subject: Subject) -> str:
    """The title, and under it the state of things in a line."""
    return (
        f"<h1>{escape(subject.title)}</h1>"
        f'<p class="lead">{escape(_state(subject))}</p>'
        f'<ul class="states" aria-label="Trials by state">{"".join(_counts(subject))}</ul>'
    )


def headline(subject: Subject) -> str:
    """The best value, its gain, its parameters beside the defaults."""
    best = subject.best
    if best is None or best.value is None:
        return f'<p class="nothing">{escape(_nothing(subject))}</p>'
    result = _front(subject, best) if subject.front else _first(subject, best.value, best.number)
    return f'<div class="headline"><div class="result">{result}</div>{_parameters(subject)}</div>'


def facts(subject: Subject) -> str:
    """Where the study comes from, so that it can be done again."""
    meta = subject.meta
    options, jobs = meta.options, meta.options.get("jobs")
    rows = [
        ("Script", meta.script),
        ("Command", " ".join(meta.command)),
        ("Study", meta.study),
        (
            "Metrics" if len(meta.objectives) > 1 else "Metric",
            " and ".join(f"{each.name}, {each.direction}d" for each in meta.objectives)
            + (f" ({meta.direction_from})" if meta.direction_from else ""),
        ),
        ("Tuner", _named(meta.tuner, meta.tuner_args) + (f", {jobs} jobs" if jobs else "")),
        ("Pruner", _named(meta.pruner, meta.pruner_args) if meta.pruner else ""),
        ("Seed", str(meta.seed) if meta.command else ""),
        ("Budget", many(options["trials"], "trial") if options.get("trials") else ""),
        ("Began", moment(meta.created)),
        ("Ran for", span(subject.seconds) if subject.seconds else ""),
        ("Machine", ", ".join(subject.machines)),
        (
            "Git commit",
            meta.git_commit or ("none: the code was in no git repository" if meta.command else ""),
        ),
        ("Python", meta.python),
        ("annotate", meta.version),
    ]
    return (
        '<dl class="facts">'
        + "".join(f"<div><dt>{name}</dt><dd>{_breakable(value)}</dd></div>" for name, value in rows if value)
        + "</dl>"
    )


def _state(subject: Subject) -> str:
    meta = subject.meta
    total = many(len(subject.trials), "trial")
    took = f" in {span(subject.seconds)}" if subject.seconds else ""
    if subject.running:
        return f"{meta.study} · running: {total} so far{took}, as of {moment(subject.now)}"
    cut = subject.count(TrialState.RUNNING)
    if cut:
        return (
            f"{meta.study} · not running: {many(cut, 'trial')} lost with the host; `annotate resume` runs on"
        )
    return f"{meta.study} · {total}{took} · {meta.tuner} · began {moment(meta.created)}"


def _counts(subject: Subject) -> list[str]:
    counted = [(state, word, subject.count(state)) for state, word in _STATES.items()]
    return [
        f'<li class="state {state.value}"><b>{count:,}</b> {word}</li>'
        for state, word, count in counted
        if count
    ]


def _nothing(subject: Subject) -> str:
    if not subject.trials:
        return "No trial has begun yet." if subject.running else "The study has no trials."
    if subject.running:
        return "No trial has succeeded yet."
    return "No trial succeeded, so there is no best one."


def _first(subject: Subject, value: float, trial: int) -> str:
    """The best value of one metric, and what that gained."""
    meta = subject.meta
    return (
        f'<p class="metric">{escape(meta.metric)}, {escape(meta.direction)}d</p>'
        f'<p class="value">{number(value)}</p>'
        f'<p><a href="#trial-{trial}">trial {trial}</a>{_and_default(subject)}</p>{_gained(subject)}'
    )


def _and_default(subject: Subject) -> str:
    base = subject.baseline
    if base is None:
        return "; the script's own defaults were not tried"
    link = f'<a href="#trial-{base.number}">script\'s own defaults</a>'
    if base.value is None or base.state is not TrialState.SUCCEEDED:
        return f"; the {link} have no result"
    return f"; the {link} came to {number(base.value)}"


def _gained(subject: Subject) -> str:
    base, gain = subject.baseline, subject.gain
    if gain is None or base is None or base.value is None:
        return ""
    if len(subject.ranked) == 1:
        return (
            '<p class="gain none">No other trial has succeeded, so there is nothing to compare it with.</p>'
        )
    if gain <= 0:
        return '<p class="gain none">Nothing better than the script\'s own defaults was found.</p>'
    results = len(subject.ranked)
    return (
        f'<p class="gain">{escape(amount(gain, base.value))} better</p>'
        f"{_again(subject) or _unconfirmed(results)}"
    )


def _unconfirmed(results: int) -> str:
    return (
        f'<p class="note">The best of {results:,} results owes something to chance. '
        "<code>annotate confirm</code> runs it again with fresh seeds.</p>"
    )


def _again(subject: Subject) -> str:
    """The verdicts on the best trial."""
    best = subject.best
    said = [
        run.verdict for each in subject.confirmed for run in each.runs if best and run.trial == best.number
    ]
    if not said:
        return ""
    return (
        f'<p class="note"><a href="#confirmed">Run again with fresh seeds</a>: {escape("; ".join(said))}.</p>'
    )


def _front(subject: Subject, best: Trial) -> str:
    """Of several metrics: how many trials none beats, and the one in their middle, metric by metric."""
    objectives, base = subject.meta.objectives, subject.baseline
    before = base.values if base and base is not best and len(base.values) == len(objectives) else ()
    reached = []
    for at, (objective, value) in enumerate(zip(objectives, best.values, strict=True)):
        better = objective.loss(before[at]) - objective.loss(value) if before else 0.0
        word = "better" if better > 0 else "worse"
        gain = f", {amount(better, before[at])} {word}" if better else ", the same" if before else ""
        reached.append(
            f"<li>{escape(objective.name)} {number(value)}{escape(gain)} ({objective.direction}d)</li>"
        )
    who = f'<a href="#trial-{best.number}">trial {best.number}</a>'
    against = ", here against the script's own defaults" if before else ""
    return (
        '<p class="metric">Pareto front</p>'
        f'<p class="value"><a href="#pareto">{many(len(subject.front), "trial")}</a></p>'
        "<p>that no other beats in every metric. "
        f"{who}{', the script&#x27;s own defaults,' if best is base else ''} is in their middle{against}:</p>"
        f'<ul class="further">{"".join(reached)}</ul>{_again(subject)}'
    )


def _parameters(subject: Subject) -> str:
    best = subject.best
    assert best is not None
    ran, defaults = subject.values(best), subject.defaults_then
    rows = []
    for key in subject.meta.space:
        if key not in ran:
            continue
        value, default = parameter(ran[key]), parameter(defaults[key]) if key in defaults else ""
        kind = ' class="changed"' if default and value != default else ""
        rows.append(
            f"<tr{kind}><th scope=row>{escape(subject.name(key))}</th>"
            f"<td>{escape(value)}</td><td>{escape(default)}</td></tr>"
        )
    unused = [subject.name(key) for key in subject.meta.space if key not in ran]
    note = f'<p class="note">Not asked for in this trial: {escape(", ".join(unused))}.</p>' if unused else ""
    return (
        '<div class="parameters"><table><thead><tr><th scope=col>parameter</th><th scope=col>best</th>'
        f"<th scope=col>default</th></tr></thead><tbody>{''.join(rows)}</tbody></table>{note}</div>"
    )


def _named(name: str, arguments: object) -> str:
    if not isinstance(arguments, dict) or not arguments:
        return name
    return f"{name} ({', '.join(f'{key}={parameter(value)}' for key, value in arguments.items())})"


def _breakable(text: str) -> str:
    """A path may be broken behind each of its slashes."""
    return escape(text).replace("/", "/<wbr>")
