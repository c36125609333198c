"""However a trial ends, forked or as a fresh process, it looks as it does without us: the same output and exit code."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest

BEGIN = "from annotate_runtime.trial import trial as _annotate_trial; "
ASK = "n = (_annotate_trial['n'] if 'n' in _annotate_trial else 0)\n"
Study = Any  # of conftest, which importlib mode keeps to itself

DAEMON = "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
FAULTS = {
    "a misspelt name": "prnt(n)",
    "a misspelt attribute": "import os; os.pathh",
    "in a thread": "import threading; t = threading.Thread(target=lambda: 1 / 0, name='T'); t.start(); t.join()",
    "in a __del__": "D = type('D', (), {'__del__': lambda self: 1 / 0, '__repr__': lambda self: 'D()'}); d = D(); del d",
    "of broken syntax": "compile('\\n\\na b', __file__, 'exec')",
    "of broken syntax in a module": "import broken",
    "by the original hook": "import sys; sys.excepthook = lambda *e: sys.__excepthook__(*e); 1 / 0",
    "without a stderr": "import sys; sys.stderr = None; 1 / 0",
    "Ctrl-C": "import signal; signal.raise_signal(signal.SIGINT)",
    "Ctrl-C in a function": "import atexit, signal; atexit.register(print, 'bye'); (lambda: signal.raise_signal(2))()",
    "a stack": "import traceback; traceback.print_stack()",
    "a stack of the log": "import logging; logging.warning('w %s', 1, stack_info=True)",
    "a record": "import logging; logging.basicConfig(format='%(pathname)s:%(lineno)d %(message)s'); logging.error('e')",
    "an exit with text": "import sys; sys.exit('the t\\u00e9xt')",
    "an exit too large": f"import sys; sys.exit(2 ** {70 if sys.version_info < (3, 13) else 40})",
    "an exit below zero": "import sys; sys.exit(-1)",
    "an archive left open": "import gzip; g = gzip.open('left.gz', 'w'); g.write(b'kept'); print('ok')",
    "a global with a __del__": "D = type('D', (), {'__del__': lambda self: print('del')}); d = D()",
    "a __del__ that looks about": "import os\nclass D:\n def __del__(self): print('del', os.sep, text, f())\ndef f(): return 1\nd = D(); text = 'x'",
    "a cycle with a __del__": "D = type('D', (), {'__del__': lambda self: print('del')}); d = D(); d.d = d",
    "a __del__ beside a daemon thread": f"{DAEMON}; D = type('D', (), {{'__del__': lambda self: print('del')}}); d = D()",
    "an archive beside a daemon thread": f"{DAEMON}; import gzip; g = gzip.open('left.gz', 'w'); g.write(b'kept')",
    "text in an archive": "import gzip; g = gzip.open('left.gz', 'wt'); g.write('kept'); g.g = g",
    "a database that a class holds": "import sqlite3\nclass C: c = sqlite3.connect('left.gz')\nC.c.execute('pragma journal_mode=wal'); C.c.execute('create table t(x)')",
    "Ctrl-C beside a database": "import signal, sqlite3\nclass C: c = sqlite3.connect('left.gz')\nC.c.execute('pragma journal_mode=wal'); C.c.execute('create table t(x)'); signal.raise_signal(2)",
    "a hard exit": "import os; print('x', end=''); os._exit(5)",
    "a killing signal": "import signal; signal.raise_signal(signal.SIGTERM)",
    "a late exit": "import atexit, sys; atexit.register(lambda: sys.exit(9))",
    "a limit of frames": "import sys; sys.tracebacklimit = 1; (lambda: 1 / 0)()",
    "in a __del__, with a cause": "class D:\n def __del__(self):\n  try: 1 / 0\n  except Exception as e: raise ValueError(2) from e\nd = D(); del d",
    "in a thread, by the original hook": "import threading as th; th.excepthook = getattr(th, '__excepthook__', th.excepthook); t = th.Thread(target=lambda: 1 / 0, name='T'); t.start(); t.join()",
    "a warning about who called": "import warnings; warnings.warn('w', stacklevel=2)",
    "who called": "import inspect; print(len(inspect.stack()), inspect.stack()[-1].function)",
    "a hook that looks for what is handled": "import sys; sys.excepthook = lambda *e: print(sys.exc_info(), len(e)); 1 / 0",
    "a crash that atexit asks for": "import atexit, sys; atexit.register(lambda: print(sys.last_type, sys.last_value, sys.last_traceback.tb_next)); 1 / 0",
    "annotations of its own": "print(__annotations__, __name__, __spec__, __doc__, __package__)",
}  # fmt: skip

# fmt: off
COMMON = {
    "an object with a __del__": ("D = type('D', (), {'__del__': lambda self: print('del', self.n)}); d = D()", "d.n = n"),
    "a list that gets an archive": ("kept = []", "import gzip; g = gzip.open('left.gz', 'w'); g.write(b'kept'); kept.append(g); del g"),
    "a list that gets a file": ("kept = []", "f = open('left.gz', 'w'); f.write(10 * 'x' + 'kept'); kept.append([f, kept]); del f"),
    "a list that gets a __del__": ("kept = []", "D = type('D', (), {'__del__': lambda self: print('del')}); kept.append(D())"),
    "a class that gets an archive": ("class C: pass", "import gzip; C.g = gzip.open('left.gz', 'w'); C.g.write(b'kept')"),
    "a class that gets a database": ("class C: pass", "import sqlite3; C.c = sqlite3.connect('left.gz'); C.c.execute('pragma journal_mode=wal'); C.c.execute('create table t(x)')"),
    "a module that gets an archive": ("import owner", "import gzip; owner.g = gzip.open('left.gz', 'w'); owner.g.write(b'kept')"),
    "what has slots and a __del__": ("class D:\n __slots__ = ('n',)\n def __del__(self): print('del', self.n)\nd = D()", "d.n = n"),
    "a __del__ that looks about": ("import os\nclass D:\n def __del__(self): print('del', os.sep, text)\nd = D()", "text = 'x'"),
    "a __del__ that has run": ("class D:\n def __del__(self): print('del')\nd = D()", "del d; print('on')"),
    "a generator that has begun": ("def f():\n try: yield\n finally: print('end')\ng = f(); next(g)", "pass"),
    "a cycle with a __del__": ("D = type('D', (), {'__del__': lambda self: print('del')}); d = D(); d.d = d; del d", "pass"),
    "a file that is read": ("f = open(__file__)", "print(len(f.readline()) > 0)"),
    "a module's own": ("import owner; owner.d.n = 1", "owner.d.n = n"),
    "a finalizer": ("import weakref\nclass C: pass\nc = C(); weakref.finalize(c, print, 'final')", "pass"),
}
"""What is made before the fork, and what is done with it after; where that ends it."""
# fmt: on


@pytest.mark.parametrize("start", ["fork", "spawn"])
@pytest.mark.parametrize("fault", FAULTS)
def test_an_end_looks_as_it_does_without_us(study: Study, fault: str, start: str) -> None:
    """Byte for byte, as `python train.py` on the user's own file."""
    study.write("broken.py", "x = 1\ndef f(:\n", "x = 1\ndef f(:\n")
    line = FAULTS[fault]
    _looks_the_same(study, start, f"{ASK}{line}\n", f"n = 0  # @nni\n{line}\n")


