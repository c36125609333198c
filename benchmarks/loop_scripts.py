"""The scripts of `bench_loop`: one that does nothing, one that is as heavy as torch, one that tells when it ran."""

from __future__ import annotations

import subprocess
from pathlib import Path

EMPTY = """\
lr = 0.1  # @nni.loguniform(1e-4, 1e-1)
'''@nni.report_final_result(lr)'''
print(lr)
"""
TORCH = """\
import torch, time
data = torch.load("data.pt")
lr = 0.1  # @nni.loguniform(1e-4, 1e-1)
model = torch.nn.Linear(1000, 10)
optimizer = torch.optim.SGD(model.parameters(), lr=lr)
begin = time.monotonic()
while time.monotonic() - begin < 0.5:
    optimizer.zero_grad()
    model(data[:100]).square().mean().backward()
    optimizer.step()
'''@nni.report_final_result(lr)'''
print(lr)
"""
STAND_IN = """\
import array, pickle, time
import heavy
with open("data", "rb") as file:
    data = array.array("d", file.read(200_000_000))
with open("table", "rb") as file:
    table = pickle.load(file)
lr = 0.1  # @nni.loguniform(1e-4, 1e-1)
begin = time.monotonic()
while time.monotonic() - begin < 0.5:
    loss = sum(data[:10000])
'''@nni.report_final_result(lr)'''
print(lr)
"""
IDLE = """\
lr = 0.1  # @nni.loguniform(1e-4, 1e-1)
import time
begun = time.monotonic()
'''@nni.report_final_result(lr)'''
print(begun, time.monotonic())
"""
OPTUNA = """\
import os, subprocess, sys
import optuna
python, script, trials, jobs, sampler, storage = sys.argv[1:]
optuna.logging.set_verbosity(optuna.logging.WARNING)
def objective(trial):
    lr = trial.suggest_float("lr", 1e-4, 1e-1, log=True)
    out = subprocess.run([python, script], env={**os.environ, "LR": str(lr)}, capture_output=True, check=True, text=True)
    return float(out.stdout)
study = optuna.create_study(sampler=getattr(optuna.samplers, sampler)(), storage=storage or None)
study.optimize(objective, n_trials=int(trials), n_jobs=int(jobs))
"""
MODULE = "import re\n" + "".join(
    f"class C{n}:\n    def f(self, x: int = {n}) -> int:\n        return x\n" for n in range(20)
)
MODULES, ROWS = 4500, 1_500_000


def make_scripts(root: Path, python: str) -> str:
    """Write every script and what it loads; returns what the heavy one does."""
    (root / "empty.py").write_text(EMPTY)
    (root / "idle.py").write_text(IDLE)
    (root / "drive.py").write_text(OPTUNA)
    if subprocess.run([python, "-c", "import torch"], capture_output=True, check=False).returncode == 0:
        (root / "heavy_script.py").write_text(TORCH)
        subprocess.run(
            [python, "-c", "import torch; torch.save(torch.rand(50000, 1000), 'data.pt')"],
            cwd=root,
            check=True,
        )
        return "imports torch and loads 200 MB"
    package = root / "site" / "heavy"
    package.mkdir(parents=True)
    for number in range(MODULES):
        (package / f"m{number}.py").write_text(MODULE)
    (package / "__init__.py").write_text("".join(f"from heavy import m{n}\n" for n in range(MODULES)))
    (root / "heavy_script.py").write_text("import sys; sys.path.insert(0, 'site')\n" + STAND_IN)
    make = f"import pickle; pickle.dump([(n, str(n)) for n in range({ROWS})], open('table', 'wb')); open('data', 'wb').write(bytes(200_000_000))"
    subprocess.run([python, "-c", make], cwd=root, check=True)
    return f"stands in for torch: imports {MODULES} generated modules, reads 200 MB, unpickles {ROWS} rows"
