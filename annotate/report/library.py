"""plotly.js, as the package plotly brings it: the text that a page carries within itself.

Of the package's renderers nothing is used, and its figures are not either: a page holds a study once, as plain
columns, and draws every chart from those.
"""

from __future__ import annotations

from annotate.errors import UsageError


def plotly_js() -> str:
    """The library's source. Raises UsageError where plotly is not installed."""
    try:
        from plotly.offline import get_plotlyjs  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UsageError(
            f"a report needs {error.name}, which is not installed",
            remedy="pip install 'annotate-trials[report]'",
        ) from error
    return str(get_plotlyjs())
