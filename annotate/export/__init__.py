"""A study for other programs, and trials of other programs as a study.

    documents   JSON and JSON lines, both ways        tables    CSV, both ways; the columns of parquet
    parquet  tensorboard  mlflow  optuna              what those tools open, each behind an extra
    optuna_reading  nni                               their trials, read
    importing                                         trials that were read, as a study on disk

What is read and written is a `StudyRecord`. Nothing here prints; a tool's package is imported when it is used.
"""

from annotate.export.record import StudyRecord

__all__ = ["StudyRecord"]
