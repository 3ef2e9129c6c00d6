"""Sequence: what the customer did last, one thing after another.

The lines of one order are one event, and events of kind ``other`` say nothing of what was done. A run is
a row of events of one group.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from features.contract import BEHAVIOUR
from features.families._base import Family, Measure, Scope
from features.history import KIND_CODE, Floats, History, Ints, Mask

#: Codes of kinds or of groups, one per event.
Codes = NDArray[np.generic]

#: Broad groups of what a customer does; behaviour that is named nowhere is `rest`.
GROUPS = {
    "browse": ("page_view", "product_view", "search", "content_view", "ad_click"),
    "cart": ("cart_add", "cart_remove", "checkout"),
    "buy": ("purchase",),
    "service": ("return", "ticket_open", "chat", "quote_request"),
    "mail": ("email_open", "email_click", "subscribe", "unsubscribe"),
    "store": ("store_visit",),
}
WORDS = {
    "browse": ("looking around", "rondkijken"), "cart": ("cart and checkout", "winkelwagen en afrekenen"),
    "buy": ("buying", "kopen"), "service": ("service", "service"), "mail": ("mail", "mail"),
    "store": ("the store", "de winkel"), "rest": ("anything else", "iets anders"),
}  # fmt: skip
#: How deep in the funnel a kind is; others are left out of the steps.
DEPTH = {
    "page_view": 1, "search": 1, "content_view": 1, "product_view": 2, "cart_add": 3, "checkout": 4, "purchase": 5,
}  # fmt: skip
#: What each of the last three runs weighs.
RUN_WEIGHTS = (1.0, 0.5, 0.25)
#: How many last events are looked at for variety, and the days that are recent.
LAST_EVENTS, RECENT_DAYS = 10, 28
#: What is assumed of a share of steps, weighing so many steps.
SHARE, WEIGHT = 0.3, 5.0


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    kinds = tuple(kind for kind in scope.behaviour if kind != "other")
    deeds = history.where(_deeds(history, kinds))
    kind, groups = deeds.column("kind"), _groups(kinds)
    code = _coded(kind, groups)
    begins = _changes(deeds, code)
    runs = deeds.where(begins)
    yield from _last_runs(runs, code[begins], groups)
    start = runs.nth_last(np.flatnonzero(begins).astype(np.float64), 1, 0.0)
    length = np.where(runs.ends > runs.starts, deeds.ends - start, 0.0)
    yield Measure("run_length", length, "events", "Events in a row of the group of the last event",
                  "Gebeurtenissen op rij van de groep van de laatste gebeurtenis")  # fmt: skip
    yield Measure("run_days", runs.last_days(), "days",
                  "Days since the customer went over to what they are doing now",
                  "Dagen sinds de klant overging op wat die nu doet")  # fmt: skip
    yield Measure("last_groups", _distinct_in_last(deeds, code, len(groups)), "groups",
                  "Different groups among the last 10 events",
                  "Verschillende groepen onder de laatste 10 gebeurtenissen")  # fmt: skip
    yield from _steps(deeds)
    turned = _changes(deeds, kind)
    yield _loops(deeds.row[turned], kind[turned], deeds)


def _deeds(history: History, kinds: tuple[str, ...]) -> Mask:
    """Tell which events are of these kinds; of the lines of one order only the first."""
    chosen = np.zeros(len(KIND_CODE), dtype=np.bool_)
    chosen[[KIND_CODE[kind] for kind in kinds]] = True
    kind = history.column("kind")
    keep: Mask = chosen[kind]
    lines = np.flatnonzero(kind == KIND_CODE["purchase"])
    row, moment = history.row[lines], history.column("occurred_us")[lines]
    keep[lines[1:]] &= (row[1:] != row[:-1]) | (moment[1:] != moment[:-1])
    return keep


def _groups(kinds: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Give the groups of which the source declares a kind; whatever is in none of them is the rest."""
    named = {kind for group in GROUPS.values() for kind in group}
    every = GROUPS | {"rest": tuple(kind for kind in BEHAVIOUR if kind not in named)}
    return {name: group for name, group in every.items() if set(group) & set(kinds)}


def _coded(kind: Codes, groups: dict[str, tuple[str, ...]]) -> Codes:
    table = np.zeros(len(KIND_CODE), dtype=np.int8)
    for number, group in enumerate(groups.values()):
        table[[KIND_CODE[word] for word in group]] = number
    coded: Codes = table[kind]
    return coded


