"""What signals do to a command before its study runs, and after."""

import asyncio
import os
import signal

import pytest

from annotate.cli.signals import caught, leave_on_signals

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def _handlers():
    kept = {number: signal.getsignal(number) for number in ENDING}
    for number in ENDING:
        signal.signal(number, signal.default_int_handler)
    leave_on_signals()
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("second", ENDING)
def test_a_second_signal_does_not_disturb_what_the_first_cleans_up(second):
    """The exit code is the first one's; an impatient Ctrl-C leaves no half of a study."""
    cleaned = []

    def command():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), second)
            cleaned.append(True)

    with pytest.raises(SystemExit) as left:
        command()
    assert (left.value.code, cleaned) == (143, [True])


def test_once_the_study_has_ended_signals_mean_what_they_meant_before():
    """asyncio would leave SIGINT to Python and the others to the system."""

    async def study():
        heard = []
        with caught(heard.append):
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(0.01)
        return heard

    before = [signal.getsignal(number) for number in ENDING]
    assert asyncio.run(study()) == [signal.SIGINT]
    assert [signal.getsignal(number) for number in ENDING] == before
