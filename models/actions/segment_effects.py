"""Effects of actions per segment, with a correction for how many segments were looked at.

Every cell (phase x action x segment x measure) asks two questions: does the action do anything here, and does
it do something else here than for everybody else of the phase? Each question is a family of its own: the
p-values of ALL its cells, over all phases, are adjusted together.

References
----------
Chernozhukov, Demirer, Duflo & Fernandez-Val (2018), Generic machine learning inference on heterogeneous
treatment effects (averages of doubly robust scores by group). Benjamini & Hochberg (1995), Controlling the
false discovery rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from models.actions.action_rule import Candidates
from models.actions.effect_cells import Cells, compared, in_cells, too_small
from models.bootstrap import false_discovery

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Share of the findings that may be false.
DISCOVERY = 0.10
PROBABILITY, MONEY = "probability", "money"
#: Only known where the rest of the phase is large enough too.
AGAINST_REST = ("rest", "difference", "difference_low", "difference_high", "difference_p")

SEGMENT_EFFECTS = pa.schema(
    [
        pa.field("phase", pa.string(), metadata={"meaning": "phase of the journey at the decision"}),
        pa.field("action", pa.string(), metadata={"meaning": "compared with none"}),
        pa.field("segment_kind", pa.string(), metadata={"meaning": "all, a dimension or an attribute"}),
        pa.field("segment", pa.string(), metadata={"meaning": "value of the kind, incl. unknown"}),
        pa.field(
            "measure", pa.string(), metadata={"meaning": "probability (of success) or money (after costs)"}
        ),
        pa.field("n", pa.int64(), metadata={"meaning": "decisions where action and none were possible"}),
        pa.field("customers", pa.int64(), metadata={"meaning": "distinct customers among them"}),
        pa.field("n_action", pa.int64(), metadata={"meaning": "of them: given the action"}),
        pa.field("n_none", pa.int64(), metadata={"meaning": "of them: given nothing"}),
        pa.field("events_action", pa.int64(), metadata={"meaning": "successes among n_action"}),
        pa.field("events_none", pa.int64(), metadata={"meaning": "successes among n_none"}),
        pa.field("effect", pa.float64(), metadata={"meaning": "mean doubly robust effect; null: see note"}),
        pa.field("low", pa.float64(), metadata={"meaning": "lower end, clustered by customer, not adjusted"}),
        pa.field("high", pa.float64(), metadata={"meaning": "upper end"}),
        pa.field("p_value", pa.float64(), metadata={"meaning": "of effect = 0"}),
        pa.field("q_value", pa.float64(), metadata={"meaning": "p_value adjusted over all cells"}),
        pa.field("rest", pa.float64(), metadata={"meaning": "the effect on everybody else of the phase"}),
        pa.field("difference", pa.float64(), metadata={"meaning": "effect - rest"}),
        pa.field("difference_low", pa.float64(), metadata={"meaning": "lower end, clustered by customer"}),
        pa.field("difference_high", pa.float64(), metadata={"meaning": "upper end"}),
        pa.field("difference_p", pa.float64(), metadata={"meaning": "of difference = 0"}),
        pa.field("difference_q", pa.float64(), metadata={"meaning": "difference_p adjusted over all cells"}),
        pa.field("note", pa.string(), metadata={"meaning": "why there is no effect, else empty"}),
    ]
)
"""One row per phase, action, segment and measure."""


@dataclass(frozen=True)
class PhaseScores:
    """What one phase's tournament leaves to read effects from.

    Attributes
    ----------
    phase : str
    log : Candidates
    outcomes : array (rows, arms)
        Cross-fitted doubly robust scores of the outcome (0/1); NaN where an arm was not eligible.
    money : array (rows, arms)
        The same of money after costs, per decision.
    segments : mapping of str to array, one per decision
        Dimension to segment, see `models.actions.decision_segments`.
    """

    phase: str
    log: Candidates
    outcomes: FloatArray
    money: FloatArray
    segments: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)


def segment_effects(phases: Sequence[PhaseScores], confidence: float = 0.95) -> pd.DataFrame:
    """Give the effect of every action against ``none`` in every segment of every phase.

    Parameters
    ----------
    phases : sequence of PhaseScores
        ALL phases at once: their cells are adjusted together.
    confidence : float
        Of the intervals, two-sided, each on its own.

    Returns
    -------
    DataFrame
        Columns as in ``SEGMENT_EFFECTS``: per phase and action first everybody (kind ``all``), then the segments
        by kind and name. A cell that is too small has counts and a note, no effect.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> n, arm = 2000, np.tile([0, 1], 1000)
    >>> young = np.where(np.arange(n) % 4 < 2, "young", "old")
    >>> outcome = (rng.random(n) < 0.3 + 0.3 * arm * (young == "young")).astype(float)
    >>> log = Candidates(("none", "mail"), np.zeros((n, 1), np.float32), np.zeros(n, np.float32), np.arange(n),
    ...     arm, np.ones((n, 2), bool), np.full(n, 0.5), outcome, 10 * outcome, np.zeros(2))
    >>> scores = np.where(arm[:, None] == [0, 1], 2 * outcome[:, None], 0.0)
    >>> found = segment_effects([PhaseScores("buy", log, scores, 10 * scores, {"age": young})])
    >>> found = found[found["measure"] == "probability"].set_index("segment")
    >>> found["effect"].round(1).to_dict(), found["difference_q"].round(3).to_dict()
    ({'all': 0.2, 'old': 0.0, 'young': 0.3}, {'all': nan, 'old': 0.0, 'young': 0.0})
    """
    rows = [row for one in phases for row in _phase_rows(one, confidence)]
    frame = pd.DataFrame(rows, columns=SEGMENT_EFFECTS.names)
    for raw, adjusted in (("p_value", "q_value"), ("difference_p", "difference_q")):
        frame[adjusted] = false_discovery(frame[raw].to_numpy(dtype=np.float64))
    return frame


def write_effects(frame: pd.DataFrame, path: Path) -> None:
    """Write the frame of `segment_effects` as Parquet, each column with its meaning."""
    table = pa.Table.from_pandas(frame, schema=SEGMENT_EFFECTS, preserve_index=False)
    pq.write_table(table, path, compression="zstd")


def effects_summary(frame: pd.DataFrame, discovery: float = DISCOVERY) -> dict[str, Any]:
    """Name what holds after the correction, for ``tournament.json``.

    Parameters
    ----------
    frame : DataFrame
        From `segment_effects`.
    discovery : float
        Share of the findings that may be false.

    Returns
    -------
    dict
        ``discovery``, ``cells``, ``tested`` and ``too_small`` (counts); ``found``: cells whose effect, and
        ``different``: cells whose difference from the rest holds, largest first within a measure. Plain numbers.
    """
    small = int((frame["note"] != "").sum())
    return {
        "discovery": discovery,
        "cells": len(frame),
        "tested": len(frame) - small,
        "too_small": small,
        "found": _holding(frame, "q_value", "effect", discovery),
        "different": _holding(frame, "difference_q", "difference", discovery),
    }


def _holding(frame: pd.DataFrame, q: str, size: str, discovery: float) -> list[dict[str, Any]]:
    sure = frame[(frame[q] <= discovery) & (frame["segment_kind"] != "all")]
    order = sure.assign(size=sure[size].abs()).sort_values(
        ["measure", "size", "phase", "action", "segment_kind", "segment"],
        ascending=[False, False, True, True, True, True],
    )
    records = order[list(SEGMENT_EFFECTS.names)].to_dict("records")
    return [
        {str(name): None if value != value else value for name, value in one.items() if name != "note"}
        for one in records
    ]


def _phase_rows(one: PhaseScores, confidence: float) -> Iterator[dict[str, Any]]:
    log = one.log
    coded: dict[str, tuple[list[str], IntArray]] = {"all": (["all"], np.zeros(len(log), dtype=np.int64))}
    for kind, labels in one.segments.items():
        found, code = np.unique(labels, return_inverse=True)
        coded[kind] = [str(name) for name in found], code
    for position, action in enumerate(log.arms[1:], start=1):
        able = log.eligible[:, position] & log.eligible[:, 0]
        if not able.any():
            continue
        contrasts = {
            PROBABILITY: one.outcomes[able, position] - one.outcomes[able, 0],
            MONEY: one.money[able, position] - one.money[able, 0],
        }
        customer = np.unique(log.customers[able], return_inverse=True)[1]
        for kind, (names, code) in coded.items():
            cells = in_cells(customer, code[able], len(names))
            counts = _counts(cells, log.arm[able], log.outcome[able], position)
            measured = {name: compared(cells, each, confidence) for name, each in contrasts.items()}
            about = {"phase": one.phase, "action": action, "segment_kind": kind}
            for place in np.flatnonzero(cells.n).tolist():
                yield from _rows({**about, "segment": names[place]}, place, counts, measured)


def _counts(cells: Cells, arm: IntArray, outcome: FloatArray, position: int) -> dict[str, IntArray]:
    """Count decisions, customers, and successes per arm; per segment, and in total for the rest."""
    found = {"n": cells.n, "customers": cells.customers, "customers_elsewhere": cells.customers_elsewhere}
    for name, code in (("action", position), ("none", 0)):
        given, segments = arm == code, len(cells.n)
        found[f"n_{name}"] = np.bincount(cells.segment[given], minlength=segments)
        successes = given & (outcome == 1)
        found[f"events_{name}"] = np.bincount(cells.segment[successes], minlength=segments)
    return found


def _rows(
    about: dict[str, Any], place: int, counts: dict[str, IntArray], measured: dict[str, dict[str, FloatArray]]
) -> Iterator[dict[str, Any]]:
    """Give one row per measure of one segment; the numbers only where it is large enough, and the rest is."""
    own = {name: int(counted[place]) for name, counted in counts.items()}
    elsewhere = own.pop("customers_elsewhere")
    rest = {name: int(counted.sum()) - int(counted[place]) for name, counted in counts.items()}
    note = too_small(own)
    alone = bool(too_small({**rest, "customers": elsewhere}))
    for measure, numbers in measured.items():
        shown = {
            name: float(found[place])
            for name, found in numbers.items()
            if not note and not (alone and name in AGAINST_REST)
        }
        yield {**about, **own, "measure": measure, "note": note, **shown}
