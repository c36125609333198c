"""The loop: what is launched when, what the tuner is told, how it ends. Nothing here is a process."""

import asyncio
import dataclasses
import math
import time

import pytest

from annotate.errors import LaunchError, SpaceError, UsageError
from annotate.study import (
    Notice,
    OnFailure,
    TrialEnded,
    TrialReported,
    TrialRetried,
    TrialStarted,
    TrialWaiting,
    feeding,
)
from annotate.study.ports import Waiting
from annotate.trial import FailureReason, Measurement, Trial, TrialState, start
from annotate_tuners.errors import MissingPackage
from annotate_tuners.pruner import Continue, Stop


async def good(process):
    process.report(0.5)
    process.report(process.params.get("t/lr/uniform", 0.0), final=True)
    return 0


async def endless(process):
    process.report(0.25)
    await asyncio.sleep(1000)


def failing(text, code=1):
    async def script(process):
        process.log.write_text(text)
        return code

    return script


def traceback(line=3, text="ValueError: bad"):
    return f'Traceback (most recent call last):\n  File "t.py", line {line}, in <module>\n    x\n{text}\n'


def test_a_study_runs_its_trials_and_the_first_is_the_baseline(lab):
    ended = lab.run(good, trials=5)
    assert (ended.how, ended.why) == ("finished", "all 5 trials are done")
    trials = lab.store.trials()
    assert [t.number for t in trials] == [0, 1, 2, 3, 4]
    assert [t.state for t in trials] == [TrialState.SUCCEEDED] * 5
    assert [t.baseline for t in trials] == [True, False, False, False, False]
    assert trials[0].params == {}
    assert [t.value for t in trials] == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_a_value_takes_the_type_of_the_literal_it_replaces(lab):
    lab.run(good, trials=2)
    assert [type(v) for v in lab.store.trial(1).params.values()] == [int]


def test_without_a_baseline_every_trial_is_suggested(lab):
    lab.run(good, trials=2, baseline=False)
    assert [t.params for t in lab.store.trials()] == [{"t/lr/uniform": 1}, {"t/lr/uniform": 2}]


def test_the_tuner_is_told_the_baseline_and_every_result_in_the_same_order_each_time(lab):
    lab.run(good, trials=3)
    assert lab.tuner.told == [
        ("pending", 0, {"t/lr/uniform": 5}),
        ("suggest", 1),
        ("observe", 0, {"t/lr/uniform": 5}, 0.0),
        ("suggest", 2),
        ("observe", 1, {"t/lr/uniform": 1}, 1.0),
        ("observe", 2, {"t/lr/uniform": 2}, 2.0),
    ]


def test_the_tuner_is_built_only_after_the_first_trial_runs(lab):
    seen = []

    async def watching(process):
        seen.append(study._ahead.started)
        return await good(process)

    async def main():
        nonlocal study
        study = lab.study(watching, trials=2)
        await study.run()

    study = None
    asyncio.run(main())
    assert seen[0] is False


@pytest.mark.parametrize("jobs", [1, 3])
def test_as_many_trials_run_at_once_as_there_are_jobs(lab, jobs):
    async def short(process):
        await asyncio.sleep(0.02)
        return await good(process)

    lab.run(short, trials=9, jobs=jobs)
    assert lab.most_running == jobs
    assert lab.states == ["succeeded"] * 9
    assert lab.slots.out == set()


def test_a_result_is_committed_before_it_is_told(lab):
    seen = []

    def listener(event):
        match event:
            case TrialReported(number, measurements):
                seen.append(
                    set(measurements[0].values) <= {"default"}
                    and lab.store.measurements(number)[-1] == measurements[-1]
                )
            case TrialEnded(trial):
                seen.append(lab.store.trial(trial.number).value == trial.value)
            case TrialStarted(trial):
                seen.append(lab.store.trial(trial.number).state is TrialState.RUNNING)

    lab.events = type("Listener", (list,), {"append": lambda self, event: listener(event)})()
    lab.run(good, trials=3)
    assert seen == [True] * 9


def test_what_a_trial_reported_last_is_committed_with_its_end(lab):
    """One commit less a trial, and nobody ever sees the one without the other."""
    seen = []

    def listener(event):
        if isinstance(event, TrialReported):
            trial = lab.store.trial(event.number)
            seen.append((trial.state, trial.value, len(trial.measurements)))

    lab.events = type("Listener", (list,), {"append": lambda self, event: listener(event)})()
    lab.run(good, trials=1, baseline=False)
    assert seen == [(TrialState.SUCCEEDED, 1.0, 2)]


