"""What the end of a log says: the exception, where it was raised, and whether memory ran out."""

import pytest

from annotate.study.logs import TAIL, LogTail, read_log, read_tail

FRAMES = 'Traceback (most recent call last):\n  File "/t.py", line {line}, in <module>\n    f(x)\n'


def test_the_last_line_of_the_traceback_names_the_exception():
    said = read_tail("epoch 1\n" + FRAMES.format(line=3) + "ValueError: lr is 0.1\nbye\n")
    assert said.last_line == "ValueError: lr is 0.1"
    assert said.traceback == FRAMES.format(line=3) + "ValueError: lr is 0.1"


@pytest.mark.parametrize(
    "raised",
    ["KeyboardInterrupt", "torch.cuda.AcceleratorError: CUDA error", "mypkg.errors.BadShape: (3, 2)"],
)
def test_any_exception_is_named(raised):
    assert read_tail(FRAMES.format(line=3) + raised + "\n").last_line == raised


def test_the_same_exception_at_the_same_place_is_the_same_whatever_it_says():
    one, other, elsewhere, another_kind = (
        read_tail(FRAMES.format(line=line) + text).signature
        for line, text in (
            (3, "ValueError: lr is 0.1"),
            (3, "ValueError: lr is 0.2"),
            (4, "ValueError: x"),
            (3, "KeyError: x"),
        )
    )
    assert one == other
    assert len({one, elsewhere, another_kind}) == 3


def test_of_chained_exceptions_the_last_is_named():
    text = (
        FRAMES.format(line=1)
        + "KeyError: 'a'\n\nDuring handling of the above exception, another exception occurred:\n\n"
    )
    assert read_tail(text + FRAMES.format(line=2) + "ValueError: b\n").last_line == "ValueError: b"


def test_what_a_launcher_says_of_its_child_is_passed_over():
    child = '[rank1]: Traceback (most recent call last):\n[rank1]:   File "/t.py", line 9, in <module>\n[rank1]: ValueError: x\n'
    launcher = (
        FRAMES.format(line=1)
        + "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: \ntrain.py FAILED\n"
    )
    assert read_tail(child + launcher).last_line == "ValueError: x"


def test_without_a_traceback_the_last_line_that_says_anything_is_taken():
    assert read_tail("usage: train.py\ntrain.py: error: no such option --x\n\n  \n") == LogTail(
        "train.py: error: no such option --x"
    )
    assert read_tail("") == LogTail()


@pytest.mark.parametrize(
    "text",
    [
        "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB",
        "RuntimeError: CUDA error: out of memory",
        "RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory",
        "MemoryError",
        "numpy._core._exceptions._ArrayMemoryError: Unable to allocate 7 TiB",
        "RuntimeError: [enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory",
        "OSError: [Errno 12] Cannot allocate memory",
        "terminate called after throwing an instance of 'std::bad_alloc'",
    ],
)
def test_out_of_memory_is_recognised(text):
    assert read_tail(FRAMES.format(line=1) + text + "\n").out_of_memory


@pytest.mark.parametrize("text", ["ValueError: memory", "epoch 1: memory 3 GB", "no MemoryError here"])
def test_talk_of_memory_is_not_being_out_of_it(text):
    assert not read_tail(text).out_of_memory


def test_only_the_end_of_a_long_log_is_read(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"MemoryError\n" + b"\xff" * TAIL + b"\nlast\n")
    said = read_log(path)
    assert (said.last_line, said.out_of_memory) == ("last", False)
    assert read_log(tmp_path / "none") == LogTail()
