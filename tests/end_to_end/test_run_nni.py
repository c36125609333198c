"""Scripts that were written for NNI: whose `nni` they get, and what they have no defaults for."""

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


def test_the_real_nni_is_taken_where_it_is_asked_for(annotate):
    """Its reports are its own business; the output is ours to read."""
    install_fake_nni(annotate)
    annotate.write("train.py", IMPORTS_NNI)
    done = annotate(
        "run", "train.py", "--trials", 2, "--nni", "real", "--metric-pattern", r"real one got (\S+)"
    )
    assert done.returncode == 0, done.stdout
    assert "--nni real takes" not in done.stdout
    assert "the real one got 0.1" in annotate("log", 0).stdout


def test_mutable_layers_have_no_baseline(annotate):
    """The plain script never assigns their output, so every trial chooses its layers."""
    annotate.write("train.py", LAYERS)
    assert annotate("run", "train.py", "--trials", 2).returncode == 0
    trials = annotate.trials()
    assert [t["state"] for t in trials] == ["succeeded", "succeeded"]
    assert sorted(t["value"] for t in trials) == [2.0, 3.0]
