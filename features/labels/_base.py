"""What every label is made of: how its contract is resolved, on which cutoffs it lives, what it computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import features.labels
from features.contract import BEHAVIOUR
from features.discovery import discover
from features.errors import InputError
from features.history import Floats, History, Ints
from features.settings import LabelContract, LabelSettings, Rhythm, TargetEvent


@dataclass(frozen=True)
class Label:
    """One target.

    Attributes
    ----------
    contract : callable
        ``(LabelSettings, Rhythm) -> LabelContract``: a null in params.yaml is as the source declares.
    columns : tuple of str
        Names of the label columns, after ``<target>__``.
    values : callable or None
        ``(future History, LabelContract) -> one array per column``, one value per customer; None for a label
        that is about the phase.
    cutoffs : {"grid", "decisions"}
        Lives on the observation grid, or at the midnights before logged decisions only.
    of_phases : callable or None
        ``(phase at the cutoff, phase at the end of the window, place of dormant) -> one value per customer``,
        for a label that is about the phase; its population is everybody in a phase.
    """

    contract: Callable[[LabelSettings, Rhythm], LabelContract]
    columns: tuple[str, ...]
    values: Callable[[History, LabelContract], tuple[Floats, ...]] | None = None
    cutoffs: Literal["grid", "decisions"] = "grid"
    of_phases: Callable[[Ints, Ints, int], Floats] | None = None


def labels() -> dict[str, Label]:
    """Give every registered label by target, sorted by name.

    Examples
    --------
    >>> sorted(labels())
    ['churn', 'exits', 'next_action', 'readiness']
    """
    return discover(features.labels, "LABEL")


def contracts(settings: Mapping[str, LabelSettings], rhythm: Rhythm) -> tuple[LabelContract, ...]:
    """Resolve the label contracts of the targets in params.yaml against what the source declares.

    Parameters
    ----------
    settings : mapping of str to LabelSettings
        One per target; the key is the target.
    rhythm : Rhythm
        How fast life goes in the data set.

    Raises
    ------
    InputError
        If a target is not registered.

    Examples
    --------
    >>> rhythm = Rhythm(step_days=28, churn_horizon_days=28, readiness_horizon_days=7)
    >>> [contract.horizon_days for contract in contracts({"churn": LabelSettings()}, rhythm)]
    [28]
    """
    known = labels()
    for target in settings:
        if target not in known:
            raise InputError(
                f"{target} in params.yaml: no such target; allowed: {', '.join(known)}; "
                "a target is a file in features/labels"
            )
    return tuple(known[target].contract(settings[target], rhythm) for target in sorted(settings))


def resolved(
    target: str, settings: LabelSettings, *, event: TargetEvent, active_event: TargetEvent,
    horizon_days: int, active_days: int | None,
) -> LabelContract:  # fmt: skip
    """Fill what params.yaml leaves null with what the source declares."""
    return LabelContract(
        target=target, event=settings.event or event, active_event=active_event,
        horizon_days=settings.horizon_days or horizon_days,
        active_days=settings.active_days or active_days, gap_days=settings.gap_days,
        min_positives=settings.min_positives, min_negatives=settings.min_negatives,
    )  # fmt: skip


def happened(history: History, event: TargetEvent) -> History:
    """Keep the events that count for a contract: purchases, or any behaviour of the customer."""
    return history.only(kinds=("purchase",) if event == "purchase" else BEHAVIOUR)