def test_the_process_of_a_running_trial_is_in_the_database(lab):
    """`annotate watch` shows its memory by that."""
    seen = []

    async def script(process):
        await asyncio.sleep(0)
        seen.append(lab.store.trial(process.trial.number).pid == process.pid)
        return await good(process)

    lab.run(script, trials=3)
    assert seen == [True] * 3


def test_a_failed_trial_does_not_use_up_the_budget(lab):
    async def script(process):
        return 1 if process.trial.number % 2 else await good(process)

    lab.run(script, trials=3)
    assert lab.states == ["succeeded", "failed"] * 2 + ["succeeded"]


@pytest.mark.parametrize(
    ("text", "code", "reason", "message"),
    [
        (traceback(), 1, FailureReason.EXCEPTION, "ValueError: bad"),
        (
            "torch.OutOfMemoryError: CUDA out of memory.",
            1,
            FailureReason.OOM,
            "torch.OutOfMemoryError: CUDA out of memory.",
        ),
        ("", -11, FailureReason.KILLED, "killed by SIGSEGV"),
        ("", 0, FailureReason.NO_METRIC, "it ended without reporting a result"),
    ],
)
def test_a_failure_says_why(lab, text, code, reason, message):
    lab.run(failing(text, code), on_failure=OnFailure(stop_after=1))
    trial = lab.store.trial(0)
    assert (trial.state, trial.reason, trial.message) == (TrialState.FAILED, reason, message)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_result_that_is_no_number_fails(lab, value):
    async def script(process):
        process.report(value, final=True)
        return 0

    lab.run(script, on_failure=OnFailure(stop_after=1))
    assert lab.store.trial(0).reason is FailureReason.NAN


def test_three_trials_with_one_traceback_stop_the_study_and_show_it(lab):
    ended = lab.run(failing(traceback()), trials=20)
    assert ended.how == "gave-up"
    assert "ValueError: bad" in ended.why
    assert ended.traceback == traceback().rstrip()
    assert lab.states == ["failed"] * 3


def test_the_first_three_of_a_resumed_study_count_as_long_as_none_has_succeeded(lab):
    lab.run(failing(traceback()), trials=20)
    lab.run(failing(traceback(line=4)), trials=20)
    assert lab.states == ["failed"] * 6
    lab.run(good, trials=1)
    ended = lab.run(failing(traceback(line=5)), trials=20)
    assert (ended.how, lab.states.count("failed")) == ("gave-up", 16)


def test_different_failures_stop_it_only_when_there_are_many_in_a_row(lab):
    async def script(process):
        return await failing(traceback(line=process.trial.number))(process)

    ended = lab.run(script, trials=20)
    assert (ended.how, len(lab.states)) == ("gave-up", 10)


def test_a_retried_trial_runs_again_with_the_same_parameters(lab):
    async def script(process):
        if process.trial.number == 1 and process.trial.attempt < 3:
            process.report(9.0)
            return 1
        return await good(process)

    lab.run(script, trials=2, on_failure=OnFailure(retries=2))
    trial = lab.store.trial(1)
    assert (trial.state, trial.attempt, trial.params) == (TrialState.SUCCEEDED, 3, {"t/lr/uniform": 1})
    assert [m.values["default"] for m in trial.measurements] == [0.5, 1.0]
    assert [event.failed.attempt for event in lab.of(TrialRetried)] == [1, 2]


def test_a_trial_out_of_memory_runs_again_alone_and_is_only_then_marked(lab):
    async def script(process):
        if process.trial.number == 0:
            process.log.write_text("MemoryError")
            return 1
        return await good(process)

    lab.run(script, trials=2)
    trial = lab.store.trial(0)
    assert (trial.reason, trial.attempt, trial.alone) == (FailureReason.OOM, 2, True)
    assert ("observe", 0, {"t/lr/uniform": 5}, None) in lab.tuner.told


def test_the_tuner_can_be_told_a_value_for_a_failure(lab):
    async def script(process):
        return 1 if process.trial.number == 1 else await good(process)

    lab.run(script, trials=2, on_failure=OnFailure(value=-7.0))
    assert ("observe", 1, {"t/lr/uniform": 1}, -7.0) in lab.tuner.told


