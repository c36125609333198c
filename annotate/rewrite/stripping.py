"""What takes the annotations out of a file: comments, strings, directives; the code that they stand beside stays.

A line that held nothing else goes; no blanks are left behind at the end of a line. The user's own remark behind
an annotation stays, as a comment. A block that would be left empty gets a `pass`.

    lr = 0.1  # @nni.uniform(0, 1)  keep below 1        lr = 0.1  # keep below 1
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from annotate.annotations.calls import call_end
from annotate.annotations.lookalike import has_second
from annotate.instrument.finding import Found
from annotate.instrument.reading import Annotated
from annotate.instrument.source import Source
from annotate.instrument.tree import Range, Statement
from annotate.rewrite.splices import Splice

_BLANKS = " \t\f"
_SEMICOLON = re.compile(r"[ \t\f]*;")


def stripping(read: Annotated) -> list[Splice]:
    """Every splice that it takes."""
    source = read.source
    strings = [found.statement for found in read.found if found.statement is not None]
    doomed = {id(statement) for statement in strings}
    kept = {id(statement) for statement in strings if _holds_its_block(statement, doomed)}
    removed = [_stretch(source, each, doomed - kept) for each in strings if id(each) not in kept]
    splices = [Splice(each.start, each.end, "pass") for each in strings if id(each) in kept]
    for found in read.found:
        if found.comment is None:
            continue
        remark = _remark(found)
        if remark:
            splices.append(Splice(*_comment(source, found), f"# {remark}"))
        else:
            removed.append(_comment(source, found))
    return [*splices, *_apart([_tidy(source, each) for each in _joined(source, removed)])]


def _holds_its_block(statement: Statement, doomed: set[int]) -> bool:
    """Whether it is the first of a block of which nothing else is left."""
    block = statement.block
    return block.owner is not None and statement.index == 0 and all(id(s) in doomed for s in block.statements)


def _comment(source: Source, found: Found) -> Range:
    assert found.comment is not None
    last = found.snippet.last_line
    return found.comment.offset, source.offset(last, len(source.line(last)))


def _remark(found: Found) -> str:
    """What the user wrote behind an annotation on its last line, "" where that was meant as one more annotation."""
    text = found.snippet.text
    end = call_end(text)
    rest = "" if end is None else text[end:].strip()
    return "" if has_second(rest) else rest.lstrip("# ")


def _stretch(source: Source, statement: Statement, doomed: set[int]) -> Range:
    """A string statement with the semicolon that goes with it."""
    siblings = statement.block.statements
    earlier = siblings[: statement.index]
    if any(id(each) not in doomed and each.last == statement.line for each in earlier):
        return earlier[-1].end, statement.end
    follower = siblings[statement.index + 1] if statement.index + 1 < len(siblings) else None
    if follower is not None and follower.line == statement.last:
        return statement.start, follower.start
    semicolon = _SEMICOLON.match(source.text, statement.end)
    return statement.start, semicolon.end() if semicolon else statement.end


def _joined(source: Source, stretches: list[Range]) -> Iterator[Range]:
    """In order, those as one between which there are blanks only."""
    last: Range | None = None
    for start, end in sorted(stretches):
        if last is not None and not source.text[last[1] : start].strip(_BLANKS):
            last = last[0], max(end, last[1])
            continue
        if last is not None:
            yield last
        last = start, end
    if last is not None:
        yield last


def _apart(removals: list[Splice]) -> Iterator[Splice]:
    """In order and without overlap: the last line of a file may take the end of the line before it, which went too."""
    done = 0
    for each in removals:
        yield Splice(max(done, each.start), each.end, "")
        done = each.end


def _tidy(source: Source, stretch: Range) -> Splice:
    """The removal of a stretch, with the line where that holds nothing else, and with the blanks beside it."""
    start, end = stretch
    first, last = source.position(start)[0], source.position(end)[0]
    before = source.text[source.offset(first, 0) : start]
    after = source.text[end : source.offset(last, len(source.line(last)))]
    if after.strip(_BLANKS):
        return Splice(
            start, end if before.strip(_BLANKS) else end + len(after) - len(after.lstrip(_BLANKS)), ""
        )
    end += len(after)
    if before.strip(_BLANKS):
        return Splice(start - len(before) + len(before.rstrip(_BLANKS)), end, "")
    start -= len(before.rpartition("\f")[2])
    if last < len(source.starts):
        return Splice(start, source.starts[last], "")
    line_end = re.search(r"(?:\r\n?|\n)\Z", source.text[:start])
    return Splice(start - len(line_end[0]) if line_end else start, end, "")
