"""What every label is made of: how its contract is resolved, on which cutoffs it lives, what it computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

import features.labels
from features.contract import BEHAVIOUR
from features.discovery import discover
from features.errors import InputError
from features.history import Floats, History, Ints, Mask
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
    censored : bool
        The window may not be over yet, or hold a missing day: ``values`` gives the days to the first event that
        counts, and the columns are ``days`` (-1: none was seen), ``observed`` (whole days of the window that the
        log covers) and ``left`` (at the end of which horizons the customer was dormant without such an event:
        sum of ``2 ** place``).
    """

    contract: Callable[[LabelSettings, Rhythm], LabelContract]
    columns: tuple[str, ...]
    values: Callable[[History, LabelContract], tuple[Floats, ...]] | None = None
    cutoffs: Literal["grid", "decisions"] = "grid"
    of_phases: Callable[[Ints, Ints, int], Floats] | None = None
    censored: bool = False


def labels() -> dict[str, Label]:
    """Give every registered label by target, sorted by name.

    Examples
    --------
    >>> sorted(labels())
    ['churn', 'exits', 'next_action', 'readiness', 'timing', 'value']
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
        target=target, event=settings.event or event, active_event=settings.active_event or active_event,
        horizon_days=settings.horizon_days or horizon_days,
        active_days=settings.active_days or active_days, gap_days=settings.gap_days,
        min_positives=settings.min_positives, min_negatives=settings.min_negatives, phases=settings.phases,
    )  # fmt: skip


def in_phases(contract: LabelContract, phase: Ints, phase_keys: Sequence[str]) -> Mask:
    """Tell who is in one of the phases that a contract is about.

    Parameters
    ----------
    contract : LabelContract
        Without ``phases`` everybody is.
    phase : int array, one value per customer
        Places in ``phase_keys``.
    phase_keys : sequence of str
        ``JourneySettings.phase_keys``.

    Raises
    ------
    InputError
        If a phase is not of the journey.

    Examples
    --------
    >>> only = LabelContract(target="churn", horizon_days=28, phases=("retention",))
    >>> in_phases(only, np.array([0, 1, 2]), ("decision", "retention", "dormant")).tolist()
    [False, True, False]
    """
    if contract.phases is None:
        return np.ones(len(phase), dtype=np.bool_)
    for name in contract.phases:
        if name not in phase_keys:
            raise InputError(
                f"{contract.target}.phases in params.yaml (or its preset in conf/labels): no phase {name!r}; allowed "
                f"under this journey: {', '.join(phase_keys)}"
            )
    return np.isin(phase, [phase_keys.index(name) for name in contract.phases])


def happened(history: History, event: TargetEvent) -> History:
    """Keep the events that count for a contract: purchases, or any behaviour of the customer."""
    return history.only(kinds=("purchase",) if event == "purchase" else BEHAVIOUR)
