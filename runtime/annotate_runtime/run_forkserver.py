"""The fork server by name; what it does is in `forkserver`, which has byte code where a script never has."""

import sys

from annotate_runtime.forkserver import run

run(sys.argv[1], sys.argv[2:])
