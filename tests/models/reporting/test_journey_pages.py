from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from features.contract import KINDS
from features.settings import JourneySettings
from models.reporting.exits_page import exits_page
from models.reporting.facts import row_counts
from models.reporting.journey_section import journey_section
from models.reporting.journey_words import JourneyWords
from models.reporting.page import environment
from models.reporting.words import Words, dictionary

SHARES = {"advance": 0.2, "stall": 0.4, "regress": 0.1, "leave": 0.3}
FORESEEN = {"gap": 0.01, "gap_low": -0.02, "gap_high": 0.03, "ece": 0.01}
JUDGED = {
    "rows": 90, "customers": 50, "log_loss": 1.0, "base_log_loss": 1.1, "gain": 0.1, "gain_low": 0.05,
    "gain_high": 0.2, "exits": {
        name: {"observed": share, "predicted": share + 0.01, **FORESEEN} for name, share in SHARES.items()
    },
}  # fmt: skip
EXITS = {"horizon_days": 28, "exits": list(SHARES), "out_of_time": {"all": JUDGED}}


class Seen(HTMLParser):
    """Text and tags of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags = "", list[str]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(data: dict[str, Any], journey: JourneySettings, language: str, exits: dict[str, Any]) -> Seen:
    words = Words(language, journey)  # type: ignore[arg-type]
    said = JourneyWords(words, "EUR")
    content = {
        "words": words,
        "journey": journey_section(data, journey, "Shop", said),
        "exits": exits_page(exits, words),
    }
    templates = [environment().get_template(f"{name}.html.j2") for name in ("journey_map", "journey_kpis")]
    return Seen("".join(template.render(content) for template in templates))


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_pages_read_well(data, journey, language: str) -> None:  # type: ignore[no-untyped-def]
    page = shown(data, journey, language, EXITS)
    assert "script" not in page.tags and "b" in page.tags
    for left in ("None", "nan", "{", "Undefined", "kpi_", "map_"):
        assert left not in page.text, left
    told = {
        "en": ("Phase by phase", "14 days", "30.0%", "Moves on", "foreseen 21.0%", "▲ up, good",
               "The loyalty loop", "Starts"),
        "nl": ("Fase voor fase", "14 dagen", "30,0%", "Gaat verder", "voorzien 21,0%", "▲ omhoog, goed",
               "De loyaliteitslus", "Begint"),
    }  # fmt: skip
    assert all(text in page.text for text in told[language])


def test_a_number_that_is_not_there_says_why(data, journey) -> None:  # type: ignore[no-untyped-def]
    text = shown(data, journey, "en", {}).text
    assert (
        Words("en")("kpi_reason_nothing_seen") in text.lower()
        or Words("en")("kpi_reason_nothing_seen") in text
    )
    assert "The exits of the phases were not learnt" in text


def test_sections_without_numbers_are_a_sentence(data, journey) -> None:  # type: ignore[no-untyped-def]
    data |= {"loop": None, "channel_roles": None, "traffic": [], "categories": []}
    text = shown(data, journey, "nl", {}).text
    assert "Zonder bestellingen is er geen loyaliteitslus." in text
    assert (
        "Er zijn geen contacten voor een bestelling gezien" in text and "Waar bezoek vandaan komt" not in text
    )


def test_without_an_analysis_there_is_one_sentence_and_no_old_map(
    journey: JourneySettings, tmp_path: Path
) -> None:
    page = shown({}, journey, "en", {})
    assert page.text.count("The journey analysis was not run") == 2 and "svg" not in page.tags
    out = tmp_path / "journey_map.svg"
    out.write_text("old")
    journey_section({}, journey, "Shop", JourneyWords(Words("en", journey), "EUR"), out)
    assert not out.exists()


def test_the_map_is_also_a_file_to_print(data, journey, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "journey_map.svg"
    section = journey_section(data, journey, "Shop", JourneyWords(Words("en", journey), "EUR"), out)
    assert (
        'width="420mm"' in out.read_text()
        and "http" not in section["svg"]
        and section["svg"].startswith("<svg")
    )


def test_every_kind_of_event_has_words_and_other_says_nothing() -> None:
    said = {language: JourneyWords(Words(language), "EUR") for language in ("en", "nl")}  # type: ignore[arg-type]
    for kind in KINDS:
        assert f"event_kind_{kind}" in dictionary() and said["nl"].touch(kind, None)
    touches = [{"kind": "other"}, {"kind": "purchase"}]
    assert said["en"].touches(touches) == touches[1:] and said["en"].touches(touches[:1]) == touches[:1]


def test_rows_of_a_source_add_up_over_its_files() -> None:
    files = [
        {
            "file": f"ga4/{day}.parquet",
            "part": "web",
            "rows_in": 10,
            "kept": 7,
            "quarantined": 2,
            "deduplicated": 1,
        }
        for day in range(3)
    ]
    files.append(
        {"file": "orders.csv", "part": "shop", "rows_in": 5, "kept": 5, "quarantined": 0, "deduplicated": 0}
    )
    meta = {
        "source": "demo",
        "counts": {"files": files},
        "parts": {"web": {"kind": "ga4", "missing_days": ["2024-09-21"]}},
    }
    web, shop = row_counts(meta, Words("en"))["parts"]
    assert web["counts"] == ["30", "21", "6", "3"] and shop["counts"] == ["5", "5", "0", "0"]
    assert "3 files" in web["about"] and "21 Sep 2024" in web["about"] and web["about"].startswith("ga4")
