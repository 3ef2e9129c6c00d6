"""What a rule is, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from features.discovery import discover
from features.settings import Words
from models.actions.phase_policy import PhasePolicy
from models.policies.settings import PolicySettings

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Batch:
    """The customers that are decided on, and everything a rule may look at: known at the moment of deciding.

    Attributes
    ----------
    customers : array
        Pseudonyms.
    phase : array of str, one per customer
    policies : mapping of phase to PhasePolicy
    settings : PolicySettings
    decided_us : int or None
        Moment of deciding; None where nobody asks about time.
    allowed : mapping of phase to actions
        From the journey; an empty list, or no entry: all.
    consent : mapping of channel to array of True, False or None, one per customer
    channels : mapping of action to channel
    contacts : tuple of int arrays, one per customer
        One for each of ``settings.contact_caps``: contacts in its days.
    """

    customers: IntArray
    phase: NDArray[np.object_]
    policies: Mapping[str, PhasePolicy]
    settings: PolicySettings = field(default_factory=PolicySettings)
    decided_us: int | None = None
    allowed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    consent: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    contacts: tuple[IntArray, ...] = ()

    def __len__(self) -> int:
        return len(self.customers)

    def everybody(self, blocked: bool) -> BoolArray:
        """One answer for all customers."""
        return np.full(len(self), blocked, dtype=np.bool_)


@dataclass(frozen=True)
class Rule:
    """One reason to keep an action from a customer.

    Attributes
    ----------
    rank : int
        Where several rules block an action the one with the lowest rank is named.
    blocks : callable (action, Batch) to mapping of name to bool array, one per customer
        Whom it blocks, under the name that ``blocked`` of a score shows; the last name wins.
    words : callable (name) to words, or None where the name is of another rule
        The name as a marketer reads it.
    """

    rank: int
    blocks: Callable[[str, Batch], Mapping[str, BoolArray]]
    words: Callable[[str], Words | None]


@cache
def rules() -> tuple[Rule, ...]:
    """Give every rule of ``models/policies/rules``, the one that is named first at the front.

    Examples
    --------
    >>> [rule.rank for rule in rules()] == sorted(rule.rank for rule in rules())
    True
    """
    import models.policies.rules

    found: dict[str, Rule] = discover(models.policies.rules, "RULE")
    return tuple(sorted(found.values(), key=lambda rule: rule.rank))


def rule_words(name: str) -> Words:
    """Say a rule's name as a marketer reads it; a name that no rule knows stays as it is."""
    for rule in rules():
        said = rule.words(name)
        if said is not None:
            return said
    return {"en": name, "nl": name}
