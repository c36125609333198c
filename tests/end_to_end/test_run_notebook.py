"""`annotate run` of a Jupyter notebook: its cells run as a script, in real processes."""

import json

CELLS = (
    "%matplotlib inline\nimport net",
    "%%bash\nexit 1",
    "%%time\nlr = 0.1  # @nni.loguniform(1e-4, 1e-1)\nfor _ in range(2):\n    !false",
    "display(lr * net.width)\n# @nni.report_final_result(lr * net.width)",
)


def notebook(*cells):
    """The JSON of a notebook of code cells."""
    listed = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    return json.dumps({"cells": listed, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def test_a_notebook_goes_in_and_its_trials_come_out(annotate):
    """Magics are left out, `display` prints, what it imports is tuned too, and the notebook is untouched."""
    path = annotate.write("nb.ipynb", notebook(*CELLS))
    annotate.write("net.py", "width = 8  # @nni.choice(8, 16)\n")
    before = path.read_bytes()
    done = annotate("run", "nb.ipynb", "--trials", 3, "--tuner", "random", "--seed", 1)
    assert done.returncode == 0, done.stderr
    assert "nb.ipynb:cell 1:1:1: note N502" in done.stderr
    trials = annotate.trials()
    assert [t["state"] for t in trials] == ["succeeded"] * 3
    assert trials[0]["value"] == 0.8
    for trial in trials:
        params = trial["parameters"] or {"nb/lr/loguniform": 0.1, "net/width/choice": 8}
        assert trial["value"] == params["nb/lr/loguniform"] * params["net/width/choice"]
    assert float(annotate("log", "0").stdout) == 0.8
    assert path.read_bytes() == before
    assert not (path.parent / "nb.py").exists()


def test_a_fault_in_a_cell_is_shown_at_cell_and_line(annotate):
    """With the text of the notebook, also on a line that carries an annotation."""
    cells = "x = 0", "# first\nlr = 1 / x  # @nni.uniform(0, 1)\n", "# @nni.report_final_result(lr)"
    path = annotate.write("nb.ipynb", notebook(*cells))
    annotate("run", "nb.ipynb", "--trials", 1, "--tuner", "random")
    log = annotate("log", "0").stdout
    assert f'File "{path}:cell 2", line 2, in <module>\n    lr = 1 / x  # @nni.uniform(0, 1)\n' in log
    assert "_annotate_trial" not in log
