"""What a study is made of."""

from annotate.cli.building import source_hash, write_code
from annotate.sources import read_closure
from annotate.storage import StudyFolder


def test_a_script_that_is_edited_meanwhile_is_kept_as_it_was_instrumented(tmp_path):
    """Or `apply`, `diff` and `replay` would go by a source that no trial ran."""
    script = tmp_path / "train.py"
    script.write_text(before := "lr = 0.1  # @nni.uniform(0, 1)\n")
    closure = read_closure(script, None)
    digest = source_hash(closure)
    script.write_text("lr = 0.2\n")
    folder = StudyFolder(tmp_path / "study")
    write_code(closure, folder, nni="ours")
    assert (folder.source / "train.py").read_text() == before
    assert "0.1" in (folder.code / "train.py").read_text()
    assert source_hash(closure) == digest
