"""Old scores against what happened: lift early, calibration only at the whole horizon, and honest waiting."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.contract import DAY_US
from features.settings import LabelContract
from models.monitoring.maturing import Judge, concerns, control_against_rest, questions, waiting
from models.monitoring.outcomes import Outcomes
from models.monitoring.settings import MonitorSettings
from models.settings import EvaluationSettings

N = 2000
READY = LabelContract(target="readiness", horizon_days=28)
ASKED = questions(["p_ready", "p_order_7d"], [READY])


def scored(factor: float = 1.0, observed: int = 28) -> tuple[pd.DataFrame, dict[tuple[str, int], Outcomes]]:
    """Customers whose chance of an order in 28 days is ``p``, and the days on which they ordered."""
    rng = np.random.default_rng(4)
    p = rng.beta(1, 4, N)
    day = np.where(rng.random(N) < p, rng.uniform(0, 28, N), -1.0)
    day = np.where(day < observed, day, -1.0)
    frame = pd.DataFrame(
        {
            "customer_id": np.arange(N),
            "phase": np.where(np.arange(N) % 4, "decision", "retention"),
            "p_ready": p * factor,
            "p_order_7d": p / 4,
            "is_control": np.arange(N) % 20 == 0,
        }
    )
    return frame, {("purchase", 0): Outcomes(np.arange(N), day, observed)}


def judged(frame: pd.DataFrame, seen: dict[tuple[str, int], Outcomes]) -> dict[tuple[str, int, str], dict]:
    judge = Judge(EvaluationSettings(resamples=40), MonitorSettings(), ("decision", "retention"))
    return {(one["score"], one["days"], one["phase"]): one for one in judge.results(frame, ASKED, seen)}


def test_right_probabilities_are_called_calibrated_and_find_who_buys() -> None:
    found = judged(*scored())
    whole = found["p_ready", 28, "all"]
    assert whole["calibrated"] and whole["lift10"]["low"] > 1.5
    assert {phase for score, days, phase in found if days == 28} == {"all", "decision", "retention"}
    assert not concerns(list(found.values()), MonitorSettings())


def test_an_early_window_has_a_lift_but_no_calibration() -> None:
    early = judged(*scored())["p_ready", 7, "all"]
    assert early["lift10"]["low"] > 1.2 and not early["full"]
    assert early["gap"] is early["calibrated"] is early["expected"] is None


def test_the_timing_model_is_judged_at_its_own_week() -> None:
    week = judged(*scored())["p_order_7d", 7, "all"]
    assert week["full"] and week["calibrated"]


def test_probabilities_that_are_off_are_told_with_both_numbers() -> None:
    found = judged(*scored(factor=0.4))
    told = concerns(list(found.values()), MonitorSettings())
    assert {one.subject for one in told} == {"p_ready"}
    assert "was expected" in told[0].said["en"] and (told[0].usual or 0) < (told[0].value or 0)


def test_a_list_that_finds_nobody_is_told() -> None:
    frame, seen = scored()
    frame["p_ready"] = frame["p_ready"].max() - frame["p_ready"]
    assert any(
        "lift" in one.said["en"] for one in concerns(list(judged(frame, seen).values()), MonitorSettings())
    )


def test_what_is_not_over_waits_for_its_day() -> None:
    frame, seen = scored(observed=14)
    assert {days for score, days, _ in judged(frame, seen) if score == "p_ready"} == {7, 14}
    left = waiting(ASKED, seen, 0, 14 * DAY_US)
    assert left == [{"target": "readiness", "score": "p_ready", "days": 28, "from": "1970-01-29"}]
    missing = waiting(ASKED, seen, 0, 90 * DAY_US)
    assert missing[0]["from"] is None, "the log is long enough: a day is missing"


def test_control_and_the_rest_differ_by_what_the_actions_brought() -> None:
    frame, seen = scored()
    same = control_against_rest(frame, seen["purchase", 0], (28, 56), 0.95)
    assert [one["days"] for one in same] == [28]
    assert same[0]["difference"]["low"] < 0 < same[0]["difference"]["high"]
    assert same[0]["n_control"] == N // 20
    assert control_against_rest(frame.head(100), seen["purchase", 0], (28,), 0.95) == []


def test_dormant_customers_are_no_part_of_the_rest() -> None:
    frame, seen = scored()
    frame["phase"] = np.where(frame["is_control"] | (np.arange(N) % 3 == 0), frame["phase"], "dormant")
    told = control_against_rest(frame, seen["purchase", 0], (28,), 0.95)[0]
    assert told["n_rest"] == int(((frame["phase"] != "dormant") & ~frame["is_control"]).sum()) < N // 2


def test_a_gap_that_chance_can_make_in_one_of_many_phases_calls_nobody() -> None:
    frame, seen = scored(factor=0.7)
    few = frame.head(120)
    cell = judged(few, seen)["p_ready", 28, "all"]
    assert cell["gap"]["value"] < -0.02 and not cell["beyond_chance"]
    assert not concerns([cell], MonitorSettings(gap=0.01))


def test_nobody_known_gives_no_result() -> None:
    frame, _ = scored()
    empty = {("purchase", 0): Outcomes(np.zeros(0, np.int64), np.zeros(0), 28)}
    assert judged(frame, empty) == {}
