"""Peers: what customers like this one did next, as far as it is known already.

A cell holds customers with the same silence, number of order days, own rhythm and recent activity. At a cutoff ``t``
everybody is put in the cell they were in at ``s = t - h``, and counted with who of them ordered in ``[s, t)``: all
of it is past. A customer is then told the rate of the cell they are in at ``t``. Where a source has no orders, active
days take their place.

The cells of then are judged on the rows as known at ``t`` (as `features.phases.phase_walk` does), so a customer's own
past is one of the many. The rate of a cell is drawn to that of its coarser cell (silence and number only), and
that one to the rate of everybody.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from features.families._base import Crowd, Family, Measure, Scope
from features.history import Floats, Frame, History, Ints, Mask

HORIZONS_DAYS = (7, 28, 84)
#: Where the parts of a cell begin: silence and own mean gap (in usual gaps), order days, active days in four weeks.
SILENCE = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
NUMBER = (1, 2, 3, 5, 9)
RHYTHM = (0.5, 1.25)
ACTIVE = (1, 2, 4, 8)
#: Silence has one part more, for who never ordered.
PARTS = (len(SILENCE) + 2, len(NUMBER) + 1, len(RHYTHM) + 1, len(ACTIVE) + 1)
COARSE = PARTS[0] * PARTS[1]
FINE = PARTS[2] * PARTS[3]
#: So many customers weigh as much as the coarser cell.
WEIGHT = 50.0


def horizons(frame: Frame) -> tuple[int, ...]:
    """Give the horizons that leave at least three quarters of the look-back to tell cells apart."""
    return tuple(days for days in HORIZONS_DAYS if 4 * days <= frame.lookback_days)


def cells(history: History, scope: Scope, day: int) -> tuple[Ints, Mask]:
    """Give each customer's cell at the start of a day, and whether they had done anything by then."""
    # The same reach at every day, or who is counted now could be in no cell of then.
    reach = history.frame.lookback_days - max(horizons(history.frame), default=0)
    days = _between(_acts(history, scope), day - reach, day)
    done = _between(history.only(kinds=scope.behaviour).by_day, day - reach, day)
    active = _between(done, day - 28, day).total()
    number = days.total()
    silence = (day - days.nth_last("day", 1, 0.0)) / scope.mean_gap_days
    weight = scope.mean_gap_weight
    span = days.total(np.maximum(days.gap, 0.0)) / scope.mean_gap_days
    rhythm = (span + weight) / (np.maximum(number - 1.0, 0.0) + weight)
    parts = (
        np.where(number > 0, np.searchsorted(SILENCE, silence, side="right"), PARTS[0] - 1),
        np.searchsorted(NUMBER, number, side="right"),
        np.searchsorted(RHYTHM, rhythm, side="right"),
        np.searchsorted(ACTIVE, active, side="right"),
    )
    return np.ravel_multi_index(parts, PARTS).astype(np.int64), done.total() > 0


def _count(history: History, scope: Scope) -> pa.Table:
    """Count, per horizon and cell of then, the customers, and who of them acted since."""
    today = history.frame.cutoff_day
    tables = [_NONE]
    for days in horizons(history.frame):
        cell, known = cells(history, scope, today - days)
        acted = known & (_between(_acts(history, scope), today - days, today).total() > 0)
        customers = np.bincount(cell[known], minlength=COARSE * FINE)
        found = np.flatnonzero(customers)
        columns = {
            "horizon_days": np.full(len(found), days, dtype=np.int64), "cell": found,
            "customers": customers[found], "acted": np.bincount(cell[acted], minlength=COARSE * FINE)[found],
        }  # fmt: skip
        tables.append(pa.table(columns))
    return pa.concat_tables(tables)


