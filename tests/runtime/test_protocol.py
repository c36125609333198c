"""The wire: what a trial wrote is read once, whole, and whatever else is in the file is passed over."""

from annotate_runtime.protocol import REPORTS, Read, ReportReader

READ = b'{"kind": "read", "key": "lr"}\n'
FOREIGN = b'not json\n\n[1]\n{"kind": "other"}\n\xff\xfe\n'


def test_lines_that_are_no_reports_are_passed_over_one_by_one(tmp_path):
    """The reports among them are all there."""
    (tmp_path / REPORTS).write_bytes(FOREIGN + READ + FOREIGN + READ)
    assert ReportReader(tmp_path).read() == [Read("lr"), Read("lr")]


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
