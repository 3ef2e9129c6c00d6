"""``python -m benchmarks.next_action.gate --json FILE``: whether the gate holds where the truth is known.

**Harm guard**: phases x seeds of the simulator, the two worlds in turn. Per cell the product learns and judges
one log (`train_phase`), then decides for fresh customers (`decide`), and the true value of what it would do is held
against the truly best action for everybody, as a share of the attainable gain. Below -0.01 it is *worse*, in one
of three ways: the rule went live (the gate opened where it had to stay shut: the guard itself, and what the
exit code asks); another single action would have been better for all; nothing is done, because no single action is
proven to earn more, and one would have. The last two are errors of a constant chosen from a log of this size: no gate
on the rule prevents them, so they are counted apart, beside what the best constant by its estimate would have done.
**Null world**: every action does the same to everybody and costs nothing, so no choice per customer can beat one
action for all; each ``personalise`` is false.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.next_action.simulator import FRESH, PHASES, Simulated, make_decisions
from benchmarks.next_action.worlds import World
from features.atomic import replacing
from models.actions.decision_log import NONE, DecisionLog
from models.actions.phase_policy import PhasePolicy
from models.next_action import train_phase
from models.policy import decide
from models.settings import NextActionSettings
from models.side_by_side import side_by_side

#: Seeds from here on were never looked at while the learners were made.
FIRST_SEED = 11
#: Share of the attainable gain below which a policy counts as worse than the best constant: less is a tie.
TIE = -0.01
TEST_ROWS = 30_000
SETTINGS = NextActionSettings(num_threads=1)

IntArray = NDArray[np.int64]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cell:
    """One log, judged and followed.

    ``gain_share``: of the deployed policy, true, over the truly best constant. ``rule``: of the rule, had it been live.
    ``estimated``: of the constant with the highest estimated value, proven or not. ``t``: gain over its error.
    """

    phase: str
    world: World
    seed: int
    state: str
    recommended: str
    best_constant: str | None
    truly_best: str
    gain_share: float
    rule: float
    estimated: float
    t: float | None

    @property
    def worse(self) -> bool:
        """Whether the deployed policy is worse than the truly best constant, ties apart."""
        return self.gain_share < TIE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 if no live rule is worse and the null world is personalised in at most 5 %."""
    asked = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    cells = harm_guard(asked.cells, asked.rows, asked.workers)
    states = null_world(asked.null, asked.null_rows, asked.workers)
    found = {
        "harm_guard": {"rows": asked.rows, **summed(cells), "each": [asdict(one) for one in cells]},
        "null_world": {"rows": asked.null_rows, **false_share(states)},
    }
    for name, part in found.items():
        logger.info("%s: %s", name, {key: value for key, value in part.items() if key != "each"})
    if asked.json:
        with replacing(asked.json) as beside:
            beside.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    clean = (
        not found["harm_guard"]["worse_rule_live"]
        and found["null_world"]["false_personalise"] <= 0.05 * asked.null
    )
    return 0 if clean else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.next_action.gate", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--cells", type=int, default=50, help="phase x seed cells of the harm guard")
    parser.add_argument("--null", type=int, default=200, help="replicates of the null world")
    parser.add_argument("--rows", type=int, default=20_000, help="decisions per cell")
    parser.add_argument("--null-rows", type=int, default=4_000, help="decisions per replicate")
    parser.add_argument("--workers", type=int, default=1, help="logs judged at the same time")
    return parser


def harm_guard(cells: int, rows: int, workers: int = 1) -> list[Cell]:
    """Judge and follow ``cells`` logs: every phase with one seed, then the next seed; worlds in turn."""
    jobs = []
    for place in range(cells):
        round_, position = divmod(place, len(PHASES))
        world: World = "near_linear" if (round_ + position) % 2 == 0 else "interactions"
        jobs.append(partial(followed, list(PHASES)[position], FIRST_SEED + round_, world, rows))
    return list(side_by_side(jobs, workers))


def followed(phase: str, seed: int, world: World, rows: int) -> Cell:
    """Judge one log and follow the verdict on fresh customers."""
    summary, policy = train_phase(phase, log_of(make_decisions(phase, rows, seed, world)), SETTINGS)
    fresh = make_decisions(phase, TEST_ROWS, FRESH + seed, world)
    arms = fresh.candidates.arms
    constant = fresh.value.mean(axis=0)
    best = summary["best_constant"] or NONE
    gain = summary.get("gain")
    cell = Cell(
        phase=phase,
        world=world,
        seed=seed,
        state=policy.state,
        recommended=policy.recommended,
        best_constant=summary["best_constant"],
        truly_best=arms[int(constant.argmax())],
        gain_share=fresh.gain_share(deployed(policy, fresh)),
        rule=fresh.gain_share(_ruled(policy, fresh)),
        estimated=fresh.gain_share(np.full(TEST_ROWS, arms.index(best))),
        t=gain["value"] / gain["se"] if gain and gain["se"] > 0 else None,
    )
    logger.info("%s", cell)
    return cell


