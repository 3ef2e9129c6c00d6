"""The section on what families cost and bring: there when it belongs to these features, else not."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from models.reporting.family_section import family_pictures, family_section
from models.reporting.page import environment
from models.reporting.words import Words

NASTY = "<b>weather</b>"


def gain(share: float | None, low: float | None, high: float | None) -> dict[str, Any]:
    shares = {"share": share, "share_low": low, "share_high": high}
    return {"value": 0.01, "low": 0.0, "high": 0.02} | shares


def family(verdict: str, found: dict[str, Any]) -> dict[str, Any]:
    return {
        "columns": 3, "cpu_seconds": 1.25, "cpu_share": 0.5, "bytes": 2_500_000, "bytes_share": 0.5, "share": 0.1,
        "share_per_cpu_second": 0.08, "alone": 0.7, "learning_seconds": 0.0, "gains": {"churn": found},
        "verdict": verdict,
    }  # fmt: skip


@pytest.fixture
def found() -> dict[str, Any]:
    churn = {
        "judged": True, "cutoffs_us": [0], "rows": 5000, "customers": 3000, "known_rows": 9000, "tuned": {},
        "base_loss": 0.6, "loss": 0.5, "gain": 0.1,
    }  # fmt: skip
    days = {"judged": False, "reason": "too_short", "figures": {"days": 28}}
    families = {
        "recency": family("earns", gain(0.2, 0.1, 0.3)),
        NASTY: family("dear", gain(-0.0001, -0.02, 0.005)),
        "odd_one": family("unclear", gain(0.01, None, None)),
    }
    phases = {key: value for key, value in family("", gain(0.3, 0.2, 0.4)).items() if "_share" not in key}
    del phases["verdict"]
    return {
        "plan": "digest", "families": families, "order": list(families), "phases": phases,
        "targets": {"churn": churn, "readiness": days}, "shortlist": ["recency"], "margin": 0.01,
        "together": {"columns": 10, "cpu_seconds": 2.0, "bytes": 9_000_000},
        "measured": {"events": 100, "events_in_log": 4000, "persons": 7, "cutoffs": 5},
        "settings": {"confidence": 0.95, "rows": 15000, "resamples": 200, "keep": 0.95},
    }  # fmt: skip


def rendered(found: dict[str, Any], language: Any) -> str:
    words = Words(language)
    text = '{% from "macros.html.j2" import cell, gallery %}{% include "families.html.j2" %}'
    page = environment().from_string(text)
    return page.render(words=words, families=family_section(found, "digest", words), pictures={})


@pytest.mark.parametrize("plan", [{}, {"plan": "another"}])
def test_measurements_of_other_features_are_not_shown(found: dict[str, Any], plan: dict[str, str]) -> None:
    other = found | plan if plan else {}
    assert family_section(other, "digest", Words("en")) == {}
    assert family_pictures(other, "digest", Words("en")) == []


def test_every_family_is_told_in_the_language_of_the_page(found: dict[str, Any]) -> None:
    english, dutch = rendered(found, "en"), rendered(found, "nl")
    assert "How long ago" in english and "Hoe lang geleden" in dutch
    assert "Odd one" in english and "Odd one" in dutch
    assert "earns its cost" in english and "verdient zijn kosten niet" in dutch
    assert "+20.0%" in english and "+10.0 to +30.0" in english and "+20,0%" in dutch
    assert "2.5\u00a0MB" in english and "1,2\u00a0s" in dutch
    assert "Purchase-readiness: not judged, the log is too short" in english
    assert "Koopbereidheid: niet beoordeeld, de log is te kort" in dutch
    assert "(after 28 days)" in english


def test_a_change_too_small_to_write_has_no_sign_of_loss(found: dict[str, Any]) -> None:
    assert "+0.0%" in rendered(found, "en")


def test_a_name_from_outside_is_never_markup(found: dict[str, Any]) -> None:
    page = rendered(found, "en")
    assert "<b>" not in page and "&lt;b&gt;weather" in page


def test_no_blank_is_left(found: dict[str, Any]) -> None:
    for language in ("en", "nl"):
        page = rendered(found, language)
        for left in ("None", "nan", "{", "Undefined"):
            assert left not in page


def test_nothing_judged_still_shows_costs(found: dict[str, Any]) -> None:
    days = found["targets"]["readiness"]
    found["targets"] = {"churn": days, "readiness": days}
    found["shortlist"] = []
    for one in (*found["families"].values(), found["phases"]):
        one |= {"gains": {}, "share": None, "alone": None}
    for one in found["families"].values():
        one["verdict"] = "unknown"
    assert rendered(found, "en").count("not judged") == 3 + 2
    assert [one.key for one in family_pictures(found, "digest", Words("en"))] == ["cost"]


def test_a_picture_of_the_cost_and_one_per_judged_target(found: dict[str, Any]) -> None:
    drawn = family_pictures(found, "digest", Words("nl"))
    assert [one.key for one in drawn] == ["cost", "churn"]
    for one in drawn:
        assert ElementTree.fromstring(one.svg()).tag.endswith("svg")
        assert one.svg() == one.svg()
        assert one.alt


def test_more_families_make_a_higher_picture(found: dict[str, Any]) -> None:
    before = family_pictures(found, "digest", Words("en"))[0].size
    found["families"] |= {f"more_{n}": found["families"]["recency"] for n in range(20)}
    found["order"] = list(found["families"])
    after = family_pictures(found, "digest", Words("en"))[0].size
    assert after[0] == before[0] and after[1] > before[1] + 4


def test_the_section_has_its_template(repo: Path) -> None:
    assert "families.html.j2" in (repo / "models/reporting/templates/report.html.j2").read_text()
