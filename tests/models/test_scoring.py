"""Scores of hand-made rows: who gets a probability, what the three readings of it are, and empty groups."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.contract import DAY_US
from features.errors import InputError
from features.settings import JourneySettings, LabelContract
from models.bundle import PhaseModel, save
from models.estimators._base import Fitted, Rows, logit, sigmoid
from models.estimators.logistic import ESTIMATOR as LOGISTIC
from models.newest_rows import newest_rows
from models.scoring import BANDS, DORMANT_WORDS, Reference, score_rows
from models.settings import ScoreSettings, TrainSettings

WORDS = {"nl": "", "en": ""}
JOURNEY = JourneySettings.model_validate(
    {
        "name": "two", "title": WORDS, "dormant": WORDS,
        "phases": [
            {"key": key, "label": WORDS, "goal": WORDS, "part": "buyer", "priority": place, "kpis": [],
             "evidence": [{"kinds": ["purchase"], "within_days": 28}], "actions": []}
            for place, key in enumerate(("decision", "retention"), 1)
        ],
    },
    strict=False,
)  # fmt: skip
CONTRACTS = (
    LabelContract(target="churn", horizon_days=28, active_days=56),
    LabelContract(target="readiness", horizon_days=7, active_days=28),
)
BASE_RATE = 0.2


def fitted() -> Fitted:
    x = np.linspace(-2, 2, 400, dtype=np.float32)[:, None]
    rng = np.random.default_rng(1)
    y = (rng.random(400) < 1 / (1 + np.exp(-2 * x[:, 0]))).astype(np.float32)
    return LOGISTIC.fit(Rows(x, y, ("recency__order",)), {"penalty": 1.0}, TrainSettings())


@pytest.fixture
def artifacts(tmp_path: Path) -> dict[str, Path]:
    """Two targets x two phases; retention of readiness is served by a fallback (not eligible)."""
    one = fitted()
    for contract in CONTRACTS:
        for phase in ("decision", "retention"):
            eligible = (contract.target, phase) != ("readiness", "retention")
            model = PhaseModel(
                contract, phase, "pooled logistic", eligible, "", (("logistic", 1.0, one),), (0,), 200, 200, 30, 70, 7,
            )  # fmt: skip
            save(model, tmp_path / contract.target / phase, "two")
    keep_out_of_time(tmp_path / "readiness", p=np.linspace(0.005, 0.995, 100))
    return {target: tmp_path / target for target in ("churn", "readiness")}


def keep_out_of_time(folder: Path, p: np.ndarray) -> None:
    """Two test cutoffs; the older one must not count."""
    n = len(p)
    table = pa.table(
        {
            "cutoff_us": np.repeat([1, 2], n) * DAY_US,
            "y": np.concatenate([np.ones(n), np.arange(n) < BASE_RATE * n]),
            "p": np.concatenate([np.full(n, 0.99), p]),
        }
    )
    pq.write_table(table, folder / "out_of_time.parquet")


def rows(phase: list[str], churn: list[bool], readiness: list[bool]) -> tuple[pa.Table, pa.Table]:
    n = len(phase)
    keys = {
        "customer_id": np.arange(n, dtype=np.int64) + 7,
        "cutoff_us": np.full(n, 400 * DAY_US, dtype=np.int64),
    }
    recency = np.linspace(-2, 2, n, dtype=np.float32)
    features = pa.table(
        {**keys, "phase": pa.array(phase, pa.string()), "days_in_phase": np.zeros(n, np.float32),
         "recency__order": recency}
    )  # fmt: skip
    labels = {
        "churn__population": pa.array(churn, pa.bool_()),
        "readiness__population": pa.array(readiness, pa.bool_()),
    }
    return features, pa.table({**keys, **labels})


def score(artifacts: dict[str, Path], *columns: list, settings: ScoreSettings | None = None) -> pd.DataFrame:
    return score_rows(*rows(*columns), JOURNEY, CONTRACTS, artifacts, settings or ScoreSettings())


def test_a_probability_is_missing_exactly_outside_its_risk_set_and_the_reason_says_so(
    artifacts: dict[str, Path],
) -> None:
    found = score(
        artifacts,
        ["decision", "retention", "decision", "retention", "dormant"],
        [True, True, False, False, True],
        [True, False, True, False, True],
    )
    assert found["p_churn"].notna().tolist() == [True, True, False, False, False]
    assert found["p_ready"].notna().tolist() == [True, False, True, False, False]
    assert found["eligible"].tolist() == [True, True, True, False, False]
    assert found["not_eligible_reason"].tolist() == [
        "",
        "readiness: no order in the last 28 days",
        "churn: no order in the last 56 days",
        "churn: no order in the last 56 days; readiness: no order in the last 28 days",
        DORMANT_WORDS,
    ]
    for name in ("score", "percentile", "band"):
        assert (found[name].notna() == found["p_ready"].notna()).all(), name
    assert found["as_of"].unique().tolist() == ["1971-02-05"]


def test_probability_score_and_percentile_are_three_numbers_in_one_order(artifacts: dict[str, Path]) -> None:
    n = 60
    found = score(artifacts, ["decision", "retention"] * (n // 2), [True] * n, [True] * n)
    p = found["p_ready"].to_numpy()
    np.testing.assert_array_equal(p, fitted().predict(np.linspace(-2, 2, n, dtype=np.float32)[:, None]))
    expected = 100 * sigmoid(logit(p) - np.log(BASE_RATE / (1 - BASE_RATE)))
    np.testing.assert_allclose(found["score"], expected, atol=0.05)
    np.testing.assert_allclose(found["percentile"], 100 * p, atol=1.0)
    assert (np.diff(found["score"]) >= 0).all() and (np.diff(found["percentile"]) >= 0).all()
    assert (found["score"] - found["percentile"]).abs().max() > 20


def test_bands_cut_the_percentile_at_the_limits(artifacts: dict[str, Path]) -> None:
    n = 200
    found = score(
        artifacts, ["decision"] * n, [True] * n, [True] * n, settings=ScoreSettings(bands=(0.4, 0.6))
    )
    limits = {"low": (0, 40), "medium": (40, 60), "high": (60, 100)}
    for name in BANDS:
        inside = found.loc[found["band"] == name, "percentile"]
        assert len(inside) and inside.between(*limits[name]).all(), name


def test_without_anybody_judged_there_is_a_score_and_no_percentile(artifacts: dict[str, Path]) -> None:
    path = artifacts["readiness"] / "out_of_time.parquet"
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    found = score(artifacts, ["decision", "retention"], [True, True], [True, True])
    assert found["p_ready"].notna().all()
    assert found["percentile"].isna().all() and found["band"].isna().all()
    # The average is then that of the labels learnt from: 30 of 100 per phase.
    expected = 100 * sigmoid(logit(found["p_ready"].to_numpy()) - np.log(0.3 / 0.7))
    np.testing.assert_allclose(found["score"], expected, atol=0.5)


@pytest.mark.parametrize("phase", ["dormant", "retention"])
def test_everybody_in_one_phase(artifacts: dict[str, Path], phase: str) -> None:
    found = score(artifacts, [phase] * 3, [True] * 3, [True] * 3)
    assert found["eligible"].tolist() == [phase != "dormant"] * 3
    assert found["p_ready"].notna().tolist() == [phase != "dormant"] * 3


def test_no_row_at_all(artifacts: dict[str, Path]) -> None:
    one, none = score(artifacts, ["decision"], [True], [True]), score(artifacts, [], [], [])
    assert len(none) == 0 and none.columns.tolist() == one.columns.tolist()


@pytest.mark.parametrize("days", [28, None])
def test_the_reason_follows_the_contract(artifacts: dict[str, Path], days: int | None) -> None:
    seen = replace_contract(active_event="behaviour", active_days=days)
    found = score_rows(*rows(["decision"], [True], [False]), JOURNEY, seen, artifacts, ScoreSettings())
    expected = (
        "no activity of their own yet" if days is None else "no activity of their own in the last 28 days"
    )
    assert found["not_eligible_reason"].tolist() == [f"readiness: {expected}"]


def replace_contract(**changes: object) -> tuple[LabelContract, ...]:
    return (CONTRACTS[0], CONTRACTS[1].model_copy(update=changes))


def test_missing_models_say_which_stage_to_run(artifacts: dict[str, Path], tmp_path: Path) -> None:
    (artifacts["readiness"] / "out_of_time.parquet").unlink()
    with pytest.raises(InputError, match="klantreis train readiness"):
        score(artifacts, ["decision"], [True], [True])
    with pytest.raises(InputError, match="train stage"):
        score({**artifacts, "churn": tmp_path / "nothing"}, ["decision"], [True], [True])
    with pytest.raises(InputError, match="klantreis features"):
        newest_rows(tmp_path / "features.parquet", DAY_US)
    with pytest.raises(InputError, match="midnight"):
        newest_rows(artifacts["churn"] / "decision" / "model.json", DAY_US + 1)


def test_a_base_rate_of_nought_has_a_score_all_the_same() -> None:
    edge = Reference(np.array([0.1]), 1e-4)
    assert np.isfinite(edge.score(np.array([0.0, 0.5, 1.0]))).all()
    assert np.isnan(replace(edge, sorted_p=np.array([])).percentile(np.array([0.5]))).all()
