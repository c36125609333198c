"""Cores: as many as we may use, shared out so that trials do not step on each other."""

import os

import pytest

from annotate_runtime import cpus
from annotate_runtime.cpus import CpuPool, allowed_cores, core_count, threads_per_trial


def test_the_cores_are_those_of_our_affinity():
    assert allowed_cores() == tuple(sorted(os.sched_getaffinity(0)))


@pytest.mark.parametrize(
    ("text", "count"), [("max 100000", 3), ("150000 100000", 1), ("50000 100000", 1), ("900000 100000", 3)]
)
def test_a_containers_quota_counts(tmp_path, monkeypatch, text, count):
    monkeypatch.setattr(cpus, "allowed_cores", lambda: (0, 1, 2))
    monkeypatch.setattr(cpus, "CGROUP_V2", tmp_path / "cpu.max")
    (tmp_path / "cpu.max").write_text(text + "\n")
    assert core_count() == count


def test_the_older_form_of_a_quota_counts_too(tmp_path, monkeypatch):
    monkeypatch.setattr(cpus, "allowed_cores", lambda: (0, 1, 2))
    monkeypatch.setattr(cpus, "CGROUP_V2", tmp_path / "none")
    monkeypatch.setattr(cpus, "CGROUP_V1", tmp_path)
    assert core_count() == 3
    (tmp_path / "cpu.cfs_quota_us").write_text("200000\n")
    (tmp_path / "cpu.cfs_period_us").write_text("100000\n")
    assert core_count() == 2


def test_threads_are_shared_out_and_never_none():
    assert [threads_per_trial(jobs, 8) for jobs in (1, 2, 3, 8, 100)] == [8, 4, 2, 1, 1]


def test_each_trial_has_cores_of_its_own():
    pool = CpuPool((0, 2, 4, 6, 8), per_trial=2)
    first, second = pool.take(), pool.take()
    assert (first, second, pool.take()) == ((0, 2), (4, 6), None)
    pool.give_back(first)
    assert pool.take() == (0, 2)


def test_more_cores_than_there_are_is_refused():
    with pytest.raises(ValueError, match="3 cores per trial, but there are 2"):
        CpuPool((0, 1), per_trial=3)
