"""A running study is told what to do through its own socket, and by nobody else."""

import asyncio
import stat

import pytest

from annotate.errors import StorageError, UsageError
from annotate.study.control import (
    Ask,
    Kill,
    Stop,
    Update,
    ask,
    decode,
    encode,
    listening,
    send,
)
from annotate.study.standing import Standing


class Study:
    """Writes down what it is told."""

    def __init__(self):
        self.told = []

    def __getattr__(self, name):
        return lambda *arguments: self.told.append((name, *arguments))

    def kill(self, number):
        raise UsageError(f"trial {number} is succeeded", remedy="look again")

    def update(self, changes):
        if not changes:
            raise StorageError("the disk is full", remedy="make room")
        self.told.append(("update", changes))


def told(path, *requests):
    study = Study()

    async def main():
        async with listening(study, path):
            mode = stat.S_IMODE(path.stat().st_mode)
            for request in requests:
                await asyncio.to_thread(send, path, request)
            return mode

    mode = asyncio.run(main())
    return study.told, mode


REQUESTS = [
    Stop(),
    Stop(at_once=True),
    Kill(7),
    Update({"trials": 40, "max_duration": None}),
    Ask(),
]


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_request_comes_back_as_it_was(request_):
    assert decode(encode(request_)) == request_


def test_the_study_is_told_and_only_its_owner_may_tell_it(tmp_path):
    heard, mode = told(tmp_path / "c.sock", *(r for r in REQUESTS if not isinstance(r, Kill | Ask)))
    assert [name for name, *_ in heard] == ["stop", "abort", "update"]
    assert heard[2] == ("update", {"trials": 40, "max_duration": None})
    assert mode == 0o600
    assert not (tmp_path / "c.sock").exists()


def test_a_refusal_comes_back_with_its_remedy(tmp_path):
    with pytest.raises(UsageError, match="trial 7 is succeeded") as caught:
        told(tmp_path / "c.sock", Kill(7))
    assert caught.value.remedy == "look again"


def test_a_fault_of_the_disk_comes_back_at_once(tmp_path):
    """As a refusal does; the host's own screen is not written over."""
    with pytest.raises(UsageError, match="the disk is full") as refused:
        told(tmp_path / "c.sock", Update({}))
    assert refused.value.remedy == "make room"


def test_a_study_tells_what_is_not_in_its_database(tmp_path):
    standing = Standing("paused", {3: "GPU 2: pid 4711"}, ("trials run on the CPU",), 12.5)

    async def main():
        study = Study()
        study.standing = lambda: standing
        async with listening(study, tmp_path / "c.sock"):
            return await asyncio.to_thread(ask, tmp_path / "c.sock")

    assert asyncio.run(main()) == standing


@pytest.mark.parametrize("answer", [b'{"error": "the request is not understood"}\n', b"[]\n", b"\xff\n", b""])
def test_a_host_that_does_not_say_how_it_stands_is_no_fault(tmp_path, answer):
    async def other_version(reader, writer):
        await reader.readline()
        writer.write(answer)
        writer.close()

    async def main():
        async with await asyncio.start_unix_server(other_version, tmp_path / "c.sock"):
            return await asyncio.to_thread(ask, tmp_path / "c.sock")

    assert ask(tmp_path / "c.sock") is None
    assert asyncio.run(main()) is None


def test_a_study_that_does_not_run_says_so(tmp_path):
    with pytest.raises(UsageError, match="is not running"):
        send(tmp_path / "c.sock", Stop())
    (tmp_path / "c.sock").touch()
    with pytest.raises(UsageError, match="is not running"):
        send(tmp_path / "c.sock", Stop())


def test_a_host_that_dies_before_it_answers_has_done_nothing(tmp_path):
    """Silence is no consent."""

    async def dies(reader, writer):
        await reader.readline()
        writer.close()

    async def main():
        async with await asyncio.start_unix_server(dies, tmp_path / "c.sock"):
            await asyncio.to_thread(send, tmp_path / "c.sock", Stop())

    with pytest.raises(UsageError, match="is not running"):
        asyncio.run(main())


def test_a_socket_that_a_killed_host_left_behind_is_no_obstacle(tmp_path):
    (tmp_path / "c.sock").touch()
    heard, _ = told(tmp_path / "c.sock", Stop())
    assert len(heard) == 1


def test_a_study_deep_in_the_tree_can_be_told_too(tmp_path):
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    heard, _ = told(deep / "c.sock", Stop())
    assert len(heard) == 1


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b'{"do": "eval", "code": "1"}',
        b'{"do": "kill"}',
        b"\xff",
        b'{"do": "stop", "x": 1}',
        b'{"do": "kill", "number": []}',
        b'{"do": "kill", "number": "7"}',
        b'{"do": "update", "changes": [1]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_request_is_refused(line):
    with pytest.raises(UsageError):
        decode(line)
