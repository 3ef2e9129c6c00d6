"""What may be wrong with a label, before anything is learnt from it: one check per file.

A file in this folder defines ``CHECK`` (see `models.label_checks._check`); its name is the name of the check.
`models.label_checks._lint.lint` runs all of them over one target, phase by phase.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from features.discovery import discover

if TYPE_CHECKING:  # learning refuses what `_single_columns` refuses, and needs nothing else of this package
    from models.label_checks._check import Check

__all__ = ["registered"]


def registered() -> dict[str, Check]:
    """Give every check by name, in the order in which people read them.

    Examples
    --------
    >>> list(registered())
    ['tables', 'population', 'censored', 'overlap', 'minima', 'near_constant', 'leaking', 'vendor']
    """
    found = discover(sys.modules[__name__], "CHECK")
    return dict(sorted(found.items(), key=lambda item: (item[1].place, item[0])))
