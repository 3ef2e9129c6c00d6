"""One customer's probability taken apart: every part is there, and the words say how usual a value is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from features.errors import InputError
from features.settings import LabelContract
from models.bundle import PhaseModel, estimators
from models.customer_reasons import Explanation, customer_reasons
from models.estimators._base import Fitted, Rows, logit
from models.panel import Panel
from models.reporting.customer_view import lines
from models.reporting.words import Words
from models.settings import LightGBMSettings, TrainSettings

SETTINGS = TrainSettings(lightgbm=LightGBMSettings(min_child_samples=20))
COLUMNS = ("recency__order_days", "noise", "monetary__spend", "journey__is_decision", "journey__is_dormant")
DICTIONARY = [
    {
        "name": "recency__order_days",
        "unit": "days",
        "default": 730.0,
        "meaning_en": "Days since",
        "meaning_nl": "Dagen sinds",
    },
    {"name": "noise", "unit": "share", "meaning_en": "Noise", "meaning_nl": "Ruis"},
    {"name": "monetary__spend", "unit": "EUR", "meaning_en": "Spend", "meaning_nl": "Besteding"},
]


def panel() -> Panel:
    rng = np.random.default_rng(3)
    n = 600
    x = rng.normal(size=(n, 5)).astype(np.float32)
    phase = (np.arange(n) % 3 == 0).astype(np.int16)
    x[:, 3], x[:, 4] = phase == 0, phase == 1
    y = (x[:, 0] - x[:, 2] + 2 * phase + 0.5 * rng.normal(size=n) > 0).astype(np.float32)
    return Panel(
        np.arange(n),
        np.zeros(n, np.int64),
        phase,
        ("decision", "dormant"),
        x,
        COLUMNS,
        y,
        np.ones(n, np.bool_),
    )


def model(*names: str) -> PhaseModel:
    one = panel()
    data = Rows(one.x, one.y, COLUMNS)
    members: list[tuple[str, float, Fitted]] = []
    for name in names:
        kind = estimators()[name]
        members.append((name, 1.0 / len(names), kind.fit(data, kind.defaults(SETTINGS), SETTINGS)))
    return PhaseModel(
        LabelContract(target="readiness", horizon_days=7), "decision", "x", True, "", tuple(members), (0,), 300, 300,
        300, 300, 7,
    )  # fmt: skip


def explained(row: int = 4, top: int = 2, *names: str) -> Explanation:
    return customer_reasons(model(*(names or ("lightgbm", "logistic"))), panel(), row, DICTIONARY, "en", top)


@pytest.mark.parametrize("names", [("lightgbm",), ("logistic",), ("lightgbm", "logistic"), ("base_rate",)])
@pytest.mark.parametrize("top", [1, 5])
def test_all_parts_add_up_to_the_probability_that_serves(names: tuple[str, ...], top: int) -> None:
    for row in (0, 1, 4, 99):
        found = explained(row, top, *names)
        listed = sum(reason.log_odds for reason in (*found.reasons_for, *found.reasons_against))
        average = float(logit(np.array([found.average]))[0])
        total = average + listed + found.phase + found.others + found.adjusted
        served = model(*names).predict(panel().x[row : row + 1], COLUMNS)
        assert found.p == served[0]
        assert total == pytest.approx(float(logit(served)[0]), abs=1e-6)
        assert abs(found.adjusted) < 1e-6


def test_reasons_have_their_sign_and_are_strongest_first() -> None:
    found = explained(top=5)
    assert all(reason.log_odds > 0 < reason.odds - 1 for reason in found.reasons_for)
    assert all(reason.log_odds < 0 and reason.odds < 1 for reason in found.reasons_against)
    sizes = [abs(reason.log_odds) for reason in found.reasons_for]
    assert sizes == sorted(sizes, reverse=True)
    assert not any("journey" in reason.column for reason in (*found.reasons_for, *found.reasons_against))
    assert found.phase != 0


def test_how_usual_a_value_is_is_told_among_the_same_phase() -> None:
    one = panel()
    row = int(np.argmax(np.where(one.phase == 0, one.x[:, 0], -np.inf)))
    found = customer_reasons(model("logistic"), one, row, DICTIONARY, "en", 5)
    reason = next(
        r for r in (*found.reasons_for, *found.reasons_against) if r.column == "recency__order_days"
    )
    assert found.peers == 400
    assert reason.value == one.x[row, 0]
    assert reason.below == pytest.approx(399 / 400) and reason.same == pytest.approx(1 / 400)


def test_a_column_without_words_is_said() -> None:
    with pytest.raises(InputError, match=r"data/columns\.json lacks 'recency__order_days'"):
        customer_reasons(model("logistic"), panel(), 0, DICTIONARY[1:], "en", 3)


@pytest.mark.parametrize(
    ("language", "words_said"), [("en", ("raises it", "Spend")), ("nl", ("verhoogt", "Besteding"))]
)
def test_the_words_hold_the_numbers(language: Any, words_said: tuple[str, ...]) -> None:
    found = customer_reasons(model("logistic"), panel(), 4, DICTIONARY, language, 5)
    told = "\n".join(lines("readiness", "decision", found, Words(language)))
    assert all(word in told for word in words_said)
    assert "400" in told and "{" not in told
    assert f"{100 * found.p:.1f}".replace(".", "," if language == "nl" else ".") in told


def test_a_base_rate_has_no_reasons_and_a_calibration_is_named() -> None:
    words = Words("en")
    assert words("why_base") in "".join(lines("churn", "decision", explained(4, 3, "base_rate"), words))
    found = explained()
    changed = Explanation(**{**found.__dict__, "adjusted": math.log(2)})
    assert any("calibration: odds x 2.00" in line for line in lines("churn", "decision", changed, words))


@pytest.mark.parametrize(("language", "never"), [("en", "none in 730 days"), ("nl", "geen in 730 dagen")])
def test_days_since_something_that_never_was_are_said_in_words(language: str, never: str) -> None:
    one = panel()
    one.x[4, 0] = 730.0
    found = customer_reasons(model("logistic"), one, 4, DICTIONARY, language, 1)
    told = "\n".join(lines("readiness", "decision", found, Words(language)))
    assert f": {never}, odds" in told and "730 d" not in told.replace(never, "")
    assert not any(reason.never for reason in (*explained().reasons_for, *explained().reasons_against))
