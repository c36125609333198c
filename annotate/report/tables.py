"""The sections that are read rather than looked at: what was run again, failures, the search space, the source."""

from __future__ import annotations

from html import escape

from annotate.report import failures
from annotate.report.subject import Subject
from annotate.report.words import many, number, parameter
from annotate.trial import TrialState


def confirmed(subject: Subject) -> str:
    """What the best trials and the defaults came to with fresh seeds."""
    values = {trial.number: trial.value for trial in subject.trials}
    base = subject.baseline
    parts = [
        "<p>The best of a study is flattered by having been chosen. These were run again with fresh seeds.</p>"
    ]
    for each in subject.confirmed:
        rows = []
        for run in each.runs:
            number_of = run.trial if run.trial is not None else base.number if base else None
            value = values.get(number_of) if number_of is not None else None
            name = "defaults" if run.trial is None else f"trial {run.trial}"
            link = f'<a href="#trial-{number_of}">{name}</a>' if number_of in values else name
            rows.append(
                f"<tr><th scope=row>{link}</th><td>{number(value) if value is not None else ''}</td>"
                f"<td>{escape(run.reached)}</td><td>{escape(run.verdict)}</td></tr>"
            )
        columns = "".join(
            f"<th scope=col>{word}</th>" for word in ("", "in the study", "again", "against the defaults")
        )
        parts.append(
            f'<div class="scroll again"><table><thead><tr>{columns}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
            f'<p class="note"><code>{escape(each.command)}</code></p>'
        )
    return "".join(parts) + (
        '<p class="note">± is the standard error. Two-sided paired t-test by seed, p corrected by Holm\'s method for '
        "the trials of one command.</p>"
    )


def failed_groups(subject: Subject, groups: list[failures.Group]) -> str:
    """The ways to fail, each with its trials and what one of them said last."""
    total = subject.count(TrialState.FAILED)
    parts = [f"<p>{many(total, 'trial')} failed, in {many(len(groups), 'way')}.</p>"]
    for group in groups:
        links = ", ".join(f'<a href="#trial-{n}">{n}</a>' for n in group.numbers[:12])
        more = f" and {len(group.numbers) - 12:,} more" if len(group.numbers) > 12 else ""
        shown = next((n for n in group.numbers if subject.logs.get(n)), None)
        log = (
            f"<details><summary>What trial {shown} said last</summary><pre>{escape(subject.logs[shown])}</pre></details>"
            if shown is not None
            else ""
        )
        parts.append(
            f'<div class="failure"><p><b>{many(len(group.numbers), "trial")}</b> '
            f'<span class="reason">{escape(group.reason)}</span> '
            f"<code>{escape(group.said) or 'no message'}</code></p><p>{links}{more}</p>{log}</div>"
        )
    return "".join(parts)


def space(subject: Subject) -> str:
    """The search space, as the study has it."""
    rows = []
    for key, entry in subject.meta.space.items():
        kind, arguments = entry.get("_type", "?"), entry.get("_value")
        listed = arguments if isinstance(arguments, list) else [arguments]
        default = parameter(subject.meta.defaults[key]) if key in subject.meta.defaults else ""
        written = ", ".join(map(parameter, listed))
        rows.append(
            f"<tr><th scope=row>{escape(subject.name(key))}</th><td>{escape(str(kind))}</td>"
            f"<td>{escape(written)}</td><td>{escape(default)}</td><td><code>{escape(key)}</code></td></tr>"
        )
    if not rows:
        return '<p class="nothing">The search space is empty.</p>'
    columns = "".join(
        f"<th scope=col>{word}</th>" for word in ("parameter", "kind", "values", "default", "key")
    )
    return f'<div class="scroll space"><table><thead><tr>{columns}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def source(subject: Subject, diff: str) -> str:
    """What the best trial changes in the source, line by line."""
    best = subject.best
    who = f"trial {best.number}" if best else "the best trial"
    remarks = "".join(f"<p>{escape(remark)}</p>" for remark in subject.elsewhere)
    if not diff:
        return remarks or f"<p>{who[:1].upper()}{who[1:]} ran with the values that stand in the source.</p>"
    kinds = {"+": "added", "-": "removed", "@": "place"}
    lines = []
    for line in diff.rstrip("\n").split("\n"):
        kind = "file" if line.startswith(("--- ", "+++ ")) else kinds.get(line[:1], "")
        lines.append(f'<span class="{kind}">{escape(line)}\n</span>')
    apply = f"annotate apply {best.number} --study {subject.meta.study}" if best else "annotate apply"
    return (
        f"{remarks}<p>The source with the values of {who} in place of its defaults; "
        f"<code>{escape(apply)}</code> writes them there.</p><pre class=diff>{''.join(lines)}</pre>"
    )
