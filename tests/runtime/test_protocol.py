"""The wire: what a trial wrote is read once, whole, and whatever else is in the file is passed over."""

import os
import socket

import pytest

from annotate_runtime import encoding
from annotate_runtime.protocol import REPORTS, Read, ReportReader, decode_report

READ = b'{"kind": "read", "key": "lr"}\n'
FOREIGN = b'not json\n\n[1]\n{"kind": "other"}\n\xff\xfe\n'
HUGE = b'{"kind": "final", "time": 1, "step": Infinity, "values": {}}\n' + b"[" * 100_000 + b"\n"


def test_lines_that_are_no_reports_are_passed_over_one_by_one(tmp_path):
    """The reports among them are all there."""
    (tmp_path / REPORTS).write_bytes(FOREIGN + READ + HUGE + READ)
    assert ReportReader(tmp_path).read(limit=1 << 20) == [Read("lr"), Read("lr")]


def test_a_stretch_without_any_report_is_not_the_end(tmp_path):
    """What follows it is found in the same call."""
    (tmp_path / REPORTS).write_bytes(FOREIGN * 100 + READ)
    assert ReportReader(tmp_path).read(limit=64) == [Read("lr")]


def test_a_line_counts_when_it_is_whole(tmp_path):
    """Half a line is left for the next call."""
    path = tmp_path / REPORTS
    path.write_bytes(READ[:10])
    reader = ReportReader(tmp_path)
    assert reader.read() == []
    path.write_bytes(READ)
    assert reader.read() == [Read("lr")]
    assert reader.read() == []


def test_reports_of_another_name_are_not_the_trials(tmp_path):
    """Who has the directory and not the token writes beside it: into `reports`, or under a token of its own."""
    for name in (REPORTS, f"{REPORTS}-old"):
        (tmp_path / name).write_bytes(READ)
    assert ReportReader(tmp_path, "new").read() == []
    (tmp_path / f"{REPORTS}-new").write_bytes(READ)
    assert ReportReader(tmp_path, "new").read() == [Read("lr")]


@pytest.mark.parametrize("kind", ["fifo", "link", "directory", "socket"])
@pytest.mark.timeout(10)
def test_only_a_file_is_read(tmp_path, kind):
    """A pipe is not waited for, and a link is not followed."""
    path, other = tmp_path / REPORTS, tmp_path / "other"
    other.write_bytes(READ)
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "link":
            path.symlink_to(other)
        case "directory":
            path.mkdir()
        case "socket":
            here = socket.socket(socket.AF_UNIX)
            here.bind(str(path))
            here.close()
    assert ReportReader(tmp_path).read() == []


def test_many_lines_at_once_are_what_they_are_one_by_one(tmp_path):
    """Reading them together changes nothing: kinds, NaN, several keys."""
    lines = [
        encoding.measurement("intermediate", 1.5, step, {"default": float("nan"), "a b": float(step)})
        for step in range(999)
    ]
    lines += [encoding.read("x"), encoding.measurement("final", 2.5, 0, {"loss": float("-inf")})]
    (tmp_path / REPORTS).write_bytes(b"".join(lines))
    reader, found = ReportReader(tmp_path), []
    while reports := reader.read(limit=5000):
        found += reports
    assert list(map(repr, found)) == [repr(decode_report(line)) for line in lines]
