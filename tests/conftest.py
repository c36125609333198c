"""What holds for every test: Ctrl-C is heard, also where the tests were started in the background.

A shell without job control starts what is put behind `&` with SIGINT ignored, and every process below inherits that.
"""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
