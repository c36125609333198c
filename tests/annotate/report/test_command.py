"""`annotate report`, as a person types it."""

import signal
import sys
import threading
import time
import webbrowser
from dataclasses import dataclass

import pytest

from annotate.cli import reporting
from annotate.cli.__main__ import main
from annotate.report import GENERATOR
from annotate.storage import HostLock, StudyFolder, StudyStore
from annotate.trial import Trial, TrialState, start, succeed

from .pages import Page
from .studies import BEGAN, LR, META, WIDTH, curve, subject, trials

SOURCE = "lr = 0.1  # @nni.loguniform(1e-4, 1e-1)\nwidth = 16  # @nni.choice(16, '16', [32, 64])\n"


@dataclass
class Done:
    code: int
    out: str
    err: str


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A directory with a study of 12 trials."""
    monkeypatch.chdir(tmp_path)
    return made(tmp_path)


def made(tmp_path, script="train.py", at=BEGAN):
    import dataclasses

    folder = StudyFolder.create(tmp_path, script=script, now=at)
    meta = dataclasses.replace(
        META,
        study=folder.id,
        script=str(tmp_path / script),
        code_dir=str(tmp_path),
        cwd=str(tmp_path),
        created=at,
    )
    with StudyStore.create(folder.database, meta) as store:
        listed = trials(12)
        store.save(*listed)
        for trial in listed:
            if trial.state is TrialState.SUCCEEDED:
                store.record(trial.number, curve(4))
        store.begin_session(host="gpu-box", pid=1, at=at)
    folder.source.mkdir()
    (folder.source / script).write_text(SOURCE)
    folder.trial(8).mkdir()
    (folder.trial(8) / "log").write_text(
        "Traceback (most recent call last):\n  File 'train.py'\nValueError: bad 8\n"
    )
    return folder


@pytest.fixture(autouse=True)
def handlers():
    """Whatever a command does with signals ends with its test."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
def annotate(monkeypatch, capsys):
    def run(*words):
        monkeypatch.setattr(sys, "argv", ["annotate", *words])
        with pytest.raises(SystemExit) as exited:
            main()
        said = capsys.readouterr()
        return Done(int(exited.value.code or 0), said.out, said.err)

    return run


def test_a_page_is_written_and_named(annotate, folder, tmp_path):
    """STUDY.html where nothing is said; its name goes to stdout; it holds plotly, log, machine and source."""
    done = annotate("report")
    assert (done.code, done.out) == (0, f"{folder.id}.html\n")
    page = Page((tmp_path / f"{folder.id}.html").read_text())
    assert page.document["study"] == folder.id
    assert "gpu-box" in page.text
    assert "ValueError: bad 8" in page.text
    assert "+lr = " in page.text
    assert max(map(len, page.texts["script"])) > 1_000_000


def test_a_page_goes_to_stdout_or_to_a_named_file(annotate, folder, tmp_path):
    """- is stdout, and leaves no file; a study is found by a part of its name."""
    other = made(tmp_path, "other.py", BEGAN + 3600)
    done = annotate("report", "train", "-o", "-")
    assert Page(done.out).document["study"] == folder.id
    assert not list(tmp_path.glob("*.html"))
    annotate("report", "-o", "r.html")
    assert Page((tmp_path / "r.html").read_text()).document["study"] == other.id


def test_a_file_that_is_no_report_is_never_written_over(annotate, folder, tmp_path):
    """Exit code 2, and it stays; a page of ours is replaced."""
    (tmp_path / "train.py").write_text("precious")
    done = annotate("report", "-o", "train.py")
    assert done.code == 2
    assert "is no report of annotate" in done.err
    assert (tmp_path / "train.py").read_text() == "precious"
    assert annotate("report", "-o", "r.html").code == 0
    assert annotate("report", "-o", "r.html").code == 0


def test_a_file_is_replaced_by_force(annotate, folder, tmp_path):
    """Where a person insists."""
    (tmp_path / "r.html").write_text("another page")
    assert annotate("report", "-o", "r.html").code == 2
    assert annotate("report", "-o", "r.html", "--force").code == 0


