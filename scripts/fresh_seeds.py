"""A trial of a finished study against the script's defaults, again, with fresh seeds.

    python scripts/fresh_seeds.py .annotate/STUDY TRIAL [--seeds 1 2 3 4] [--python PATH] [-- SCRIPT ARGS]

Runs the study's own copy of the script as a plain process, with the trial's parameters and with none, once
a seed, `--seed N` appended to the script's arguments. Takes the last number that each run prints, and says
by how much the trial is better, with the standard error of the differences.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path


def last_number(command: list[str], env: dict[str, str]) -> float:
    """The last number that the command prints."""
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    print(" ", done.stdout.strip().splitlines()[-1], flush=True)
    return float(re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", done.stdout)[-1])


def main() -> None:
    """Run both and print what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("study", type=Path)
    parser.add_argument("trial", type=int)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4])
    parser.add_argument("--python", default=sys.executable)
    ours, script_args = sys.argv[1:], list[str]()
    if "--" in ours:
        at = ours.index("--")
        ours, script_args = ours[:at], ours[at + 1 :]
    given = parser.parse_args(ours)

    study = given.study.resolve()
    with sqlite3.connect(f"{(study / 'study.db').as_uri()}?mode=ro", uri=True) as database:
        facts = dict(database.execute("SELECT name, value FROM meta WHERE name IN ('script', 'code_dir')"))
    script, code_dir = (Path(facts[name].strip('"')) for name in ("script", "code_dir"))
    command = [given.python, str(study / "code" / script.relative_to(code_dir)), *script_args]

    differences = []
    with tempfile.TemporaryDirectory() as directory:
        shutil.copy(study / "trials" / str(given.trial) / "parameters.json", directory)
        tuned = {**os.environ, "ANNOTATE_TRIAL_DIR": directory, "PYTHONPATH": str(study / "lib")}
        plain = {**os.environ, "PYTHONPATH": str(study / "lib")}
        for seed in given.seeds:
            print(f"seed {seed}: defaults, then trial {given.trial}")
            before, after = (last_number([*command, "--seed", str(seed)], env) for env in (plain, tuned))
            differences.append(after - before)
    error = statistics.stdev(differences) / len(differences) ** 0.5 if len(differences) > 1 else float("nan")
    print(f"trial {given.trial} minus defaults: {statistics.mean(differences):+.4f} +- {error:.4f}")


if __name__ == "__main__":
    main()
