"""The plan of the tables: everything that decides what they look like, settled once."""

from __future__ import annotations

import hashlib
from datetime import date

from features.settings import JourneySettings, LabelContract, Settings

#: Key of the schema metadata under which both tables carry the digest of the plan they were built from.
PLAN_DIGEST = b"klantreis.plan"


class Plan(Settings):
    """Everything that decides what the tables look like; JSON in and out (``model_dump_json``).

    ``cutoffs`` maps each target to the cutoffs on which it has a label; the tables hold the union of these
    and ``as_of_us``, at which everybody is scored and no label is known.
    """

    source: str
    currency: str
    kinds: tuple[str, ...]
    channels: tuple[str, ...]
    complete_until_us: int
    missing_days: tuple[date, ...]
    as_of_us: int
    cutoffs: dict[str, tuple[int, ...]]
    contracts: tuple[LabelContract, ...]
    families: tuple[str, ...]
    windows_days: tuple[int, ...]
    kind_windows_days: tuple[int, ...] = ()
    lookback_days: int
    mean_gap_days: float
    journey: JourneySettings
    holidays: tuple[int, ...] = ()

    @property
    def digest(self) -> str:
        """Hash of the whole plan: tables with equal digests belong together."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def all_cutoffs(self) -> tuple[int, ...]:
        """Union of the cutoffs of all targets and ``as_of_us``, ascending."""
        return tuple(sorted({self.as_of_us}.union(*self.cutoffs.values())))
