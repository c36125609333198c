"""What a choice gives in a real trial, after search_space.json and parameters.json: exactly that option."""

from __future__ import annotations

import json
from typing import Any

from annotate.instrument import instrument
from annotate_tuners.space import Choice, SearchSpace

Study = Any  # of conftest, which importlib mode keeps to itself

OPTIONS = (
    "-1", "1", "0", "True", "False", "1.0", "-0.5", "1e-07", "1e300", "'1'", "''", "None", "'True'", "(1, 2)", "()",
    "[1]", "{'a': 1}", "5 * 6", "2**70", "'ä\\n\"😀'", "b'x'", "1j", "...", "float('inf')", "(lambda: 3)()",
    "{1, 2}", "-(-1)", "18014398509481985", "f'{1}'", "not 1",
)  # fmt: skip


def test_every_option_comes_back_as_its_own_value_and_type(study: Study) -> None:
    """One variable for each option, all with the same options; each is set to another of them."""
    names = [f"v{number}" for number in range(len(OPTIONS))]
    lines = [f"{name} = 'none'  # @nni.choice({', '.join(OPTIONS)})" for name in names]
    source = "\n".join([*lines, f"print(ascii([{', '.join(names)}]))"]) + "\n"
    done = instrument(source.encode(), "t", "train.py")
    space = SearchSpace.from_json(json.loads(json.dumps(done.space.to_json())))
    params: dict[str, Any] = {}
    for number, name in enumerate(names):
        distribution = space[f"t/{name}/choice"]
        assert isinstance(distribution, Choice)
        params[f"t/{name}/choice"] = distribution.options[number]
    outcome = study.python(done.code.decode(), source, params=params)
    assert outcome.log.strip() == ascii([eval(option) for option in OPTIONS])


def test_a_mutable_option_is_a_new_one_each_time(study: Study) -> None:
    source = "for i in range(2):\n    x = 0  # @nni.choice([1], {'a': []})\n    print(x); x['a'].append(i)\n"
    done = instrument(source.encode(), "t", "train.py")
    assert (
        study.python(done.code.decode(), source, params={"t/x/choice": "{'a': []}"}).log
        == "{'a': []}\n{'a': []}\n"
    )
