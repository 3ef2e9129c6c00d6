"""KPIs of a journey: one theme per file, each a few definitions over the measures of the kernel.

To add one: a ``Kpi`` in ``KPIS`` of a file here, its key in ``features.settings.KPIS``, its words in
``models/journey/words.json``, and its case in the test.
"""

from __future__ import annotations

import sys

from features.discovery import discover
from features.settings import KPIS as KEYS
from models.journey.kpis._kpi import Kpi

__all__ = ["Kpi", "pairs", "registered"]


def registered() -> dict[str, Kpi]:
    """Give every KPI by key, in the order people want to read them.

    Examples
    --------
    >>> registered()["abandoned_baskets"].unit
    'share'
    """
    found = {kpi.key: kpi for theme in discover(sys.modules[__name__], "KPIS").values() for kpi in theme}
    return {
        key: found[key] for key in (*(key for key in KEYS if key in found), *sorted(set(found) - set(KEYS)))
    }


def pairs() -> set[tuple[str, str]]:
    """Give the pairs of measures whose ratio some KPI asks for."""
    return {pair for kpi in registered().values() for pair in kpi.pairs}
