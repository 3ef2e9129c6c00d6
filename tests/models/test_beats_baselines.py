import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from features.contract import DAY_US
from models.beats_baselines import Verdict, beats_baselines
from models.evaluation import cleaned
from models.settings import EvaluationSettings

SETTINGS = EvaluationSettings(resamples=200, min_cell=50)


def table(
    customers: int = 1500, cutoffs: int = 2, ours: float = 1.0, theirs: float = 0.5, seed: int = 1
) -> pd.DataFrame:
    """One phase; ``ours`` and ``theirs``: how much of the truth the model and a baseline know (1 is all)."""
    rng = np.random.default_rng(seed)
    taste = rng.normal(0, 1.5, customers)
    parts = []
    for cutoff in range(cutoffs):
        y = rng.random(customers) < 1 / (1 + np.exp(-taste))
        parts.append(
            pd.DataFrame(
                {
                    "customer_id": np.arange(customers, dtype=np.int64),
                    "cutoff_us": np.int64(cutoff * 28 * DAY_US),
                    "phase": "decision",
                    "y": y.astype(np.float32),
                    "p": 1 / (1 + np.exp(-ours * taste)),
                    "p_base_rate": 0.5,
                    "p_rfm_logistic": 1 / (1 + np.exp(-theirs * taste)),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def verdict(predictions: pd.DataFrame, settings: EvaluationSettings = SETTINGS) -> Verdict:
    return beats_baselines(predictions, settings)["decision"]


def test_a_better_model_passes_and_says_over_whom() -> None:
    found = verdict(table())
    assert found.passes and found.over == "rfm_logistic"
    assert 0 < found.surely_less < found.less < found.at_most_less
    assert found.reason.startswith(
        f"beats every baseline: log loss {found.less:.4f} below rfm logistic on 3000 "
    )
    assert json.loads(json.dumps(found.as_json()))["passes"] is True


def test_a_worse_model_does_not_pass_and_says_by_how_much() -> None:
    found = verdict(table(ours=0.1, theirs=1.0))
    assert found.outcome == "worse" and not found.passes
    assert found.less < found.at_most_less < 0
    assert found.reason.startswith("does not beat baseline rfm logistic: log loss 0.")


def test_one_baseline_that_is_better_is_enough() -> None:
    predictions = table()
    predictions["p_magic"] = np.where(predictions["y"] == 1, 0.9, 0.1)
    assert verdict(predictions).over == "magic" and not verdict(predictions).passes


def test_worse_within_chance_does_not_pass_either() -> None:
    predictions = table()
    predictions["p_twin"] = predictions["p"]
    assert verdict(predictions).outcome == "within noise"
    odds = np.log(predictions["p"] / (1 - predictions["p"]))
    off = np.where(predictions["customer_id"] % 2 == 0, 0.15, -0.15)
    few = predictions.assign(p_twin=predictions["p"], p=1 / (1 + np.exp(-odds - off))).tail(300)
    found = verdict(few)
    assert found.outcome == "within noise" and found.over == "twin"
    assert found.less < 0 < found.at_most_less and found.reason.endswith("within chance")


def test_a_baseline_that_is_surely_better_is_not_hidden_by_one_that_is_perhaps_better() -> None:
    predictions = table()
    wild = np.where(predictions["y"] == 1, 0.99, 0.02)
    rng = np.random.default_rng(1)
    wild = np.where(rng.random(len(wild)) < 0.0905, 1 - wild, wild)
    shifted = 1 / (1 + np.exp(-(np.log(predictions["p"] / (1 - predictions["p"])) + 0.3)))
    found = verdict(predictions.assign(p_surely=predictions["p"], p=shifted, p_perhaps=wild))
    assert found.outcome == "worse"


def test_customers_are_drawn_whole() -> None:
    """Rows copied to more cutoffs are no new evidence: the interval must not shrink."""
    once = table(cutoffs=1)
    often = pd.concat([once.assign(cutoff_us=cutoff) for cutoff in range(6)], ignore_index=True)
    one, six = verdict(once), verdict(often)
    assert np.isclose(one.surely_less, six.surely_less, atol=1e-9) and np.isclose(
        one.less, six.less, atol=1e-9
    )


def test_the_order_of_the_rows_changes_no_bit() -> None:
    predictions = table()
    assert verdict(predictions) == verdict(predictions.sample(frac=1.0, random_state=3))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows[rows["customer_id"] < 49], "49 customers at the test cutoffs, at least 50 needed"),
        (lambda rows: rows[rows["y"] == 1], "outcomes at the test cutoffs are 1"),
        (lambda rows: rows.drop(columns=["p_base_rate", "p_rfm_logistic"]), "no baseline to compare with"),
        (lambda rows: rows.head(0), "0 customers"),
    ],
)
def test_what_cannot_be_judged_does_not_pass(
    change: Callable[[pd.DataFrame], pd.DataFrame], said: str
) -> None:
    found = beats_baselines(change(table()), SETTINGS, ["decision"])["decision"]
    assert found.outcome == "not judged" and not found.passes
    assert said in found.reason
    assert cleaned(found.as_json())["less"] is None


def test_phases_are_judged_apart() -> None:
    both = pd.concat(
        [table(), table(ours=0.1, theirs=1.0, seed=2).assign(phase="awareness")], ignore_index=True
    )
    found = beats_baselines(both, SETTINGS, ["awareness", "decision", "advocacy"])
    assert [(key, one.passes) for key, one in found.items()] == [
        ("awareness", False), ("decision", True), ("advocacy", False)
    ]  # fmt: skip
