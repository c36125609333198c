"""torch's compilers on functions that carry annotations, with the real torch."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from annotate.instrument import instrument

pytestmark = [pytest.mark.torch, pytest.mark.timeout(300)]
Study = Any  # of conftest, which importlib mode keeps to itself

SCRIPTED = """\
import torch, warnings
warnings.simplefilter("ignore")
@torch.jit.script
def scale(x):
    k = 2.0  # @nni.uniform(0, 10)
    return x * k
class Net(torch.nn.Module):
    def forward(self, x):
        n = 1  # @nni.choice(1, -2)
        # @nni.function_choice(torch.relu(x), torch.tanh(x), name=act)
        return torch.relu(x) * n
print(scale(torch.ones(1)).item(), round(torch.jit.script(Net())(torch.zeros(1) + 9).item(), 3))
"""
COMPILED = """\
import torch
@torch.compile(backend="eager", fullgraph=True)
def scale(x):
    k = 2.0  # @nni.uniform(0, 10)
    n = 1  # @nni.choice(1, -2)
    return x * k + n
print(scale(torch.ones(1)).item())
"""


def printed(study: Study, source: str, **params: object) -> str:
    done = instrument(source.encode(), "t", "train.py")
    outcome = study.python(
        done.code.decode(), source, params={f"t/{k.replace('__', '/')}": v for k, v in params.items()}
    )
    assert outcome.exit.returncode == 0, outcome.log
    return str(outcome.log)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, "2.0 9.0\n"),
        ({"k__uniform": 0.5, "n__choice": -2, "act__function_choice": "torch.tanh(x)"}, "0.5 -2.0\n"),
    ],
)
def test_torchscript_compiles_the_tuned_value(study: Study, params: dict[str, object], expected: str) -> None:
    """A function and a module's forward; in a trial without parameters the originals."""
    assert printed(study, SCRIPTED, **params) == expected


@pytest.mark.parametrize(
    ("params", "expected"), [({}, "3.0\n"), ({"k__uniform": 0.5, "n__choice": -2}, "-1.5\n")]
)
def test_dynamo_takes_the_value_into_one_graph(
    study: Study, params: dict[str, object], expected: str
) -> None:
    """`fullgraph=True` allows no break; the first question comes from inside the compiler."""
    assert printed(study, COMPILED, **params) == expected


def test_nothing_is_forked_while_dynamo_is_at_work(study: Study) -> None:
    """A fork there would change the threads under the compiler's feet: each trial is a fresh process."""
    import asyncio

    from annotate_runtime.executors.local import LocalExecutor, Prefix

    script = study.write("train.py", instrument(COMPILED.encode(), "t", "train.py").code.decode())
    request = study.request(sys.executable, script, params={"t/k/uniform": 0.5})
    notices: list[str] = []

    async def whole() -> Any:
        prefix = Prefix(request.command, request.cwd, request.env, study.root)
        executor = await LocalExecutor.start(notify=notices.append, prefix=prefix)
        outcome = study.outcome(request, await (await executor.launch(request)).wait())
        await executor.aclose()
        return outcome

    assert asyncio.run(whole()).log == "1.5\n"
    assert "torch.compile is at work" in notices[0]
