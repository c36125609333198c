"""Scripts that were written for NNI: whose `nni` they get, and what they have no defaults for."""

import pytest

IMPORTS_NNI = """\
import nni
lr = 0.1
'''@nni.variable(nni.choice(0.1, 0.2), name=lr)'''
lr = 0.1
print("nni is", nni.__file__)
nni.report_final_result(lr)
"""
LAYERS = """\
def double(inputs):
    return 2 * inputs[0][0]
def triple(inputs):
    return 3 * inputs[0][0]
x = 1
'''@nni.mutable_layers({layer_choice: [double(), triple()], fixed_inputs: [x], layer_output: y})'''
'''@nni.report_final_result(y)'''
"""


def install_fake_nni(annotate):
    package = annotate.cwd / "elsewhere" / "nni"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("def report_final_result(x): print('the real one got', x)\n")
    annotate.env["PYTHONPATH"] += f":{package.parent}"
    return package / "__init__.py"


def test_an_installed_nni_is_not_shadowed_in_silence(annotate):
    """One line says where it is, and how to get it."""
    real = install_fake_nni(annotate)
    annotate.write("train.py", IMPORTS_NNI)
    done = annotate("run", "train.py", "--trials", 2)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(f"not {real}; --nni real takes that one") == 1
    assert "the real one" not in annotate("log", 0).stdout


REAL = {
    "nni/__init__.py": "from .runtime.log import init\ninit()\nfrom .trial import *\n",
    "nni/runtime/log.py": """\
import io, os, sys
class _LogFileWrapper(io.TextIOBase):
    def write(self, text):
        raise OSError("into a file of NNI's own")
def init():
    sys.stdout = _LogFileWrapper(None)
""",
    "nni/runtime/__init__.py": "",
    "nni/trial.py": """\
from .runtime.CHANNEL import get, send
_params, _step = None, 0
def get_next_parameter():
    global _params
    _params = get()
    return _params["parameters"]
def report_intermediate_result(metric):
    global _step
    assert _params, "get_next_parameter() needs to be called before"
    send("PERIODICAL", _step, metric)
    _step += 1
def report_final_result(metric):
    assert _params, "get_next_parameter() needs to be called before"
    send("FINAL", 0, metric)
""",
    "2 nni/runtime/platform/__init__.py": """\
import json
from .local import *
def get():
    return get_next_parameter()
def send(kind, step, value):
    send_metric(json.dumps({"parameter_id": 0, "type": kind, "sequence": step, "value": json.dumps(value)}))
""",
    "2 nni/runtime/platform/local.py": """\
import json, os, time
_dir = os.environ["NNI_SYS_DIR"]
def get_next_parameter():
    while not os.path.isfile(_dir + "/parameter.cfg"):
        time.sleep(3)
    with open(_dir + "/parameter.cfg") as file:
        return json.load(file)
def send_metric(string):
    os.makedirs(_dir + "/.nni", exist_ok=True)
    data = (string + "\\n").encode()
    with open(_dir + "/.nni/metrics", "ab") as file:
        file.write(b"ME%06d%b" % (len(data), data))
""",
    "3 nni/runtime/trial_command_channel/__init__.py": """\
from .local_legacy import LocalLegacyTrialCommandChannel
_channel = LocalLegacyTrialCommandChannel()
def get():
    return _channel.receive_parameter()
def send(kind, step, value):
    _channel.send_metric(type=kind, parameter_id=0, trial_job_id="", sequence=step, value=value)
""",
    "3 nni/runtime/trial_command_channel/local_legacy.py": """\
class LocalLegacyTrialCommandChannel:
    def receive_parameter(self):
        raise TimeoutError("nobody answers")
    def send_metric(self, type, parameter_id, trial_job_id, sequence, value):
        raise TimeoutError("nobody listens")
""",
}
"""The parts of NNI 2 and 3 by which a trial speaks to NNI's manager, who is not there."""
USES_NNI = """\
import nni
lr = 0.1  # @nni.uniform(0, 1)
params = nni.get_next_parameter()
assert params.get("train/lr/uniform", 0.1) == lr, params
for epoch in range(2):
    nni.report_intermediate_result(epoch)
    '''@nni.report_intermediate_result(10 + epoch)'''
print("printed", lr)
nni.report_final_result({"default": lr, "loss": 1 - lr, "nan": float("nan")})
"""


@pytest.mark.parametrize("version", ["2", "3"])
def test_the_reports_of_the_real_nni_reach_the_study(annotate, version):
    """Its parameters are the trial's; beside reports by annotation, none is lost and none counted twice."""
    channel = {"2": "platform", "3": "trial_command_channel"}[version]
    for name, text in REAL.items():
        if name.startswith(("nni", version)):
            annotate.write(f"elsewhere/{name.removeprefix(f'{version} ')}", text.replace("CHANNEL", channel))
    annotate.env["PYTHONPATH"] += f":{annotate.cwd / 'elsewhere'}"
    annotate.write("train.py", USES_NNI)
    done = annotate("run", "train.py", "--trials", 2, "--tuner", "random", "--nni", "real")
    assert done.returncode == 0, done.stdout + annotate("log", 0).stdout
    assert "--nni real takes" not in done.stdout
    for trial in annotate.trials():
        lr = trial["parameters"].get("train/lr/uniform", 0.1)
        reported = [report["values"] for report in trial["metrics"]]
        assert [values["default"] for values in reported] == [0, 10, 1, 11, lr]
        assert reported[-1] == {"default": lr, "loss": 1 - lr, "nan": "nan"}
        assert [report["step"] for report in trial["metrics"]] == [0, 1, 2, 3, 0]
        assert annotate("log", trial["number"]).stdout == f"printed {lr}\n"


def test_mutable_layers_have_no_baseline(annotate):
    """The plain script never assigns their output, so every trial chooses its layers."""
    annotate.write("train.py", LAYERS)
    assert annotate("run", "train.py", "--trials", 2).returncode == 0
    trials = annotate.trials()
    assert [t["state"] for t in trials] == ["succeeded", "succeeded"]
    assert sorted(t["value"] for t in trials) == [2.0, 3.0]


def test_a_script_that_has_no_defaults_is_told_how_to_leave_the_baseline_out(annotate):
    """It fails as the first trial; NNI had none."""
    annotate.write(
        "train.py", "import nni\np = nni.get_next_parameter()\nnni.report_final_result(p['lr'] + 1)\n"
    )
    annotate.write("space.json", '{"lr": {"_type": "uniform", "_value": [0, 1]}}')
    done = annotate("run", "train.py", "--space", "space.json", "--trials", 2, "--tuner", "random")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("note: the script has no default for lr; --no-baseline leaves trial 0 out") == 1


def test_a_script_that_never_asks_for_its_parameters_is_no_secret(annotate):
    """Behind a flag that was not given, say: every trial is the same then."""
    annotate.write(
        "train.py",
        "import sys, nni\np = nni.get_next_parameter() if '--nni' in sys.argv else {}\nnni.report_final_result(p.get('lr', 2))\n",
    )
    annotate.write("space.json", '{"lr": {"_type": "uniform", "_value": [0, 1]}}')
    for arguments, told in (((), 1), (("--", "--nni"), 0)):
        done = annotate(
            "run",
            "train.py",
            "--space",
            "space.json",
            "--trials",
            3,
            "--tuner",
            "random",
            "--jobs",
            1,
            *arguments,
        )
        assert done.stdout.count("note: a trial asked for none of its parameters") == told
