from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest

from models.reporting.fairness_section import audited_kinds, fairness_section
from models.reporting.page import environment
from models.reporting.words import Language, Words

GROUP = {
    "action": "coupon", "discount": True, "group_kind": "gender", "group": "f", "n": 900, "received": 90,
    "share": 0.1, "share_rest": 0.2, "difference": -0.05, "low": -0.08, "high": -0.02, "q_value": 0.004,
}  # fmt: skip
EXPOSURE = {
    "rows": [
        GROUP,
        GROUP | {"group": "unknown", "n": 20, "difference": None, "q_value": None, "note": "too small: 20"},
    ]
}


def row(
    segment: str, metric: str, value: float | None, q: float | None, phase: str = "all"
) -> dict[str, Any]:
    judged = {} if value is None else {
        "value": value, "low": value - 0.1, "high": value + 0.1, "rest": 0.7, "difference": value - 0.7,
        "difference_low": value - 0.8, "difference_high": value - 0.6, "q_value": q,
    }  # fmt: skip
    k = 0.1 if metric.startswith("lift") else None
    about = {
        "target": "churn",
        "phase": phase,
        "segment_kind": "gender",
        "segment": segment,
        "metric": metric,
    }
    sizes = {"k": k, "n": 500, "customers": 300, "base_rate": 0.25}
    blank = dict.fromkeys(
        ("value", "low", "high", "rest", "difference", "difference_low", "difference_high", "q_value")
    )
    return about | sizes | blank | judged


def frame(q: float) -> pd.DataFrame:
    rows = [
        row("f", "roc_auc", 0.55, q),
        row("f", "lift10", 2.0, 0.9),
        row("f", "calibration_gap", 0.02, 0.9),
    ]
    rows += [
        row("m", "roc_auc", 0.8, 0.9),
        row("m", "lift10", 2.1, 0.9),
        row("m", "calibration_gap", 0.01, 0.9),
    ]
    rows += [row("x", metric, None, None) for metric in ("roc_auc", "lift10", "calibration_gap")]
    rows += [row("a", "roc_auc", 0.1, 0.0) | {"segment_kind": "phase"}]
    numbers = [
        "k",
        "value",
        "low",
        "high",
        "rest",
        "difference",
        "difference_low",
        "difference_high",
        "q_value",
    ]
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, float))


def section(
    q: float = 0.9, exposure: dict[str, Any] | None = None, language: Language = "en"
) -> dict[str, Any]:
    return fairness_section(frame(q), ["churn"], EXPOSURE if exposure is None else exposure, Words(language))


def page(found: dict[str, Any], language: Language = "en") -> str:
    shown = (
        environment()
        .get_template("fairness.html.j2")
        .render(words=Words(language), fairness=found, pictures={})
    )
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", shown))


def test_only_attributes_are_audited_not_phases_or_dimensions() -> None:
    assert audited_kinds(pd.Series(["channel", "all", "gender", "phase", "age_band"])) == [
        "age_band",
        "gender",
    ]


def test_a_group_that_differs_after_correction_is_named_and_one_that_does_not_is_not() -> None:
    found = section(q=0.01)
    assert found["standing_out"] == 1 and len(found["targets"][0]["lines"]) == 1
    text = page(found)
    assert "1 groups differ" in text and "f (All phases). Ranking (AUC): −0.150 against the rest" in text
    calm = section(q=0.06)
    assert calm["standing_out"] == 0 and "No group differs from the rest beyond chance" in page(calm)


def test_every_group_carries_its_interval_or_says_that_it_is_too_small() -> None:
    f, m, x = section()["targets"][0]["tables"][0]["rows"]
    assert [one["interval"] for one in f["cells"]] == ["0.45 to 0.65", "1.90 to 2.10", "−8.0 to +12.0"]
    assert m["note"] == "" and x["note"] == "too small to judge"


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", ["−5.0 pp", "beyond chance", "too small to compare"]),
     ("nl", ["−5,0 pp", "meer dan toeval", "te klein om te vergelijken"])],
)  # fmt: skip
def test_who_receives_what_is_told_in_both_languages(language: Language, told: list[str]) -> None:
    found = section(language=language)
    assert found["unequal"] == 1
    text = page(found, language)
    for part in told:
        assert part in text, part


def test_nothing_measured_is_said_in_words() -> None:
    assert "not compared between groups" in page(section(exposure={}))
    assert "Nobody receives an action now" in page(section(exposure={"rows": []}))
    nothing = fairness_section(frame(0.5).query("segment_kind == 'phase'"), ["churn"], {}, Words("nl"))
    assert not nothing["measured"] and "geen kenmerk bekend" in page(nothing, "nl")
