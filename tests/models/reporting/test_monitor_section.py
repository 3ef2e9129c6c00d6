from __future__ import annotations

import re
from typing import Any

from models.reporting.contents import contents
from models.reporting.monitor_section import monitor_section
from models.reporting.page import environment
from models.reporting.trust_tiles import trust_tiles
from models.reporting.words import Language, Words

NASTY = "<script>alert(1)</script>"
FINDING = {"severity": "alarm", "said": {"en": f"mail is silent {NASTY}", "nl": "mail zwijgt"}, "todo": None}
POINTS = [{"at": f"2025-06-0{day}", "value": value} for day, value in ((1, 0.02), (2, None), (3, 0.2))]
CHECKS = [
    {"name": "volume", "title": {"en": "Events", "nl": "Gebeurtenissen"}, "state": "attention", "reason": None,
     "compared": 12, "findings": [FINDING], "series": []},
    {"name": "features", "title": {"en": "Features", "nl": "Kenmerken"}, "state": "fine", "reason": None,
     "compared": 9, "findings": [], "series": [
         {"name": "decision", "measure": "psi", "limit": 0.1, "points": POINTS},
         {"name": "retention", "measure": "psi", "limit": None, "points": POINTS[:1]}]},
    {"name": "labels", "title": {"en": "Labels", "nl": "Uitkomsten"}, "state": "not_judged",
     "reason": {"en": "too few weeks", "nl": "te weinig weken"}, "compared": None, "findings": [], "series": []},
]  # fmt: skip
MONITOR: dict[str, Any] = {
    "as_of": "2025-06-30", "state": "attention", "alarms": 1, "notes": 0, "compared": 21, "by_chance": 1.2,
    "checks": CHECKS,
}  # fmt: skip
RESULT = {
    "target": "churn", "score": "p_churn", "phase": "all", "days": 56, "full": True, "n": 1730, "rate": 0.59,
    "expected": 0.57, "lift10": {"value": 1.5, "low": 1.4, "high": 1.6}, "roc_auc": {"value": None},
    "gap": {"value": -0.02, "low": -0.04, "high": 0.0},
}  # fmt: skip
FILE = {
    "as_of": "2025-05-05", "rows": 19392, "refused": None,
    "results": [RESULT, RESULT | {"phase": "decision", "gap": None}],
    "waiting": [{"target": "order", "score": "p_order_84d", "days": 84, "from": "2025-07-28"}], "findings": [],
    "control": [{"days": 14, "phase": "all", "n_control": 970, "rate_control": 0.05, "rate_rest": 0.06,
                 "difference": {"value": 0.01, "low": -0.005, "high": 0.02}}],
}  # fmt: skip
MATURE: dict[str, Any] = {"state": "fine", "files": [FILE]}


def page(monitor: dict[str, Any], mature: dict[str, Any], language: Language = "en") -> str:
    words = Words(language)
    found = monitor_section(monitor, mature, words)
    return environment().get_template("monitoring.html.j2").render(words=words, monitoring=found)


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", html))


def test_what_was_not_run_is_not_spoken_of() -> None:
    words = Words("en")
    assert monitor_section({}, {}, words) == {}
    nothing = {"measured": False}, {"compared": 0}
    assert [tile["key"] for tile in trust_tiles({}, *nothing, {}, words)] == ["about", "fairness", "drift"]
    keys = [part["key"] for group in contents([], ["monitoring"], words) for part in group["parts"]]  # type: ignore[attr-defined]
    assert "monitoring" not in keys and "drift" in keys


def test_findings_reasons_and_chance_are_told_in_both_languages() -> None:
    english, dutch = plain(page(MONITOR, {})), plain(page(MONITOR, {}, "nl"))
    assert "Alarm: mail is silent" in english and "too few weeks" in english and "about 1.2" in english
    assert "mail zwijgt" in dutch and "te weinig weken" in dutch and "ongeveer 1,2" in dutch
    assert "<script>" not in page(MONITOR, {}) and "None" not in english


def test_a_line_needs_two_points_and_keeps_its_limit_in_sight() -> None:
    found = monitor_section(MONITOR, {}, Words("en"))
    (line,) = found["checks"][1]["lines"]
    heights = [float(point.split(",")[1]) for point in line["path"].split()]
    assert len(heights) == 2 and heights[1] < float(line["limit"]) < heights[0]
    assert "from 1 Jun 2025 to 3 Jun 2025, now 0.200" in line["alt"]


def test_matured_scores_show_what_was_expected_beside_what_happened() -> None:
    text = plain(page({}, MATURE))
    for part in ("Scores of 5 May 2025 (19,392 customers)", "59.0%", "57.0%", "1.40 to 1.60", "−2.0", "Per phase",
                 "difference +1.0 points (−0.5 to +2.0)", "can be judged from 28 Jul 2025"):  # fmt: skip
        assert part in text, part
    assert "nan" not in text and "None" not in text


def test_the_worst_state_counts_and_has_a_tile() -> None:
    words = Words("en")
    found = monitor_section(MONITOR, MATURE, words)
    assert found["state"] == "attention"
    meta = {
        "counts": {"rows_in": 1000, "kept": 900, "quarantined": 90, "deduplicated": 10},
        "missing_days": [],
    }
    tiles = trust_tiles(
        meta, {"measured": True, "standing_out": 0, "unequal": 0}, {"compared": 3, "much": 0}, found, words
    )
    assert [(tile["key"], tile["state"]) for tile in tiles] == [
        ("about", "attention"), ("fairness", "fine"), ("drift", "fine"), ("monitoring", "attention"),
    ]  # fmt: skip
    assert "90.00% of 1,000 rows" in tiles[0]["said"]
