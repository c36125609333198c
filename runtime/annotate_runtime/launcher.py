"""The launcher: a small process between host and trials, so that the host never forks and leaves nothing.

Run as `python -I -S launcher.py FD` by `executors.local`; FD is a socket to the host. Both directions
are JSON lines:

    host:      {"op": "start", "id", "argv", "cwd", "env", "log", "cpus"}      a trial as a fresh process
               {"op": "serve", "id", "argv", "cwd", "env", "log"}              a fork server
               {"op": "fork", "id", "server", "directory", "env", "log", "cpus"}   a trial forked there
               {"op": "signal", "id", "signal"}                                to all of a trial
    launcher:  {"event": "started", "id", "pid"} | {"event": "failed", "id", "error"}
               {"event": "exited", "id", "returncode"}
               {"event": "ready", "id"} | {"event": "unsafe", "id", "reason"}  of a fork server
               {"event": "ended", "id", "returncode"}                          of a fork server

A trial leads a session of its own and dies with the launcher (PR_SET_PDEATHSIG). When its leader has
ended, the rest of its group is killed; so are processes that left the group: they become children of
the launcher, a subreaper, and are matched to a trial by session, environment or time of birth. Only
when nothing is left is `exited` told. When the host goes, by whatever death, everything goes.

Single-threaded, standard library only, and imports as little as it can: it must start in milliseconds.
This file is only its name; what it does is in `launcher_loop`, which has byte code.
"""

import os
import sys

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from annotate_runtime.launcher_loop import Launcher

    Launcher(int(sys.argv[1])).run()