def test_a_trial_without_a_final_result_counts_with_its_last_and_says_so_once(lab):
    async def script(process):
        process.report(0.1)
        process.report(0.2)
        return 0

    lab.run(script, trials=3)
    assert [t.value for t in lab.store.trials()] == [0.2] * 3
    assert len(lab.of(Notice)) == 1


def test_a_crash_after_the_final_result_loses_nothing(lab):
    async def script(process):
        await good(process)
        return -11

    lab.run(script, trials=1)
    assert (lab.states, lab.store.trial(0).exit_code) == (["succeeded"], -11)


def test_a_final_result_outlives_the_host(lab):
    """A trial that ran when its host was killed is run again, but not where it had given its final result."""
    for number, reported in enumerate(
        [Measurement(0, 2.0, {"default": 0.75}, final=True), Measurement(0, 2.0, {"default": 0.5})]
    ):
        lab.store.save(start(Trial(number, {"t/lr/uniform": 0.5 + number}), at=1.0))
        lab.store.record(number, [reported], ["t/lr/uniform"])
    lab.run(good, trials=2)
    assert [process.trial.number for process in lab.processes] == [1]
    done = lab.store.trial(0)
    assert (done.state, done.value, done.ended, done.attempt) == (TrialState.SUCCEEDED, 0.75, 2.0, 1)
    assert ("observe", 0, {"t/lr/uniform": 0.5}, 0.75) in lab.tuner.told


def test_a_stop_keeps_results_and_a_resume_runs_the_rest(lab):
    async def script(process):
        return await (good(process) if process.trial.number < 2 else endless(process))

    async def main():
        study = lab.study(script, trials=6, jobs=2)
        task = asyncio.create_task(study.run())
        while len(lab.processes) < 4:
            await asyncio.sleep(0.01)
        study.stop()
        study.stop()
        return await task

    ended = asyncio.run(main())
    assert ended.how == "stopped"
    assert lab.states == ["succeeded", "succeeded", "cancelled", "cancelled"]
    assert [p.grace for p in lab.processes] == [None, None, 10.0, 10.0]
    params = [t.params for t in lab.store.trials()]
    lab.tuner.told.clear()
    lab.run(good, trials=6, jobs=2)
    assert lab.states == ["succeeded"] * 6
    assert [t.params for t in lab.store.trials()][:4] == params
    assert lab.tuner.told[:4] == [
        ("observe", 0, {"t/lr/uniform": 5}, 0.0),
        ("observe", 1, {"t/lr/uniform": 1}, 1.0),
        ("pending", 2, params[2]),
        ("pending", 3, params[3]),
    ]


def test_an_abort_kills_at_once(lab):
    async def main():
        study = lab.study(endless, trials=3)
        task = asyncio.create_task(study.run())
        while not lab.processes:
            await asyncio.sleep(0.01)
        study.stop()
        study.abort()
        return await task

    assert asyncio.run(main()).how == "stopped"
    assert lab.processes[0].grace == 0.0


def test_a_trial_that_takes_too_long_counts_with_its_last_result(lab):
    lab.run(endless, trials=2, trial_timeout=0.15)
    assert [(t.state.value, t.value) for t in lab.store.trials()] == [("early-stopped", 0.25)] * 2


def test_a_trial_that_takes_too_long_and_has_no_result_failed(lab):
    async def silent(process):
        await asyncio.sleep(1000)

    lab.run(silent, trial_timeout=0.05, on_failure=OnFailure(stop_after=1))
    assert lab.store.trial(0).reason is FailureReason.TIMEOUT


def test_a_study_ends_when_its_time_is_over(lab):
    ended = lab.run(endless, trials=None, max_duration=0.2)
    assert (ended.how, lab.states) == ("finished", ["cancelled"])


def test_running_trials_are_finished_after_the_deadline_where_that_was_asked(lab):
    async def slow(process):
        await asyncio.sleep(0.4)
        return await good(process)

    lab.run(slow, trials=None, max_duration=0.15, at_deadline="finish")
    assert lab.states == ["succeeded"]