def _changes(view: History, code: Codes) -> Mask:
    """Tell where a customer's first event stands, or one of another code than the event before it."""
    changed = np.ones(len(code), dtype=np.bool_)
    changed[1:] = (code[1:] != code[:-1]) | (view.row[1:] != view.row[:-1])
    return changed


def _last_runs(runs: History, code: Codes, groups: dict[str, tuple[str, ...]]) -> Iterator[Measure]:
    seen = np.zeros((len(groups) + 1, runs.frame.customers))
    customers = np.arange(runs.frame.customers)
    for n, weight in enumerate(RUN_WEIGHTS, start=1):
        place = runs.nth_last(code.astype(np.float64), n, float(len(groups))).astype(np.int64)
        seen[place, customers] += weight
    for name, weights in zip(groups, seen, strict=False):
        en, nl = WORDS[name]
        yield Measure(f"last_{name}", weights, "0..1.25",
                      f"How much of the last three things done was {en} (last 1, before it 0.5, before that 0.25)",
                      f"Hoeveel van de laatste drie dingen {nl} was (laatste 1, daarvoor 0,5, "
                      "daarvoor 0,25)")  # fmt: skip


def _distinct_in_last(deeds: History, code: Codes, number: int) -> Floats:
    seen = np.zeros((number + 1, deeds.frame.customers))
    customers = np.arange(deeds.frame.customers)
    codes = code.astype(np.float64)
    for n in range(1, LAST_EVENTS + 1):
        seen[deeds.nth_last(codes, n, float(number)).astype(np.int64), customers] = 1.0
    distinct: Floats = seen[:-1].sum(axis=0)
    return distinct


def _steps(deeds: History) -> Iterator[Measure]:
    """Look at steps between two events of the funnel on one day: the way back to a new visit is no step."""
    table = np.zeros(len(KIND_CODE), dtype=np.int8)
    table[[KIND_CODE[kind] for kind in DEPTH]] = list(DEPTH.values())
    depth, day = table[deeds.column("kind")], deeds.column("day").astype(np.int64, copy=False)
    later = 1 + np.flatnonzero(
        (depth[1:] > 0) & (depth[:-1] > 0) & (day[1:] == day[:-1]) & (deeds.row[1:] == deeds.row[:-1])
    )
    row, step = deeds.row[later], depth[later] - depth[later - 1]
    recent = day[later] >= deeds.frame.cutoff_day - RECENT_DAYS
    number = deeds.per_row(row)
    for name, taken, en, nl in (("deeper", step > 0, "deeper into the funnel", "dieper de trechter in"),
                                ("shallower", step < 0, "back towards looking", "terug naar rondkijken")):  # fmt: skip
        usual = (deeds.per_row(row[taken]) + SHARE * WEIGHT) / (number + WEIGHT)
        yield Measure(f"{name}_share", usual, "share",
                      f"Share of steps from one event to the next of that day that went {en}; drawn to 0.3",
                      f"Aandeel stappen van de ene gebeurtenis naar de volgende van die dag {nl}; "
                      "getrokken naar 0,3")  # fmt: skip
        if name == "deeper":
            taken_recently, recently = deeds.per_row(row[taken & recent]), deeds.per_row(row[recent])
            share = (taken_recently + usual * WEIGHT) / (recently + WEIGHT)
            yield Measure(f"{name}_share__{RECENT_DAYS}d", share, "share",
                          f"The same in the last {RECENT_DAYS} days, drawn to the customer's own share",
                          f"Hetzelfde in de laatste {RECENT_DAYS} dagen, getrokken naar het eigen "
                          "aandeel")  # fmt: skip


def _loops(row: Ints, kind: Codes, deeds: History) -> Measure:
    """Of the turns from one kind to another: how many went back to the kind before (A, B, A)."""
    back = np.flatnonzero((kind[2:] == kind[:-2]) & (row[2:] == row[:-2]))
    number = np.maximum(deeds.per_row(row) - 2.0, 0.0)
    return Measure("loop_share", (deeds.per_row(row[back]) + SHARE * WEIGHT) / (number + WEIGHT), "share",
                   "Share of turns to another kind of event that went back to the kind before it; drawn to 0.3",
                   "Aandeel overgangen naar een ander soort gebeurtenis die teruggingen naar de soort "
                   "daarvoor; getrokken naar 0,3")  # fmt: skip


FAMILY = Family(_measures)
