"""When, how much and what in the report: what was measured, dashes where nothing was, nothing where nothing is."""

from __future__ import annotations

from typing import Any

import pytest

from models.reporting.forecast_section import forecast_section
from models.reporting.page import environment
from models.reporting.words import Language, Words

SHARE = {"share": 0.11, "low": 0.09, "high": 0.13, "rows": 900, "wanted": 0.1}
TIMING: dict[str, Any] = {
    "served_days": [7, 28], "left_out": {"84": "84 days: the log is too short"},
    "out_of_time": {
        "horizons": {"7": {"all": {"roc_auc": 0.71}}, "28": {"all": {"roc_auc": 0.83}}},
        "quantiles": {
            "all": {"before_p10": SHARE, "coverage": {"share": None, "rows": 3, "wanted": 0.8}, "after_p90": None}
        },
    },
}  # fmt: skip
VALUE: dict[str, Any] = {
    "horizon_days": 28, "currency": "EUR",
    "out_of_time": {
        "all": {
            "predicted": 41.5, "actual": 40.0, "ratio": 1.0375, "ratio_low": 0.98, "ratio_high": 1.09, "gini": 0.62,
            "gini_low": None, "gini_high": None, "grade": {"grade": "B"},
            "baselines": {"nothing_changes": {"explained": 0.25, "explained_low": 0.2, "explained_high": 0.3}},
        }
    },
}  # fmt: skip
NDCG = {
    "model": 0.674,
    "own_frequency": 0.662,
    "popularity": 0.5,
    "gain": 0.012,
    "gain_low": 0.004,
    "gain_high": 0.02,
}
CATEGORY: dict[str, Any] = {
    "horizon_days": 14, "new_days": 112, "out_of_time": {
        "all": {"all": {"ndcg5": NDCG, "judged": 704}, "new": {}},
        "decision": {"all": {"ndcg5": {**NDCG, "gain_low": None, "gain_high": None}, "judged": 1}, "new": {}},
    },
}  # fmt: skip
GATES = {
    "churn": {
        "all": {"passes": True, "over": "rfm_logistic", "less": 0.0123},
        "decision": {"passes": False, "over": "recency", "less": -0.002},
        "retention": {"passes": False, "over": "", "less": None},
    }
}


def section(language: Language = "en", **given: Any) -> dict[str, Any]:
    found = {"timing": TIMING, "value": VALUE, "category": CATEGORY, "gates": GATES} | given
    return forecast_section(*found.values(), words=Words(language))


def texts(part: dict[str, Any]) -> list[list[str]]:
    return [[cell["text"] for cell in row["cells"]] for row in part["rows"]]


def test_every_table_says_what_was_measured() -> None:
    found = section()
    assert texts(found["when"]) == [["11%", "–", "–", "0.71", "0.83"]]
    assert found["when"]["notes"] == ["84 days: the log is too short"]
    assert texts(found["much"]) == [["41.50", "40.00", "1.04", "0.62", "25%", "B"]]
    assert texts(found["what"]) == [
        ["704", "0.674", "0.662", "+0.012", "0", "–", "–", "–"],
        ["1", "–", "–", "–", "0", "–", "–", "–"],
    ]
    assert [cell["better"] for cell in found["what"]["rows"][0]["cells"]] == [
        *[False] * 3,
        True,
        *[False] * 4,
    ]


def test_the_gate_tells_which_model_stays_out_and_why() -> None:
    rows = texts(section()["gates"])
    assert rows[0] == ["goes in", "0.0123 better than RFM model"]
    assert rows[1][0] == rows[2][0] == "stays out"
    assert "0.0020 worse than" in rows[1][1] and "too few" in rows[2][1]


@pytest.mark.parametrize("language", ["en", "nl"])
def test_it_stands_on_the_page_in_both_languages(language: Language) -> None:
    words = Words(language)
    page = environment().get_template("forecasts.html.j2").render(words=words, forecasts=section(language))
    assert words("forecast_when") in page and words("forecast_gates") in page
    assert ("1,04" if language == "nl" else "1.04") in page


def test_what_was_not_learnt_is_left_out() -> None:
    assert section(timing={}, value={}, category={}, gates={"churn": {}}) == {}
    only = section(timing={}, value={}, category={"eligible": False, "reason": "no categories"}, gates={})
    assert only["what"]["text"] == "no categories" and not only["what"]["rows"] and not only["when"]
