"""The screen: what a study looks like, as a pure function of one snapshot of it.

`render` is that function. `annotate.screen.live` drives it on a terminal, `annotate.screen.lines`
says the same in lines where there is none, `annotate.screen.summary` is what stays when it is over.
With the command line this is the only part that knows rich.
"""

from annotate.screen.frame import render
from annotate.screen.view import View

__all__ = ["View", "render"]
