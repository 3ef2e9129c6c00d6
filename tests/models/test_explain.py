"""Reasons: the parts of every estimator sum to the model's own log-odds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.contract import CHANNELS, DAY_US, KINDS
from features.plan import Plan
from features.registry import families
from features.settings import LabelContract
from features.table import column_dictionary
from models.bundle import PhaseModel, estimators, save
from models.estimators._base import Fitted, Rows, logit
from models.explain import contributions, reasons
from models.panel import Panel
from models.settings import LightGBMSettings, TrainSettings
from pipelines.params import load_journey

SETTINGS = TrainSettings(lightgbm=LightGBMSettings(min_child_samples=20))
COLUMNS = ("recency__order_days", "noise", "journey__is_decision")


def rows() -> Rows:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(600, 3)).astype(np.float32)
    x[:, 2] = 1.0
    return Rows(x, (x[:, 0] + 0.5 * rng.normal(size=600) > 0).astype(np.float32), COLUMNS)


def model_of(members: list[tuple[str, float, Fitted]]) -> PhaseModel:
    return PhaseModel(
        LabelContract(target="readiness", horizon_days=7), "decision", "x", True, "", tuple(members), (0,), 300, 300,
        300, 300, 7,
    )  # fmt: skip


@pytest.mark.parametrize("name", sorted(estimators()))
def test_parts_sum_to_the_log_odds_of_every_estimator(name: str) -> None:
    data = rows()
    one = estimators()[name]
    model = model_of([(name, 1.0, one.fit(data, one.defaults(SETTINGS), SETTINGS))])
    parts, rest = contributions(model, data.x, COLUMNS)
    np.testing.assert_allclose(parts.sum(axis=1) + rest, logit(model.predict(data.x, COLUMNS)), atol=1e-6)


def test_parts_of_a_blend_sum_to_its_log_odds_and_find_the_column_that_matters() -> None:
    data = rows()
    members = []
    for name in ("lightgbm", "logistic"):
        one = estimators()[name]
        members.append((name, 0.5, one.fit(data, one.defaults(SETTINGS), SETTINGS)))
    parts, rest = contributions(model_of(members), data.x, COLUMNS)
    np.testing.assert_allclose(
        parts.sum(axis=1) + rest, logit(model_of(members).predict(data.x, COLUMNS)), atol=1e-6
    )
    assert np.abs(parts[:, 0]).mean() > 5 * np.abs(parts[:, 1]).mean()


@pytest.mark.parametrize(
    ("language", "word", "never"),
    [("en", "days since", "none in 730 days"), ("nl", "dagen sinds", "geen in 730 dagen")],
)
def test_reasons_are_words_with_a_sign_and_the_value(tmp_path, language: str, word: str, never: str) -> None:  # type: ignore[no-untyped-def]
    data = rows()
    one = estimators()["logistic"]
    save(
        model_of([("logistic", 1.0, one.fit(data, {"penalty": 1.0}, SETTINGS))]),
        tmp_path / "decision",
        "five_phase",
    )
    n = 4
    panel = Panel(
        np.arange(n), np.zeros(n, np.int64), np.zeros(n, np.int16), ("decision",),
        np.array([[2, 0, 1], [-2, 0, 1], [730, 0, 1], [2, 0, 1]], np.float32), COLUMNS, np.zeros(n, np.float32),
        np.ones(n, bool),
    )  # fmt: skip
    dictionary = [
        {
            "name": "recency__order_days",
            "unit": "days",
            "default": 730.0,
            "meaning_en": "days since",
            "meaning_nl": "dagen sinds",
        },
        {"name": "noise", "unit": "share", "default": 0.0, "meaning_en": "noise", "meaning_nl": "ruis"},
    ]
    found = reasons(panel, tmp_path, dictionary, language, 1, np.array([True, True, True, False]))
    assert found[0] == [f"{word}: 2 (+)"]
    assert found[1] == [f"{word}: -2 (-)"]
    assert found[2] == [f"{word}: {never} (+)"]
    assert found[3] == []
    assert not any("journey" in text for texts in found for text in texts)


def every_column(repo: Path) -> list[dict[str, Any]]:
    """The dictionary of all families that ship, for a source with every kind of event and channel."""
    journey = load_journey("five_phase", repo)
    plan = Plan(
        source="every", currency="EUR", kinds=KINDS, channels=CHANNELS, complete_until_us=900 * DAY_US,
        missing_days=(), as_of_us=900 * DAY_US, cutoffs={"churn": (800 * DAY_US,)},
        contracts=(LabelContract(target="churn", horizon_days=28),), families=tuple(families()),
        windows_days=(7, 28, 84), lookback_days=730, mean_gap_days=30.0, journey=journey,
    )  # fmt: skip
    return column_dictionary(plan)


def test_every_column_that_ships_has_words_in_both_languages(repo: Path) -> None:
    columns = every_column(repo)
    assert {one["family"] for one in columns} == {"phase", *families()}
    for one in columns:
        for language in ("en", "nl"):
            words = one[f"meaning_{language}"]
            assert words.strip() and "{" not in words and words != one["name"], one["name"]
    alike = [
        one["name"] for one in columns if one["meaning_en"] == one["meaning_nl"] and " " in one["meaning_en"]
    ]
    assert alike == []


def test_two_columns_never_have_the_same_words(repo: Path) -> None:
    columns = every_column(repo)
    for language in ("en", "nl"):
        counts = Counter(one[f"meaning_{language}"] for one in columns)
        assert [words for words, n in counts.items() if n > 1] == []