def test_every_budget_changes_while_it_runs(lab):
    async def slow(process):
        await asyncio.sleep(0.5)
        return await good(process)

    async def main(**changes):
        study = lab.study(slow, trials=None, max_duration=1000, trial_timeout=1000, baseline=False)
        task = asyncio.create_task(study.run())
        while lab.running == 0:
            await asyncio.sleep(0.01)
        study.update(changes)
        return await task

    ended = asyncio.run(main(max_duration=0.1, at_deadline="finish"))
    assert (ended.why, lab.states) == ("its 0.1 s are over", ["succeeded"])
    assert lab.store.meta().options["at_deadline"] == "finish"
    asyncio.run(main(max_duration=lab.store.seconds_run() + 0.1, at_deadline="stop"))
    assert lab.states == ["succeeded", "cancelled"]
    asyncio.run(main(trial_timeout=0.1, trials=1, max_duration=None))
    assert lab.store.trial(1).reason is FailureReason.TIMEOUT


@pytest.mark.parametrize(
    "changes",
    [
        {"jobs": None},
        {"jobs": 0},
        {"trials": "5"},
        {"trials": 0},
        {"at_deadline": "later"},
        {"grace": 1},
        {"jobs": []},
    ],
)
def test_a_change_that_makes_no_sense_is_refused_and_changes_nothing(lab, changes):
    study = lab.study(good, trials=2)
    with pytest.raises(UsageError):
        study.update(changes)
    assert study.options.to_json() == lab.study(good, trials=2).options.to_json()


def test_the_time_of_earlier_sessions_counts(lab):
    session = lab.store.begin_session(host="h", pid=1, at=1.0)
    lab.store.update_session(session, seconds=100.0)
    lab.run(endless, trials=None, max_duration=100.1)
    assert lab.store.seconds_run() < 105


def test_a_space_that_is_exhausted_ends_the_study(lab):
    lab.tuner.points = 2
    ended = lab.run(good, trials=10)
    assert ended.how == "finished"
    assert "every point" in ended.why
    assert lab.states == ["succeeded"] * 3


def test_a_killed_trial_is_cancelled_and_another_takes_its_place(lab):
    async def script(process):
        return await (endless(process) if process.trial.number == 1 else good(process))

    async def main():
        study = lab.study(script, trials=3)
        task = asyncio.create_task(study.run())
        while len(lab.processes) < 2:
            await asyncio.sleep(0.01)
        with pytest.raises(UsageError, match="has ended: succeeded"):
            study.kill(0)
        with pytest.raises(UsageError, match="does not exist"):
            study.kill(99)
        study.kill(1)
        await task

    asyncio.run(main())
    assert lab.states == ["succeeded", "cancelled", "succeeded", "succeeded"]
    assert ("forget", 1) in lab.tuner.told


def test_budgets_change_while_it_runs_and_the_study_remembers_them(lab):
    async def script(process):
        if process.trial.number == 1:
            study.update({"trials": 4, "jobs": 2})
        return await good(process)

    async def main():
        nonlocal study
        study = lab.study(script, trials=2)
        await study.run()

    study = None
    asyncio.run(main())
    assert len(lab.states) == 4
    assert lab.store.meta().options["trials"] == 4


def test_nothing_is_launched_while_paused(lab):
    async def main():
        study = lab.study(good, trials=3)
        study.pause()
        task = asyncio.create_task(study.run())
        await asyncio.sleep(0.1)
        assert lab.processes == []
        study.unpause()
        await task

    asyncio.run(main())
    assert len(lab.processes) == 3


def test_points_of_the_users_run_first(lab):
    """They wait in the database, as `--init` has left them."""
    lab.store.save(
        Trial(0, {}, baseline=True), Trial(1, {"t/lr/uniform": 77}), Trial(2, {"t/lr/uniform": 78})
    )

    async def main():
        study = lab.study(good, trials=4)
        await study.run()
        assert [t.number for t in study.snapshot().trials] == [0, 1, 2, 3]

    asyncio.run(main())
    assert [list(t.params.values()) for t in lab.store.trials()] == [[], [77], [78], [1]]


def test_a_trial_waits_for_its_slot_and_says_for_what(lab):
    free = False
    acquire = lab.slots.acquire

    async def busy(trial, jobs):
        return await acquire(trial, jobs) if free else Waiting("GPU 2: pid 4711, python, 31.2 GB of 40")

    lab.slots.acquire = busy

    async def main():
        nonlocal free
        study = lab.study(good, trials=1, baseline=False)
        task = asyncio.create_task(study.run())
        await asyncio.sleep(0.2)
        assert study.snapshot().waiting == {0: "GPU 2: pid 4711, python, 31.2 GB of 40"}
        assert lab.states == ["queued"]
        free = True
        await task
        assert study.snapshot().waiting == {}

    asyncio.run(main())
    assert lab.states == ["succeeded"]


