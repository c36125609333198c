"""The fork server with the real torch, in an interpreter that has it."""

from __future__ import annotations

import asyncio
import re
import sys
from typing import Any

import pytest

from annotate_runtime.executors.local import LocalExecutor, Prefix

pytestmark = [pytest.mark.torch, pytest.mark.timeout(300)]
BEGIN = "from annotate_runtime.trial import trial as _annotate_trial; "
TRAIN = """
n = (_annotate_trial['n'] if 'n' in _annotate_trial else 0)
model = torch.nn.Sequential(torch.nn.Linear(256, 128), torch.nn.ReLU(), torch.nn.Linear(128, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01 * (n + 1))
for _ in range(5):
    loss = torch.nn.functional.cross_entropy(model(x), y)
    optimizer.zero_grad(); loss.backward(); optimizer.step()
print('threads', torch.get_num_threads())
_annotate_trial.report_final_result(loss)
"""
LOAD = "import torch; torch.manual_seed(1); x = torch.randn(2000, 256); y = (x @ torch.ones(256) > 0).long()"
Study = Any  # of conftest, which importlib mode keeps to itself


def trials(
    study: Study, before: str, after: str, *, fork: bool = True, threads: int = 1
) -> tuple[list[Any], list[str]]:
    """Two trials of a script; the outcomes and the notices."""
    script = study.write("train.py", BEGIN + before + after)
    requests = [
        study.request(sys.executable, script, number=i, params={"n": i}, threads=threads) for i in range(2)
    ]
    first = requests[0]
    notices: list[str] = []

    async def whole() -> list[Any]:
        prefix = Prefix(first.command, first.cwd, first.env, study.root) if fork else None
        executor = await LocalExecutor.start(notify=notices.append, prefix=prefix)
        outcomes = [study.outcome(r, await (await executor.launch(r)).wait()) for r in requests]
        await executor.aclose()
        return outcomes

    return asyncio.run(whole()), notices


def test_a_seeded_training_gives_the_same_forked_and_spawned(study: Study) -> None:
    """Bit for bit: the seeded generator, the data and the weights are those of a fresh process."""
    forked, notices = trials(study, LOAD, TRAIN)
    values = [outcome.values[-1] for outcome in forked]
    spawned, _ = trials(study, LOAD, TRAIN, fork=False)
    assert notices == []
    assert [outcome.exit.method for outcome in forked] == ["fork", "fork"]
    assert values == [outcome.values[-1] for outcome in spawned]


def test_children_compute_with_the_threads_of_their_share(study: Study) -> None:
    """After a prefix that has computed, two threads in each child neither hang nor are lost."""
    outcomes, notices = trials(study, LOAD, TRAIN, threads=2)
    assert notices == []
    assert [outcome.log for outcome in outcomes] == ["threads 2\n"] * 2


def test_one_thread_by_the_scripts_own_wish_stays_one(study: Study) -> None:
    """As in a fresh process; what the fork server holds to one thread is another matter."""
    before = LOAD + "; torch.set_num_threads(1)"
    forked, notices = trials(study, before, TRAIN, threads=2)
    spawned, _ = trials(study, before, TRAIN, fork=False, threads=2)
    assert notices == []
    assert {line for outcome in (*forked, *spawned) for line in outcome.log.splitlines()} == {"threads 1"}


def test_unseeded_torch_is_fresh_in_every_trial(study: Study) -> None:
    """Also when the prefix has drawn from it."""
    outcomes, _ = trials(
        study, "import torch; torch.rand(3)", TRAIN.partition("model")[0] + "print(torch.rand(1).item())"
    )
    assert len({outcome.log for outcome in outcomes}) == 2


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ("import torch; torch.set_num_threads(2)", "torch to 2 threads"),
        (LOAD + "; z = torch.ones(9, requires_grad=True); torch.set_num_threads(2); torch.ones(4000, 4000) @ torch.ones(4000, 9)",
         "threads"),
        ("import torch; from torch.utils.data import DataLoader; it = iter(DataLoader(range(9), num_workers=1)); next(it)",
         "thread|child process"),
    ],
)  # fmt: skip
def test_what_would_hang_a_child_is_not_forked(study: Study, before: str, reason: str) -> None:
    """Raised threads, a pool that has run, living workers."""
    outcomes, notices = trials(
        study, before, TRAIN.partition("model")[0] + "_annotate_trial.report_final_result(n)"
    )
    assert [(outcome.values, outcome.exit.method) for outcome in outcomes] == [([0], "spawn"), ([1], "spawn")]
    assert len(notices) == 1
    assert re.search(reason, notices[0])
