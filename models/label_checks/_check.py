"""What a check is, and the case it looks at: one target in one phase, or in all of them together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from features.label_presets import LabelPreset
from features.plan import Plan
from features.settings import LabelContract, Words
from models.label_checks._delays import Delays
from models.panel import Panel
from models.selection import not_eligible

Mask = npt.NDArray[np.bool_]
Verdict = Literal["fine", "warned", "refused"]
#: From best to worst.
VERDICTS: tuple[Verdict, ...] = ("fine", "warned", "refused")
#: The case of all phases together.
ALL = "all"


@dataclass(frozen=True)
class Finding:
    """What a check says of a case: a verdict, why, and what may be changed (empty if nothing need be)."""

    verdict: Verdict
    reason: str
    remedy: str = ""


@dataclass(frozen=True)
class Case:
    """One target in one phase.

    Parameters
    ----------
    phase : str
        A phase of the journey, or ``ALL``.
    contract : LabelContract
        As the tables were built, with the minima that hold now.
    plan : Plan
        Cutoffs, journey, and how far the log goes.
    panel : Panel
        Every row, one per customer and cutoff; those at ``plan.as_of_us`` are the ones that will be scored.
    at_risk : bool array, one value per row of ``panel``
        Who is in the population, dormant customers aside.
    rows : Panel
        The rows that are learnt from: matured, labelled, at risk.
    asked : LabelContract
        What params.yaml and conf ask for now.
    preset : LabelPreset or None
        The preset that was chosen.
    delays : Delays or None
        How late the log learns of the events that the label counts; None: not known.
    start_us : int or None
        When the log begins, microseconds; None: not known.
    """

    phase: str
    contract: LabelContract
    plan: Plan
    panel: Panel
    at_risk: Mask
    rows: Panel
    asked: LabelContract
    preset: LabelPreset | None = None
    delays: Delays | None = None
    start_us: int | None = None

    @cached_property
    def own(self) -> Mask:
        """Which rows that are learnt from are of this phase."""
        return self._of(self.rows)

    @cached_property
    def here(self) -> Mask:
        """Which rows of the whole panel are at risk in this phase."""
        return np.asarray(self.at_risk & self._of(self.panel), dtype=np.bool_)

    @cached_property
    def y(self) -> npt.NDArray[np.float32]:
        """Labels that are learnt from."""
        return self.rows.y[self.own]

    @cached_property
    def positives(self) -> int:
        """Rows with label 1 that are learnt from."""
        return int((self.y > 0.5).sum())

    @property
    def negatives(self) -> int:
        """Rows with label 0 that are learnt from."""
        return len(self.y) - self.positives

    @property
    def grid(self) -> tuple[int, ...]:
        """Cutoffs on which the target should have a label, microseconds."""
        return self.plan.cutoffs.get(self.contract.target, ())

    @cached_property
    def refusal(self) -> str:
        """Why learning refuses a model for these labels, in its own words; empty if it does not."""
        return not_eligible(self.y, self.contract)

    def key(self, name: str) -> str:
        """Name a key of the target in params.yaml."""
        return f"{self.contract.target}.{name}"

    def _of(self, panel: Panel) -> Mask:
        return np.ones(len(panel), dtype=np.bool_) if self.phase == ALL else panel.in_phase(self.phase)


@dataclass(frozen=True)
class Check:
    """One thing that may be wrong with a label.

    Attributes
    ----------
    title : Words
        Its name for people, NL and EN.
    look : callable
        ``Case -> findings``; at least one, ``fine`` if nothing is wrong.
    place : int
        Where it comes among the checks.
    each_phase : bool
        Whether it looks at every phase, or only at all of them together.
    """

    title: Words
    look: Callable[[Case], Iterable[Finding]]
    place: int
    each_phase: bool = True
