"""Which way is better, read off a metric's name where the name leaves no doubt.

>>> infer_direction("val_acc"), infer_direction("loss.item()"), infer_direction("result")
('maximize', 'minimize', None)

A name that speaks for both (`loss_accuracy`) and one that speaks for neither say nothing.
"""

from __future__ import annotations

import re

from annotate.trial import Direction

_MAXIMIZE = frozenset({
    "acc", "accuracy", "accuracies", "auc", "auroc", "auprc", "ap", "map", "f1", "fscore", "score", "scores", "r2",
    "fps", "precision", "recall", "iou", "miou", "dice", "bleu", "rouge", "psnr", "ssim", "reward", "rewards", "return",
    "returns", "throughput", "likelihood", "top1", "top5", "mcc", "kappa", "correct",
})  # fmt: skip
_MINIMIZE = frozenset({
    "loss", "losses", "err", "error", "errors", "mse", "rmse", "mae", "mape", "rmsle", "perplexity", "ppl", "nll",
    "wer", "cer", "fid", "latency", "ms", "flops", "runtime", "regret", "cost", "deviance", "brier", "crossentropy", "bpc", "rmsd", "eer",
})  # fmt: skip
_NEGATED = frozenset({"neg", "negative", "minus"})


def infer_direction(name: str) -> Direction | None:
    """The direction that `name`, a name or any source text of an expression, stands for; None if unclear."""
    words = _words(name)
    up, down = bool(words & _MAXIMIZE), bool(words & _MINIMIZE)
    negated = bool(words & _NEGATED) or re.match(r"\s*(-|1(\.0*)?\s*-)", name) is not None
    if up == down:
        return None
    return "maximize" if up is not negated else "minimize"


def _words(name: str) -> set[str]:
    camel = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return {word for word in re.split(r"[^a-z0-9]+", camel.lower()) if word}
