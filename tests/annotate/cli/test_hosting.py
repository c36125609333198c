"""Which interpreter trials run in where nobody says."""

import sys

import pytest

from annotate.cli.hosting import python_of_user


@pytest.mark.parametrize(
    ("active", "expected"),
    [
        ({}, None),
        ({"VIRTUAL_ENV": "venv"}, "venv"),
        ({"CONDA_PREFIX": "conda", "CONDA_DEFAULT_ENV": "nlp"}, "conda"),
        ({"CONDA_PREFIX": "conda", "CONDA_DEFAULT_ENV": "base"}, None),
        ({"VIRTUAL_ENV": "venv", "CONDA_PREFIX": "conda", "CONDA_DEFAULT_ENV": "nlp"}, "venv"),
        ({"VIRTUAL_ENV": "gone", "CONDA_PREFIX": "conda", "CONDA_DEFAULT_ENV": "nlp"}, "conda"),
    ],
)
def test_the_active_environment_is_the_default(tmp_path, monkeypatch, active, expected):
    """conda's base is always active, and no choice of the user's."""
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV"):
        monkeypatch.delenv(name, raising=False)
    for name in ("venv", "conda"):
        (tmp_path / name / "bin").mkdir(parents=True)
        (tmp_path / name / "bin/python").symlink_to(sys.executable)
    for name, value in active.items():
        monkeypatch.setenv(name, value if name == "CONDA_DEFAULT_ENV" else str(tmp_path / value))
    assert python_of_user() == (f"{tmp_path}/{expected}/bin/python" if expected else sys.executable)
