"""One file per check: it defines ``CHECK = Check(title, stage, look)`` and is found by itself.

To add one: a file here, a test where it stays silent and one where it speaks (tests/models/monitoring), and its
line in docs/monitoring.md.
"""

from __future__ import annotations

import sys

from features.discovery import discover
from models.monitoring.checks._check import STAGES, Check


def checks() -> dict[str, Check]:
    """Give every check by name, in the order of the pipeline: causes lie upstream.

    Examples
    --------
    >>> list(checks())[0], list(checks())[-1]
    ('quarantine', 'scores')
    """
    found: dict[str, Check] = discover(sys.modules[__name__], "CHECK")
    return dict(sorted(found.items(), key=lambda item: (STAGES.index(item[1].stage), item[0])))