def test_what_was_run_again_is_on_the_page(annotate, folder, tmp_path):
    """The verdict beside the best, a table of all."""
    best = subject(trials(12)).best.number
    again = StudyFolder(folder.path / "confirm" / "0a1b2c3d")
    again.path.mkdir(parents=True)
    with StudyStore.create(again.database, META) as store:
        store.save(*(
            succeed(start(Trial(3 * n + k, {"trial": which, "seed": n}), at=BEGAN), at=BEGAN + 1, value=value + n / 100)
            for n in range(4)
            for k, (which, value) in enumerate([("defaults", 0.5), (best, 0.7 + n / 100), (10, 0.5)])
        ))  # fmt: skip
    assert annotate("report", "-o", "r.html").code == 0
    text = Page((tmp_path / "r.html").read_text()).text
    assert ": better by 0.2150 ± 0.0065 (p < 0.001)." in text
    assert "0.5150 ± 0.0065, 4 seeds" in text
    assert "annotate confirm" not in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-o", "no/where.html"), "there is no directory no"),
        (("-o", "."), "is a directory"),
        (("-o", "-", "--watch"), "--watch needs a file"),
        (("-o", "-", "--open"), "--open needs a file"),
        (("nothing",), "there is no study 'nothing' here"),
    ],
)
def test_a_mistake_is_told_and_nothing_written(annotate, folder, tmp_path, words, said):
    """Exit code 2."""
    done = annotate("report", *words)
    assert done.code == 2
    assert said in done.err
    assert not list(tmp_path.glob("*.html"))


def test_a_missing_extra_is_one_line_and_how_to_get_it(annotate, folder, monkeypatch):
    """Exit code 2."""
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    done = annotate("report")
    assert done.code == 2
    assert "a report needs plotly" in done.err
    assert "pip install 'annotate-trials[report]'" in done.err


def test_the_browser_is_opened_where_there_is_one(annotate, folder, tmp_path, monkeypatch):
    """With the file's own address; on a server, the address is said."""
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda address: not opened.append(address))
    monkeypatch.setenv("DISPLAY", ":0")
    assert annotate("report", "--open").err == ""
    assert opened == [(tmp_path / f"{folder.id}.html").as_uri()]
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert opened[0] in annotate("report", "--open").err
    assert len(opened) == 1


def test_a_watched_study_is_written_anew_until_it_ends(annotate, folder, tmp_path, monkeypatch):
    """While its host runs the page follows by itself; the last page is final."""
    monkeypatch.setattr(reporting, "PERIOD", 0.02)
    monkeypatch.setattr(reporting, "REST", 0.1)
    path, lock = tmp_path / "r.html", HostLock.take(folder.lock, command="annotate run", now=BEGAN)
    seen = []

    def host():
        try:
            seen.append(awaited(path, 12))
            with StudyStore.open(folder.database) as store:
                store.save(
                    succeed(start(Trial(12, {LR: 0.01, WIDTH: 16}), at=BEGAN), at=BEGAN + 1, value=0.99)
                )
            seen.append(awaited(path, 13))
        finally:
            lock.release()

    other = threading.Thread(target=host)
    other.start()
    done = annotate("report", "--watch", "-o", "r.html")
    other.join()
    assert done.code == 0
    assert [page.document["reload"] for page in seen] == [reporting.RELOAD] * 2
    assert Page(path.read_text()).document["reload"] is None
    assert not list(tmp_path.glob(".r.html*"))


def test_watching_a_study_that_is_over_ends_at_once(annotate, folder):
    """Written once, and said."""
    done = annotate("report", "--watch")
    assert done.code == 0
    assert "is not running" in done.err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_leaving_a_watched_study_leaves_a_final_page(annotate, folder, tmp_path, monkeypatch, number, code):
    """Ctrl-C, or a shell that ends it: the page reads itself no more, and the exit code says that it was left."""
    monkeypatch.setattr(time, "sleep", lambda _: signal.raise_signal(number))
    with HostLock.take(folder.lock, command="annotate run", now=BEGAN):
        assert annotate("report", "--watch", "-o", "r.html").code == code
    assert Page((tmp_path / "r.html").read_text()).document["reload"] is None


def test_a_report_of_an_empty_study_is_a_page(annotate, tmp_path, monkeypatch):
    """No trial yet, no source kept."""
    monkeypatch.chdir(tmp_path)
    folder = StudyFolder.create(tmp_path, script="train.py", now=BEGAN)
    StudyStore.create(folder.database, META).close()
    done = annotate("report", "-o", "-")
    assert "The study has no trials." in Page(done.out).text
    assert GENERATOR in done.out[:400]


def awaited(path, count):
    """The page as soon as it holds so many trials."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if path.exists():
            page = Page(path.read_text())
            if len(page.document["trials"]["number"]) == count:
                return page
        time.sleep(0.01)
    raise AssertionError(f"{path} never held {count} trials")
