"""`annotate suggest`: a diff that can be applied, or the script itself, if nobody has touched it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from annotate.cli import files
from tests.annotate.cli.conftest import Command

PLAIN = "lr = 0.1\nname = 'x'\nbatch_size = 64"
ANNOTATED = (
    "lr = 0.1  # @nni.loguniform(0.01, 1)\nname = 'x'\nbatch_size = 64  # @nni.choice(16, 32, 64, 128)"
)


@pytest.fixture
def script(code: Path) -> Path:
    """A script that carries no annotation and ends without a newline."""
    path = code / "tune.py"
    path.write_text(PLAIN)
    return path


def test_a_diff_on_stdout(annotate: Command, script: Path) -> None:
    """The script is not touched; what is said about it goes to stderr."""
    done = annotate("suggest", "tune.py")
    assert (done.code, script.read_text()) == (0, PLAIN)
    assert done.out.startswith("--- a/tune.py\n+++ b/tune.py\n@@ -1,3 +1,3 @@\n-lr = 0.1\n+lr = 0.1  # @nni.")
    assert done.err == "2 annotations; annotate suggest tune.py --apply writes them\n"


def test_the_diff_applies(annotate: Command, script: Path, code: Path) -> None:
    """With git, which takes no line that is not exact."""
    diff = annotate("suggest", "tune.py").out
    subprocess.run(["git", "apply", "-"], input=diff, text=True, cwd=code, check=True)
    assert script.read_text() == ANNOTATED


def test_apply(annotate: Command, script: Path, code: Path) -> None:
    """The script is written, its mode kept, nothing left beside it; the second time there is nothing to do."""
    script.chmod(0o755)
    before = {*code.iterdir()}
    done = annotate("suggest", "tune.py", "--apply")
    assert (done.code, script.read_text()) == (0, ANNOTATED)
    assert script.stat().st_mode & 0o777 == 0o755
    assert {*code.iterdir()} == before
    assert done.err == "wrote 2 annotations into tune.py; next: annotate check tune.py\n"
    again = annotate("suggest", "tune.py", "--apply")
    assert (again.code, again.out, script.read_text()) == (0, "", ANNOTATED)
    assert again.err == "tune.py: nothing more to suggest; no value here is known by its name\n"


def test_apply_goes_through_a_link(annotate: Command, script: Path, code: Path) -> None:
    """The link stays a link."""
    (code / "link.py").symlink_to(script)
    assert annotate("suggest", "link.py", "--apply").code == 0
    assert (code / "link.py").is_symlink()
    assert script.read_text() == ANNOTATED


def test_a_script_that_was_changed_meanwhile_is_left_alone(
    annotate: Command, script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody's editor saved it between reading and writing."""
    from annotate import suggest

    propose = suggest.suggest

    def slowly(source: bytes, path: str) -> object:
        script.write_text("lr = 0.2\n")
        return propose(source, path)

    monkeypatch.setattr(suggest, "suggest", slowly)
    done = annotate("suggest", "tune.py", "--apply")
    assert (done.code, script.read_text()) == (2, "lr = 0.2\n")
    assert done.err == "error: tune.py was changed meanwhile and is left as it is\n  fix: run it again\n"


def test_a_script_that_cannot_be_written_is_whole(
    annotate: Command, script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk costs the suggestion, not the script."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fchmod", full)
    done = annotate("suggest", "tune.py", "--apply")
    assert (done.code, script.read_text()) == (2, PLAIN)
    assert "cannot be written: No space left on device" in done.err


def test_a_script_that_does_not_parse(annotate: Command, code: Path) -> None:
    """Its own error, where it is."""
    (code / "broken.py").write_text("lr = 0.1\nx = =\n")
    done = annotate("suggest", "broken.py")
    assert (done.code, done.out) == (2, "")
    assert "broken.py:2:5: error E301" in done.err
