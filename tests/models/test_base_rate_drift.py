from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from features.contract import DAY_US
from models.base_rate_drift import base_rate_drift, known_rates
from models.panel import Panel

Make = Callable[..., Panel]


def predictions(
    rate: float, n: int = 1000, cutoff: int = 0, phase: str = "decision", expected: float = 0.3
) -> pd.DataFrame:
    y = (np.arange(n) < round(rate * n)).astype(np.float32)
    return pd.DataFrame({"cutoff_us": np.int64(cutoff * DAY_US), "phase": phase, "y": y, "p": expected})


def known(rate: float = 0.3, newest: float | None = 0.3, customers: int = 1000) -> dict[str, object]:
    number = customers if newest is not None else 0
    return {"rate": rate, "customers": customers, "newest_rate": newest, "newest_customers": number}


def test_what_was_known_is_counted_per_phase(make_panel: Make) -> None:
    panel = make_panel(customers=200, cutoffs=3)
    newest = panel.cutoff_us == panel.cutoff_us.max()
    panel = replace(panel, y=np.where(newest, 1, 0).astype(np.float32))
    panel = panel.take(~(newest & panel.in_phase("awareness")) & ~panel.in_phase("dormant"))
    found = known_rates(panel)
    assert list(found) == ["all", "awareness", "decision"]
    assert found["awareness"]["newest_rate"] is None and found["awareness"]["newest_customers"] == 0
    assert found["decision"]["newest_rate"] == 1.0
    assert found["all"]["rate"] == float(panel.y.mean(dtype=np.float64)) and found["all"]["customers"] <= 200
    assert known_rates(panel.take(np.zeros(len(panel), np.bool_))) == {}


def test_a_rate_that_moved_is_told_from_chance() -> None:
    moved = base_rate_drift(predictions(0.4), {0: {"decision": known(), "all": known()}})["decision"][0]
    assert moved["moved"] and np.isclose(moved["drift"], 0.1) and 0.05 < moved["low"] < 0.1 < moved["high"]
    assert np.isclose(moved["gap"], -0.1)
    still = base_rate_drift(predictions(0.31), {0: {"decision": known()}})["decision"][0]
    assert still["moved"] is False and still["low"] < 0 < still["high"]
    down = base_rate_drift(predictions(0.2), {0: {"decision": known()}})["decision"][0]
    assert down["moved"] and down["high"] < 0


def test_the_interval_covers() -> None:
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(300):
        before, after = rng.binomial(400, 0.1) / 400, rng.binomial(300, 0.1) / 300
        one = base_rate_drift(predictions(after, 300), {0: {"decision": known(before, before, 400)}})
        inside += not one["decision"][0]["moved"]
    assert 270 <= inside <= 298


def test_every_cutoff_and_phase_is_held_against_what_was_known_then() -> None:
    rows = pd.concat(
        [predictions(0.5, cutoff=28), predictions(0.2, cutoff=0), predictions(0.9, 100, 28, "awareness")]
    )
    at = {0: {"all": known(0.2, 0.2)}, 28 * DAY_US: {"all": known(0.4, 0.5), "decision": known(0.4, 0.5)}}
    found = base_rate_drift(rows, at, phase_keys=("awareness", "decision", "advocacy"))
    assert list(found) == ["all", "awareness", "decision"]
    assert [entry["cutoff"] for entry in found["decision"]] == ["1970-01-01", "1970-01-29"]
    unknown, later = found["decision"]
    assert unknown["known_rate"] is None and unknown["drift"] is None and unknown["rate"] == 0.2
    assert later["known_rate"] == 0.4 and later["newest_rate"] == 0.5 and later["moved"] is False
    assert found["all"][1]["n"] == 1100 and found["awareness"][0]["n"] == 100


def test_without_rows_at_the_newest_cutoff_all_rows_are_compared_with() -> None:
    one = base_rate_drift(predictions(0.4), {0: {"decision": known(0.4, None)}})["decision"][0]
    assert one["newest_rate"] is None and one["drift"] == 0.0 and one["moved"] is False


def test_nothing_predicted_is_no_crash() -> None:
    assert base_rate_drift(predictions(0.4).head(0), {}) == {"all": []}
