"""The page's scripts, run in V8 over a stand-in of the browser: every chart of every kind of study."""

import json

import pytest
from py_mini_racer import MiniRacer

from annotate.report.document import _asset

from .pages import Running
from .studies import EVIL, evil, metrics, only_failures, still_running, subject, trials


@pytest.fixture(scope="module")
def logic():
    v8 = MiniRacer()
    v8.eval(_asset("logic.js"))
    return lambda call: json.loads(v8.eval(f"JSON.stringify({call} ?? null)"))


STUDIES = {
    "none": subject(),
    "one": subject(trials(1)),
    "two": subject(trials(2)),
    "failures": subject(only_failures()),
    "running": subject(still_running(), running=True),
    "many": subject(trials(40)),
    "evil": evil(),
    "metrics": metrics([(0.9, 10.0), (0.8, 5.0), (0.7, 7.0)]),
}


@pytest.mark.parametrize("name", STUDIES)
def test_every_chart_of_every_study_is_drawn(name):
    """Nothing is thrown, nothing stays undrawn, no element is missed."""
    running = Running(STUDIES[name])
    assert running("document.documentElement.dataset").get("complete") == "1"
    assert set(running("Object.keys(drawn)")) >= {i for i in running.page.ids if i.startswith("chart-")}


@pytest.mark.parametrize(
    "controls",
    [{"progress-x": "time"}, {"progress-log": True, "curves-log": True, "slices-log": True}, {"slices-y": "seconds"}, {"curves-which": "top"}, {"parallel-top": "1"}],
    ids=lambda controls: next(iter(controls)),
)  # fmt: skip
def test_every_control_leads_to_a_picture(controls):
    """Whatever is chosen, all is drawn."""
    assert Running(subject(trials(30)), **controls)("document.documentElement.dataset")["complete"] == "1"


def test_the_best_so_far_only_improves_and_every_trial_has_a_mark():
    """The line goes up where the metric is maximized; failed and cancelled ones stand at the edge."""
    study = subject(trials(30))
    running = Running(study)
    traces = {t["name"]: t for t in running("drawn['chart-progress'].traces")}
    line = traces.pop("best so far")["y"]
    assert line == sorted(line)
    assert line[-1] == pytest.approx(study.best.value)
    assert sorted(i for t in traces.values() for i in t["customdata"]) == list(range(30))
    assert traces["failed"]["yaxis"] == "y2"


def test_the_top_share_keeps_the_best_trials():
    """1 % of 28 is one trial, 100 % all of them."""
    for percent, kept in {"1": 1, "20": 5, "100": 21}.items():
        note = Running(subject(trials(30)), **{"parallel-top": percent})("elements['note-parallel'].own")
        assert note.startswith(f"{kept} of 21 succeeded")


def test_what_a_study_says_is_text_to_plotly():
    """Plotly reads tags in a text, so that none of a study's own may reach it."""
    running = Running(evil())
    said = json.dumps(running("drawn"))
    assert "<script" not in said
    assert "<b onclick" not in said
    assert "alert(1)" in said


def test_the_table_finds_sorts_and_names_every_trial():
    """A search keeps the rows in which all words occur; a column's button sorts, the best first; a second click turns it round."""
    running = Running(subject(trials(30)))
    rows = "elements.table.tBodies[0].children.map((row) => row.children.map((cell) => cell.textContent))"
    assert [row[0] for row in running(rows)] == [str(n) for n in range(30)]
    running("(elements.search.value = 'valueerror FAILED', elements.search.heard.input(), 0)")
    assert [row[0] for row in running(rows)] == ["8", "18", "28"]
    assert running("elements['note-trials'].own") == "3 of 30 found, 3 shown"
    running("(elements.search.value = '', elements.search.heard.input(), 0)")
    click = "(elements.table.tHead.rows[0].cells[2].children[0].heard.click(), 0)"
    running(click)
    down = [float(row[2]) for row in running(rows) if row[2]]
    running(click)
    up = [float(row[2]) for row in running(rows) if row[2]]
    assert up == sorted(up)
    assert down == up[::-1]
    assert running("elements.table.tHead.rows[0].cells[2].attributes") == {"aria-sort": "ascending"}


def test_a_long_table_grows_on_demand():
    """Fifty rows at first; the button shows more, and says how many there are."""
    running = Running(subject(trials(120)))
    assert running("elements.table.tBodies[0].children.length") == 50
    assert running("elements['note-trials'].own") == "50 of 120 shown"
    running("(elements.more.heard.click(), 0)")
    assert running("elements.table.tBodies[0].children.length") == 120
    assert running("elements.more.hidden") is True