def test_a_wait_is_told_once_and_only_where_it_lasts(lab, monkeypatch):
    monkeypatch.setattr(feeding, "WORTH_TELLING", 0.3)
    acquire, since = lab.slots.acquire, {}

    async def busy(trial, jobs):
        since.setdefault(trial.number, time.monotonic())
        if time.monotonic() - since[trial.number] >= {0: 0.05, 1: 0.6, 2: 0.0}[trial.number]:
            return await acquire(trial, jobs)
        asyncio.get_running_loop().call_later(0.01, study._wake.set)
        return Waiting("GPU 0: pid 4711")

    async def main():
        nonlocal study
        lab.slots.acquire = busy
        study = lab.study(good, trials=3)
        await study.run()

    study = None
    asyncio.run(main())
    (told,) = lab.of(TrialWaiting)
    assert told == TrialWaiting(1, "GPU 0: pid 4711")


def test_a_snapshot_shows_running_trials_with_their_reports(lab):
    async def main():
        study = lab.study(endless, trials=2)
        task = asyncio.create_task(study.run())
        await asyncio.sleep(0.3)
        (trial,) = study.snapshot().trials
        assert (trial.state, trial.pid) == (TrialState.RUNNING, 1000)
        assert [m.values for m in trial.measurements] == [{"default": 0.25}]
        assert lab.store.trial(0).measurements == trial.measurements
        study.abort()
        await task
        assert study.snapshot().phase == "finished"

    asyncio.run(main())


def test_a_command_that_cannot_be_started_ends_the_study_with_that_error(lab):
    async def main():
        study = lab.study(good, trials=2)

        async def launch(trial, lease):
            raise LaunchError("no such interpreter")

        study._supervisor._launch = launch
        await study.run()

    with pytest.raises(LaunchError, match="no such interpreter"):
        asyncio.run(main())
    assert lab.states == ["queued"]


def test_a_machine_whose_load_cannot_be_told_ends_no_study(lab):
    async def lost():
        raise OSError("the GPU fell off the bus")

    async def slow(process):
        await asyncio.sleep(0.4)
        return await good(process)

    lab.slots.readings = lost
    assert lab.run(slow, trials=2).how == "finished"
    (notice,) = lab.of(Notice)
    assert notice.text == "the load of the machine cannot be shown: OSError: the GPU fell off the bus"


def test_a_tuner_that_cannot_be_built_is_the_users_mistake_and_our_own_fault_escapes(lab):
    def broken(error):
        async def main():
            study = lab.study(endless, trials=2)

            def make():
                raise error

            study._ahead._make_tuner = make
            await study.run()

        asyncio.run(main())

    with pytest.raises(SpaceError, match="optuna"):
        broken(MissingPackage("pip install annotate-trials[optuna]"))
    with pytest.raises(ZeroDivisionError):
        broken(ZeroDivisionError())
    assert lab.running == 0


@pytest.mark.parametrize("call", ["suggest", "observe"])
def test_a_tuner_that_fails_midway_ends_the_study_after_the_trials_that_run(lab, call):
    def broken(*_):
        raise ZeroDivisionError("of the tuner")

    async def slow(process):
        process.report(0.25)
        await asyncio.sleep(0.4)
        return await good(process)

    async def quick_first(process):
        return await (good(process) if process.trial.number == 0 else slow(process))

    async def main():
        study = lab.study(quick_first, trials=9, jobs=3)
        task = asyncio.create_task(study.run())
        while len(lab.processes) < 4:
            await asyncio.sleep(0.01)
        setattr(lab.tuner, call, broken)
        return await task

    ended = asyncio.run(main())
    assert (ended.how, ended.why) == ("gave-up", "its tuner failed: ZeroDivisionError: of the tuner")
    assert "in broken" in ended.traceback
    assert lab.states == ["succeeded"] * len(lab.processes)
    assert 4 <= len(lab.processes) < 9
    assert [event.text for event in lab.of(Notice)] == [
        f"{ended.why}; the study ends when the trials that run have ended"
    ]
    del lab.tuner.__dict__[call]
    lab.run(good, trials=9, jobs=3)
    assert lab.states == ["succeeded"] * 9


