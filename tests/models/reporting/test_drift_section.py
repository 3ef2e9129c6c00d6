from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

from features.settings import JourneySettings
from models.reporting.drift_section import drift_pictures, drift_section, read_scored, tenths_now
from models.reporting.page import environment
from models.reporting.words import Words

CALIBRATION = [{"p": p, "n": 10, "observed": p, "low": 0.0, "high": 1.0} for p in (0.1, 0.3, 0.5, 0.7)]
ENTRY = {
    "cutoff": "2025-05-05", "n": 40, "known_rate": 0.5, "newest_rate": 0.4, "rate": 0.6, "expected": 0.41,
    "drift": 0.2, "low": 0.1, "high": 0.3, "moved": True,
}  # fmt: skip


def evaluation(now: tuple[int, int] = (50, 50), **entry: Any) -> dict[str, Any]:
    target = {
        "cutoffs": ["2025-05-05"], "phases": {"all": {"calibration": CALIBRATION}},
        "base_rate_drift": {"all": [ENTRY | entry], "look": [ENTRY | entry]},
    }  # fmt: skip
    moved = {
        "cutoffs": ["2025-05-05", "2025-06-02"],
        "counts": {"look": [50, now[0]], "buy": [50, now[1]], "dormant": [1, 9999]},
    }
    return {"targets": {"churn": target}, "phases_over_time": moved}


def scored(*p: float) -> pd.DataFrame:
    return pd.DataFrame({"churn": p})


def text(found: dict[str, Any], words: Words) -> str:
    shown = environment().get_template("drift.html.j2").render(words=words, drift=found, pictures={})
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", shown))


@pytest.fixture
def words(journey: JourneySettings) -> Words:
    return Words("en", journey)


def test_the_same_customers_have_not_moved_and_sleepers_do_not_count(words: Words) -> None:
    found = drift_section(evaluation(moved=False), scored(0.1, 0.3, 0.5, 0.7), words)
    assert (found["phases"]["state"], found["targets"][0]["scores"]["state"]) == ("little", "little")
    assert (found["much"], found["compared"]) == (0, 3)
    assert [row["change"] for row in found["phases"]["rows"]] == ["+0.0 points", "+0.0 points"]


def test_other_phases_other_scores_and_another_outcome_are_each_counted(words: Words) -> None:
    found = drift_section(evaluation(now=(90, 10)), scored(*[0.69] * 9, 0.1), words)
    assert (found["much"], found["compared"]) == (3, 3)
    said = text(found, words)
    assert "+40.0 points" in said and "train again" in said and "+20.0 points" in said
    assert "Look at 5 May 2025: +20.0 points" in said and "one run" in said


def test_every_customer_falls_in_one_part_of_the_judged_list() -> None:
    shares = tenths_now(CALIBRATION, [0.0, 0.19, 0.21, 0.9, 1.0, float("nan")])
    assert shares == [0.4, 0.2, 0.0, 0.4] and sum(shares) == pytest.approx(1)


def test_what_cannot_be_told_apart_is_not_compared(words: Words) -> None:
    same = [{"p": 0.3, "n": 5}, {"p": 0.3, "n": 5}]
    assert tenths_now(same, [0.3]) == tenths_now(CALIBRATION, []) == tenths_now([], [0.3]) == []
    bare: dict[str, Any] = {"targets": {"churn": {"cutoffs": [], "phases": {}}}}
    found = drift_section(bare, pd.DataFrame(), words)
    assert found["compared"] == 0 and drift_pictures(found, words) == []
    assert "Nothing to compare" in text(found, words)


def test_pictures_show_todays_customers_on_the_judged_list(words: Words) -> None:
    found = drift_section(evaluation(), scored(0.1, 0.1, 0.1, 0.7), words)
    (drawn,) = drift_pictures(found, words)
    assert (drawn.sheet, drawn.key) == ("drift", "churn") and "75%, 0%, 0%, 25%" in drawn.alt
    assert ElementTree.fromstring(drawn.svg()).tag.endswith("svg")


def test_scores_are_read_by_the_name_of_their_target(tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    pd.DataFrame({"p_churn": [0.2], "p_ready": [0.4], "band": ["a"]}).to_parquet(path)
    assert read_scored(path).to_dict("list") == {"churn": [0.2], "readiness": [0.4]}
    assert read_scored(None).empty and read_scored(tmp_path / "not").empty