def deployed(policy: PhasePolicy, fresh: Simulated) -> IntArray:
    """Position of the action that scoring would give every customer; nobody is held back."""
    log = fresh.candidates
    phases = np.full(len(log), fresh.phase, dtype=object)
    done = decide(
        {fresh.phase: policy}, log.x, fresh.columns, phases, log.customers, control_seed=0, control_share=0.0
    )
    return np.array([log.arms.index(name) for name in done.action], dtype=np.int64)


def _ruled(policy: PhasePolicy, fresh: Simulated) -> IntArray:
    """Position of the action the rule prefers, whatever the gate says; nothing where there is no rule."""
    if policy.rule is None:
        return np.zeros(len(fresh.candidates), dtype=np.int64)
    own = policy.rule.net_value(fresh.candidates.x).argmax(axis=1)
    places = [fresh.candidates.arms.index(arm) for arm in policy.rule.arms]
    chosen: IntArray = np.array(places, dtype=np.int64)[own]
    return chosen


def log_of(drawn: Simulated) -> DecisionLog:
    """Give what was simulated as a log of decisions with logged propensities."""
    one = drawn.candidates
    return DecisionLog(
        columns=drawn.columns,
        x=one.x,
        day=one.day,
        phase=np.full(len(one), drawn.phase, dtype=object),
        customers=one.customers,
        actions=one.arms,
        action=one.arm,
        eligible=one.eligible,
        propensity=one.propensity,
        outcome=one.outcome,
        value=one.value,
        cost=one.cost[one.arm],
    )


def summed(cells: Sequence[Cell]) -> dict[str, Any]:
    """Count the cells that are worse, by why."""
    live = [one for one in cells if one.state == "personalise"]
    nothing = [one for one in cells if one.state != "personalise" and one.recommended == NONE]
    worse = [one for one in cells if one.worse]
    return {
        "cells": len(cells),
        "personalised": len(live),
        "worse": len(worse),
        "worse_rule_live": sum(one in live for one in worse),
        "worse_nothing_done": sum(one in nothing for one in worse),
        "worse_other_action": sum(one not in live and one not in nothing for one in worse),
        "gain_share_mean": float(np.mean([one.gain_share for one in cells])) if cells else None,
        "gain_share_worst": min((one.gain_share for one in cells), default=None),
        "gain_share_worst_live": min((one.gain_share for one in live), default=None),
        "worse_had_the_rule_always_been_live": sum(one.rule < TIE for one in cells),
        "worse_had_the_estimated_best_been_followed": sum(
            (one.gain_share if one in live else one.estimated) < TIE for one in cells
        ),
    }


def null_world(replicates: int, rows: int, workers: int = 1) -> list[str]:
    """Give the state of every replicate of the null world, phases in turn."""
    jobs = []
    for place in range(replicates):
        round_, position = divmod(place, len(PHASES))
        jobs.append(partial(_null_state, list(PHASES)[position], FIRST_SEED + round_, rows))
    return list(side_by_side(jobs, workers))


def _null_state(phase: str, seed: int, rows: int) -> str:
    state: str = train_phase(phase, log_of(make_decisions(phase, rows, seed, "null", free=True)), SETTINGS)[
        0
    ]["state"]
    logger.info("null world, %s, seed %d: %s", phase, seed, state)
    return state


def false_share(states: Sequence[str]) -> dict[str, Any]:
    """Count the false ``personalise``, with the two-sided 95 % interval of its share (Wilson)."""
    n, wrong = len(states), sum(state == "personalise" for state in states)
    if not n:
        return {"replicates": 0, "false_personalise": 0}
    z = 1.959964
    middle = (wrong + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * sqrt(wrong * (n - wrong) / n + z**2 / 4)
    counts = {f"state_{state.replace(' ', '_')}": states.count(state) for state in sorted(set(states))}
    shares = {"share": wrong / n, "share_low": max(middle - half, 0.0), "share_high": middle + half}
    return {"replicates": n, "false_personalise": wrong, **shares, **counts}


if __name__ == "__main__":
    sys.exit(main())