def _fit(counts: pa.Table, scope: Scope, before: pa.Table | None) -> pa.Table:
    """Give, for every horizon and cell seen, its rate, that rate / everybody's, and how much it rests on the cell.

    ``cell`` -1 is everybody, -2 and below are the coarser cells: for who is in a cell that was not seen.
    """
    horizon, cell, customers, acted = (counts[name].to_numpy() for name in _NONE.column_names)
    tables = [_LEARNT_NONE]
    for days in np.unique(horizon):
        here = horizon == days
        fine, n, k = cell[here], customers[here], acted[here]
        # Whole numbers up to here, so that no order of adding changes a bit.
        many, did = (np.bincount(fine // FINE, weights=counted, minlength=COARSE) for counted in (n, k))
        overall = (k.sum() + 0.5) / (n.sum() + 1.0)
        coarse = (did + WEIGHT * overall) / (many + WEIGHT)
        rate = (k + WEIGHT * coarse[fine // FINE]) / (n + WEIGHT)
        seen = np.flatnonzero(many)
        rates = np.concatenate([[overall], coarse[seen], rate])
        columns = {
            "horizon_days": np.full(len(rates), days, dtype=np.int64),
            "cell": np.concatenate([[-1], -2 - seen, fine]), "rate": rates, "relative": rates / overall,
            "evidence": np.concatenate([np.zeros(1 + len(seen)), n / (n + WEIGHT)]),
        }  # fmt: skip
        tables.append(pa.table(columns))
    return pa.concat_tables(tables).combine_chunks()


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    learnt = _LEARNT_NONE if scope.learnt is None else scope.learnt
    cell, _ = cells(history, scope, history.frame.cutoff_day)
    en, nl = ("ordered", "bestelde") if "purchase" in scope.kinds else ("did anything", "deed iets")
    for days in horizons(history.frame):
        rate, relative, evidence = _told(learnt, days, cell)
        yield Measure(f"rate__{days}d", rate, "share",
                      f"Share of customers like this one that {en} within {days} days",
                      f"Aandeel vergelijkbare klanten dat binnen {days} dagen {nl}")  # fmt: skip
        yield Measure(f"relative__{days}d", relative, "ratio",
                      f"The same / the share of all customers that {en} within {days} days",
                      f"Hetzelfde / het aandeel van alle klanten dat binnen {days} dagen {nl}")  # fmt: skip
        if days == HORIZONS_DAYS[0]:
            yield Measure("evidence", evidence, "share",
                          f"How much this rests on customers like this one: n / (n + {WEIGHT:g})",
                          f"Hoezeer dit op vergelijkbare klanten berust: n / (n + {WEIGHT:g})")  # fmt: skip


def _told(learnt: pa.Table, days: int, cell: Ints) -> tuple[Floats, Floats, Floats]:
    """Rate, relative rate and evidence of a cell; an even chance where nothing was learnt."""
    mine = learnt.filter(pa.compute.equal(learnt["horizon_days"], days))
    if not len(mine):
        return np.full(len(cell), 0.5), np.ones(len(cell)), np.zeros(len(cell))
    key, number = mine["cell"].to_numpy(), np.arange(len(mine))
    # From the whole to the part: the first row is everybody.
    place = np.zeros((COARSE, FINE), dtype=np.int64)
    place[-2 - key[key < -1]] = number[key < -1][:, np.newaxis]
    place.flat[key[key >= 0]] = number[key >= 0]
    found = place.ravel()[cell]
    return (
        mine["rate"].to_numpy()[found],
        mine["relative"].to_numpy()[found],
        mine["evidence"].to_numpy()[found],
    )


def _acts(history: History, scope: Scope) -> History:
    """Days with an order; with anything, where a source has no orders."""
    return history.orders.by_day if "purchase" in scope.kinds else history.only(kinds=scope.behaviour).by_day


def _between(history: History, since: int, before: int) -> History:
    day = history.column("day").astype(np.int64, copy=False)
    return history.where((day >= since) & (day < before))


_KEYS = {"horizon_days": pa.array([], pa.int64()), "cell": pa.array([], pa.int64())}
_NONE = pa.table({**_KEYS, **{name: pa.array([], pa.int64()) for name in ("customers", "acted")}})
_LEARNT_NONE = pa.table(
    {**_KEYS, **{name: pa.array([], pa.float64()) for name in ("rate", "relative", "evidence")}}
)

FAMILY = Family(_measures, crowd=Crowd(_count, _fit, keys=tuple(_KEYS)))
