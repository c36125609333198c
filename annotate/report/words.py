"""Numbers, spans and moments as the page says them.

>>> number(0.000123456), span(3725), amount(4.69, 59.23)
('0.0001235', '1 h 2 min', '+4.69 (+7.9 %)')
"""

from __future__ import annotations

import json
import math
import time

from annotate.trial import Json

SHOWN = 200  # characters of one value


def number(value: float) -> str:
    """Five significant digits, fewer where those are zeros."""
    return f"{value:.5g}" if math.isfinite(value) else str(value)


def amount(difference: float, base: float) -> str:
    """A gain in the metric's own unit, and as a share of what it is held against."""
    share = difference / abs(base) if base else math.inf
    said = f" ({100 * share:+.1f} %)" if abs(share) < 100 else ""
    return f"{difference:+.4g}{said}"


def parameter(value: Json) -> str:
    """A parameter's value: a string as it is, anything else as JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def span(seconds: float) -> str:
    """How long something took: `60 ms`, `41 s`, `12 min 5 s`, `3 h 20 min`, `2 d 4 h`."""
    if seconds < 0.95:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole // 60 % 60} min"
    return f"{whole // 86400} d {whole // 3600 % 24} h"


def moment(at: float) -> str:
    """A time of this machine's clock: `21 Nov 2026, 07:19`."""
    local = time.localtime(at)
    return time.strftime(f"{local.tm_mday} %b %Y, %H:%M", local)


def many(count: int, thing: str) -> str:
    """`1 trial`, `12 trials`, `10,000 trials`."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
