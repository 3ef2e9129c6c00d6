"""What every family is made of: the scope it works in and the measures it yields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from features.contract import BEHAVIOUR, TREATMENTS
from features.history import Floats, History


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
    """

    kinds: tuple[str, ...]
    channels: tuple[str, ...]
    mean_gap_days: float
    mean_gap_weight: float

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
class Family:
    """A group of features that is switched on or off together.

    Attributes
    ----------
    measures : callable
        ``(History, Scope) -> iterator of Measure``; must not depend on anything else.
    needs : tuple of str
        Kinds of which the source must declare at least one; otherwise the family is left out.
    """

    measures: Callable[[History, Scope], Iterator[Measure]]
    needs: tuple[str, ...] = BEHAVIOUR


def windowed(
    name: str, values: Floats, history: History, unit: str, meaning_en: str, meaning_nl: str
) -> Iterator[Measure]:
    """One measure per window; ``{days}`` in the words becomes the length of the window.

    Parameters
    ----------
    values : array, shape (windows, customers)
    """
    for days, column in zip(history.frame.windows_days, values, strict=True):
        yield Measure(
            f"{name}__{days}d", column, unit, meaning_en.format(days=days), meaning_nl.format(days=days)
        )