def test_an_address_opens_a_trial_with_its_message_and_curve():
    """#trial-8 shows why it failed; #trial-1 its curve; one that is not there shows nothing."""
    failed = Running(subject(trials(12)), address="#trial-8")
    assert failed("elements.trial.open") is True
    assert "ValueError: bad 8" in failed("elements.trial.textContent")
    assert Running(subject(trials(12)), address="#trial-1")("drawn['trial-curve'].traces[0].y.length") == 5
    assert Running(subject(trials(12)), address="#trial-99")("elements.trial.open") is False
    assert EVIL in Running(evil(), address="#trial-6")("elements.trial.textContent")


def test_only_a_watched_page_reads_itself_anew():
    """Nothing is scheduled where the study is over."""
    assert Running(subject(trials(2)))("typeof later.reload") == "undefined"
    assert Running(subject(trials(2), running=True, reload=10.0))("typeof later.reload") == "function"


def test_a_front_is_marked():
    """The trials that none beats, apart from the others."""
    traces = {
        t["name"]: t
        for t in Running(metrics([(0.9, 10.0), (0.8, 5.0), (0.7, 7.0)]))("drawn['chart-pareto'].traces")
    }
    assert sorted(traces["Pareto front"]["customdata"]) == [0, 1]
    assert traces["beaten by another"]["customdata"] == [2]


def test_bars_stand_where_their_trials_ran():
    """Times are the machine's own clock, lengths milliseconds."""
    (trace,) = Running(subject(trials(1)))("drawn['chart-timeline'].traces")
    assert trace["x"] == [9000]
    assert trace["y"] == ["slot 1"]
    assert len(trace["base"][0]) == len("2026-11-18T23:06:40.000")


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("topOf([5, 6, 7, 8, 9], 20)", [5]),
        ("topOf([5, 6, 7], 1)", [5]),
        ("topOf([], 5)", []),
        ("bestSoFar([0, 1, 2, 3], [3, null, 1, 2], false)", [[0, 3], [2, 1]]),
        ("number(0.000123456)", "0.00012346"),
        ("number(1234567890)", "1.235e9"),
        ("number(1e-300)", "1e-300"),
        ("number(null)", ""),
        ("span(0.04)", "40 ms"),
        ("span(7300)", "2 h 1 min"),
        ("plain('<b>&')", "&lt;b&gt;&amp;"),
        ("cut('abcdef', 4)", "abc…"),
        ("cut('\U0001f600\U0001f600\U0001f600', 2)", "\U0001f600…"),
        ("share({kind: 'log', low: 0.01, high: 1}, 0.1)", pytest.approx(0.5)),
        ("share({kind: 'linear', low: 3, high: 3}, 3)", 0.5),
        ("ticks({kind: 'linear', low: 0, high: 10, whole: true}, 5).map(([v]) => v)", [0, 2, 4, 6, 8, 10]),
        ("ticks({kind: 'linear', low: 1, high: 2, whole: true}, 5).map(([v]) => v)", [1, 2]),
        ("ticks({kind: 'log', low: 1e-5, high: 0.1}, 5).map(([, t]) => t)", ["1e-5", "0.0001", "0.001", "0.01", "0.1"]),
        ("ticks({kind: 'log', low: 20, high: 400}, 5).map(([v]) => v)", [20, 50, 100, 200]),
        ("ticks({kind: 'log', low: 3, high: 4}, 5).map(([v]) => v)", [3, 4]),
        ("ticks({kind: 'choice', options: ['a', 'b']}, 5)", [[0, "a"], [1, "b"]]),
        ("sorted([0, 1, 2, 3], (i) => [3, null, 'x', 1][i], false)", [3, 0, 2, 1]),
        ("sorted([0, 1, 2, 3], (i) => [3, null, 'x', 1][i], true)", [2, 0, 3, 1]),
        ("matches('Trial 7 Adam failed', 'FAIL ada')", True),
        ("matches('Trial 7 Adam failed', 'sgd')", False),
        ("thin([0, 1, 2, 3, 4, 5, 6, 7], 2, [7])", [0, 4, 7]),
        ("inner([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 1e9], [])?.outside", 1),
        ("inner([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 1e9], [1e9])", None),
        ("inner([1, 1, 1, 1, 1, 1, 1, 1, 9], [])", None),
        ("framed([0.8, 0.82, 0.85], [0.2, 0.19, 0.81], [])?.early", 2),
        ("framed([0.8, 0.82, 0.85], [0.2, 0.19, 0.81], [])?.range[0] > 0.79", True),
        ("framed([0.8, 0.82, 0.85], [0.79, 0.86], [])", None),
        ("framed([0.8, 0.82, 0.85], [], [])", None),
        ("framed([0.8], [0.2], [0.8])", None),
        ("framed([], [0.2], [null])", None),
        ("mix('#000000', '#ffffff', 0.5)", "rgb(128,128,128)"),
        ("unit(100)[0] + unit(1000)[0] + unit(20000)[0]", "secondsminuteshours"),
    ],
)  # fmt: skip
def test_small_rules(logic, call, result):
    """What the page works out by itself."""
    assert logic(call) == result
