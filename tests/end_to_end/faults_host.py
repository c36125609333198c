"""A host for the fault tests: runs the study in the directory argv[1], and writes down what it showed.

    python faults_host.py DIRECTORY SCRIPT '{"trials": 20}'

It is what the command line does, less the reading of annotations: real store, tuner, launcher, processes.
"""

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

from annotate.errors import AnnotateError
from annotate.storage import HostLock, StudyFolder, StudyMeta, StudyStore
from annotate.study import Launcher, LaunchPlan, MachineSlots, SlotOptions, Study, StudyOptions, TrialEnded
from annotate.study.control import listening
from annotate_runtime.executors.local import LocalExecutor
from annotate_runtime.install import install_lib
from annotate_tuners import make
from annotate_tuners.space import SearchSpace

SPACE = {"t/x/uniform": {"_type": "uniform", "_value": [0, 1]}}


def opened(folder, script):
    if folder.database.exists():
        return StudyStore.open(folder.database)
    (folder.path / "trials").mkdir(mode=0o700, parents=True, exist_ok=True)
    install_lib(folder.lib)
    # Published whole: a host killed while it makes the database leaves none behind.
    new = folder.path / f"new.{os.getpid()}"
    meta = StudyMeta(
        study=folder.id, script=str(script), code_dir=str(script.parent), cwd=str(script.parent),
        command=[sys.executable, "-S", str(script)], created=time.time(), space=SPACE, tuner="random",
        direction="maximize", seed=1,
    )  # fmt: skip
    StudyStore.create(new, meta).close()
    new.replace(folder.database)
    return StudyStore.open(folder.database)


async def host(folder, script, options):
    shown = os.open(folder.path / "shown", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def hear(event):
        if isinstance(event, TrialEnded):
            row = [event.trial.number, event.trial.state.value, event.trial.value, event.trial.message]
            os.write(shown, json.dumps(row).encode() + b"\n")

    executor = await LocalExecutor.start(notify=print)
    try:
        with opened(folder, script) as store:
            meta = store.meta()
            plan = LaunchPlan(folder=folder, command=tuple(meta.command), cwd=script.parent, env=os.environ)
            study = Study(
                store,
                make_tuner=lambda: make("random", SearchSpace.from_json(SPACE), direction="maximize", seed=1),
                launch=Launcher(executor, plan),
                slots=MachineSlots.of_this_machine(
                    SlotOptions(gpus=os.environ.get("TEST_GPUS", "none")), os.environ
                ),
                options=StudyOptions.from_json(options),
                listener=hear,
            )
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGINT, study.stop)
            loop.add_signal_handler(signal.SIGHUP, study.stop)
            async with listening(study, folder.socket):
                ended = await study.run()
            print(json.dumps([ended.how, ended.why]), flush=True)
    finally:
        await executor.aclose()


def main():
    folder = StudyFolder(Path(sys.argv[1]))
    folder.path.mkdir(mode=0o700, exist_ok=True)
    try:
        with HostLock.take(folder.lock, command="the test's host", now=time.time()):
            asyncio.run(host(folder, Path(sys.argv[2]), json.loads(sys.argv[3])))
    except AnnotateError as error:
        print(f"{type(error).__name__}: {error.message}", file=sys.stderr)
        sys.exit(2)


main()