@pytest.mark.parametrize("start", ["fork", "spawn"])
@pytest.mark.parametrize("made", COMMON)
def test_what_all_trials_share_ends_as_it_does_without_us(study: Study, made: str, start: str) -> None:
    owner = "class D:\n def __del__(self): pass\nd = D()\n"
    study.write("owner.py", owner, owner)
    before, after = COMMON[made]
    _looks_the_same(study, start, f"0\n{before}\n{ASK}{after}\n", f"0\n{before}\nn = 0  # @nni\n{after}\n")


def _looks_the_same(study: Study, start: str, instrumented: str, plain: str) -> None:
    script = study.write("train.py", BEGIN + instrumented, plain)
    outcome = study.run(sys.executable, script, fork=start == "fork")
    assert outcome.exit.method == start
    left = study.home / "left.gz"
    written = left.read_bytes()[10:] if left.exists() else b""  # its header holds the time
    left.unlink(missing_ok=True)
    output, code = study.plainly("train.py")
    assert re.sub("0x[0-9a-f]+", "", outcome.log) == re.sub("0x[0-9a-f]+", "", output)
    assert outcome.exit.returncode == code
    assert written == (left.read_bytes()[10:] if left.exists() else b"")


def test_what_is_shown_at_the_interpreters_end_is_shown_as_without_us(study: Study) -> None:
    """Nothing can be imported by then: neither a logged exception nor one of a `__del__` needs that for our sake."""
    line = (
        "import sys, traceback\nclass D:\n def __del__(self, t=traceback, e=sys):\n"
        "  try:\n   raise ValueError(1)\n  except ValueError:\n   if e.version_info < (3, 13): t.print_exc()\n"
        "   raise\nd = D(); d.d = d\n"
    )
    outcome = study.python(BEGIN + ASK + line, "n = 0\n" + line)
    output, _ = study.plainly("train.py")
    assert "ValueError" in output
    shown = outcome.log.replace(str(study.mirror), str(study.home))
    assert re.sub("0x[0-9a-f]+", "", shown) == re.sub("0x[0-9a-f]+", "", output)


def test_a_hook_that_fails_is_told_in_a_forked_trial_too(study: Study) -> None:
    """With what it was to show, and without a frame of ours."""
    line = "import sys; sys.excepthook = len; 1 / 0\n"
    script = study.write("train.py", BEGIN + ASK + line, "n = 0  # @nni\n" + line)
    outcome = study.run(sys.executable, script, fork=True)
    assert (outcome.exit.method, outcome.log, outcome.exit.returncode) == ("fork", *study.plainly("train.py"))


def test_what_all_trials_share_is_not_taken_apart(study: Study) -> None:
    """To let go of it copies each page of it, in every trial; what the trial has made itself goes."""
    watched = (
        "import weakref\nclass C: pass\n{0} = C(); r{0} = weakref.ref({0}, lambda _: print('{0} went'))\n"
    )
    source = BEGIN + watched.format("shared") + ASK + watched.format("own")
    outcome = study.run(sys.executable, study.write("train.py", source), fork=True)
    assert outcome.exit.method == "fork"
    assert outcome.log == "own went\n"
