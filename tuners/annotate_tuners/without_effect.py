"""Class arguments of NNI's that mean nothing here: accepted, dropped, and told to the user.

>>> split("smac", {"config_dedup": True, "walks": 5})
({'walks': 5}, ('config_dedup',))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES: Mapping[str, frozenset[str]] = {
    name: frozenset(arguments.split())
    for name, arguments in {
        "bohb": "bandwidth_factor min_bandwidth config_space",
        "dngo": "sample_size trials_per_update num_epochs_per_training",
        "gp": "selection_num_warm_up selection_num_starting_points",
        "metis": "no_resampling no_candidates selection_num_starting_points exploration_probability",
        "networkmorphism": "task input_width input_channel n_output_node n_model algorithm_name verbose beta t_min",
        "ppo": "trials_per_update epochs_per_update minibatch_size ent_coef lr vf_coef max_grad_norm gamma lam cliprange",
        "smac": "config_dedup",  # a point never runs twice here
    }.items()
}


def split(name: str, class_args: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What of the class arguments of tuner `name` is heeded, and the names of the rest."""
    idle = _NAMES.get(name, frozenset())
    return {k: v for k, v in class_args.items() if k not in idle}, tuple(k for k in class_args if k in idle)