def test_the_time_of_a_trial_never_runs_back(lab):
    async def main():
        wall = [1000.0]
        study = lab.study(good, clock=lambda: wall[0], trials=2)
        task = asyncio.create_task(study.run())
        await asyncio.sleep(0)
        wall[0] = 3.0
        await task

    asyncio.run(main())
    asyncio.run(lab.study(good, trials=3).run())
    times = [time for t in lab.store.trials() for time in (t.started, t.ended)]
    assert times == sorted(times)


def test_a_curve_of_a_million_reports_is_thinned_in_memory_only(lab):
    async def many(process):
        process.report(0.0)
        process.news_left = [dataclasses.replace(process.news_left[0], step=n) for n in range(50_000)]
        await asyncio.sleep(0.5)
        return await good(process)

    async def main():
        study = lab.study(many, trials=1)
        task = asyncio.create_task(study.run())
        await asyncio.sleep(0.6)
        while not study.snapshot().trials[0].measurements and not task.done():
            await asyncio.sleep(0.01)
        kept = study._supervisor.live[0].shown().measurements if 0 in study._supervisor.live else ()
        await task
        return len(kept)

    assert asyncio.run(main()) <= 2001
    assert len(lab.store.measurements(0)) == 50_002


def test_a_pruner_stops_a_trial_which_counts_with_its_last_result_and_spares_the_baseline(lab):
    asked = []

    class Pruner:
        def decide(self, others, curve):
            asked.append((curve.number, curve.values, sorted((o.number, o.completed) for o in others)))
            return Stop("too slow") if curve.number % 2 else Continue()

    async def script(process):
        process.report(0.25)
        await (asyncio.sleep(1000) if process.trial.number % 2 else asyncio.sleep(0.2))
        process.report(0.5, final=True)
        return 0

    def run(trials):
        asyncio.run(lab.study(script, pruner=Pruner(), trials=trials).run())

    run(3)
    assert [(t.state.value, t.value, t.message) for t in lab.store.trials()] == [
        ("succeeded", 0.5, None),
        ("early-stopped", 0.25, "too slow"),
        ("succeeded", 0.5, None),
    ]
    assert ("observe", 1, {"t/lr/uniform": 1}, 0.25) in lab.tuner.told
    assert asked[0] == (1, (0.25,), [(0, True)])
    run(4)
    assert asked[-1] == (3, (0.25,), [(0, True), (1, False), (2, True)])


def test_a_pruner_that_fails_is_told_once_and_left_out(lab):
    """The trial that it was asked about goes on, and so does the study."""

    class Pruner:
        def decide(self, others, curve):
            raise ValueError("broken")

    async def script(process):
        process.report(0.25)
        await asyncio.sleep(0.2)
        process.report(0.5, final=True)
        return 0

    asyncio.run(lab.study(script, pruner=Pruner(), trials=3).run())
    assert [trial.state.value for trial in lab.store.trials()] == ["succeeded"] * 3
    (told,) = [event.text for event in lab.of(Notice) if "pruner" in event.text]
    assert "stops no trial from now on: ValueError: broken (" in told
    assert f"{__file__}:" in told


def test_what_a_trial_raises_because_it_is_stopped_is_not_told(lab):
    """A DataLoader raises when its workers end of the same signal."""

    class Pruner:
        def decide(self, others, curve):
            return Stop("too slow")

    async def script(process):
        process.report(0.25)
        try:
            await asyncio.sleep(0.2 if process.trial.baseline else 1000)
        finally:
            process.log.write_text(traceback())
        return 0

    asyncio.run(lab.study(script, pruner=Pruner(), trials=2).run())
    told = [(event.trial.state.value, event.traceback) for event in lab.of(TrialEnded)]
    assert told == [("succeeded", ""), ("early-stopped", "")]


def test_a_trial_that_was_lost_runs_again_without_being_asked_for_but_not_for_ever(lab):
    async def script(process):
        lost = process.trial.number == 0 or process.trial.attempt == 1
        return None if lost else await good(process)

    lab.run(script, trials=2)
    trials = lab.store.trials()
    assert [(t.state.value, t.reason, t.attempt) for t in trials] == [
        ("failed", FailureReason.LOST, 3),
        ("succeeded", None, 2),
        ("succeeded", None, 2),
    ]
    assert ("forget", 0) in lab.tuner.told
