"""What every family is made of: the scope it works in and the measures it yields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from features.contract import BEHAVIOUR, TREATMENTS
from features.history import Floats, History
from features.settings import JourneySettings


@dataclass(frozen=True)
class Scope:
    """What the source can produce, as declared (never as observed: a later row must not change the columns).

    Attributes
    ----------
    kinds, channels : tuple of str
        Declared words of the closed vocabularies.
    mean_gap_days : float
        Days between orders that is assumed of a customer of whom nothing is known.
    mean_gap_weight : float
        How many own gaps that assumption weighs.
    journey : JourneySettings or None
        The rules of the phases; None where a caller has none.
    kind_windows_days : tuple of int
        Windows in which each kind of event is counted on its own; all of them are windows of the frame.
    holidays : tuple of int
        Day numbers (days since 1970-01-01) of the holidays of the configured country, rising.
    learnt : table or None
        What the family learnt from everybody (`Crowd`); None where nothing was known yet.
    """

    kinds: tuple[str, ...]
    channels: tuple[str, ...]
    mean_gap_days: float
    mean_gap_weight: float
    journey: JourneySettings | None = None
    kind_windows_days: tuple[int, ...] = ()
    holidays: tuple[int, ...] = ()
    learnt: pa.Table | None = None

    @property
    def behaviour(self) -> tuple[str, ...]:
        """Declared kinds that are customer behaviour."""
        return tuple(kind for kind in self.kinds if kind in BEHAVIOUR)

    @property
    def treatments(self) -> tuple[str, ...]:
        """Declared kinds that are things we do to the customer."""
        return tuple(kind for kind in self.kinds if kind in TREATMENTS)

    @property
    def other_behaviour(self) -> tuple[str, ...]:
        """Declared behaviour other than purchases."""
        return tuple(kind for kind in self.behaviour if kind != "purchase")


@dataclass(frozen=True)
class Measure:
    """One column of a family: its values (one per customer of the batch) and its words.

    The default for an empty history is what the family computes for a customer without events.
    """

    name: str
    values: Floats
    unit: str
    meaning_en: str
    meaning_nl: str


@dataclass(frozen=True)
class Crowd:
    """How a family learns a small table from everybody, at each cutoff from what was known then.

    Attributes
    ----------
    count : callable
        ``(History, Scope) -> table``: key columns, then int64 columns of counts, for one batch of customers. Counts
        of equal keys are added up over batches: whole numbers, so that no order of adding changes a bit.
    fit : callable
        ``(table, Scope, table or None) -> table``: from the counts of everybody (sorted by key), and what was learnt
        at the cutoff before, to what ``measures`` finds in ``scope.learnt``.
    keys : tuple of str
        The key columns.
    """

    count: Callable[[History, Scope], pa.Table]
    fit: Callable[[pa.Table, Scope, pa.Table | None], pa.Table]
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Family:
    """A group of features that is switched on or off together.

    Attributes
    ----------
    measures : callable
        ``(History, Scope) -> iterator of Measure``; must not depend on anything else.
    needs : tuple of str
        Kinds of which the source must declare at least one; otherwise the family is left out.
    reads : tuple of str
        Columns of the events it reads besides ``features.events.READS``.
    crowd : Crowd or None
        What it learns from everybody; ``measures`` must do without where ``scope.learnt`` is None.
    """

    measures: Callable[[History, Scope], Iterator[Measure]]
    needs: tuple[str, ...] = BEHAVIOUR
    reads: tuple[str, ...] = ()
    crowd: Crowd | None = None


def windowed(
    name: str, values: Floats, history: History, unit: str, meaning_en: str, meaning_nl: str,
    only: tuple[int, ...] = (),
) -> Iterator[Measure]:  # fmt: skip
    """One measure per window; ``{days}`` in the words becomes the length of the window.

    Parameters
    ----------
    values : array, shape (windows, customers)
    only : tuple of int
        Windows to keep (days); none named is all.
    """
    for days, column in zip(history.frame.windows_days, values, strict=True):
        if not only or days in only:
            yield Measure(
                f"{name}__{days}d", column, unit, meaning_en.format(days=days), meaning_nl.format(days=days)
            )
