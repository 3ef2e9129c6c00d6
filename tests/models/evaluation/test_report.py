from __future__ import annotations

import base64
import json
import re
import string
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import synthetic

from features.errors import InputError
from features.settings import LabelContract, SourceSettings
from models.reporting.facts import label_words
from models.reporting.headline import target_card
from models.reporting.page import ReportInputs, write_report
from models.reporting.reasons import reworded
from models.reporting.words import Language, Words, dictionary
from models.selection import too_few

SOURCE = SourceSettings.model_validate(
    {
        "kind": "table", "title": f"Shop {synthetic.NASTY}", "licence": "CC0 <i>", "path": ["x"],
        "rhythm": {"step_days": 28, "churn_horizon_days": 28, "readiness_horizon_days": 7},
    },
    strict=False,
)  # fmt: skip
CHURN = LabelContract(target="churn", horizon_days=28, active_days=56, gap_days=3)


class Page(HTMLParser):
    """What a browser would see: tags with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def report(root: Path, language: str, name: str = "report.html") -> str:
    inputs = ReportInputs(
        evaluation=root / "reports/evaluation.json",
        segments=root / "reports/segment_lift.parquet",
        meta=root / "data/canonical/meta.json",
        scores=root / "data/scores.parquet",
    )
    out = write_report(inputs, root / "reports" / name, synthetic.journey(), SOURCE, language, [CHURN])  # type: ignore[arg-type]
    return out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pages(world: Path) -> dict[str, str]:
    return {language: report(world, language) for language in ("en", "nl")}


@pytest.mark.parametrize("language", ["en", "nl"])
class TestPage:
    def test_asks_nothing_of_the_network(self, pages: dict[str, str], language: str) -> None:
        html = pages[language]
        assert "http://" not in html and "https://" not in html and "@import" not in html
        for tag, attributes in Page(html).tags:
            assert tag not in {"script", "link", "iframe", "object", "embed"}
            for name in ("src", "href", "srcset", "data", "action"):
                value = attributes.get(name)
                assert value is None or value.startswith(("data:image/svg+xml;base64,", "#")), value

    def test_every_picture_is_there_and_described(self, pages: dict[str, str], language: str) -> None:
        pictures = [attributes for tag, attributes in Page(pages[language]).tags if tag == "img"]
        # Per target 5 judged (all, four phases) x lift and calibration, 5 kinds of segments, 2 of baselines, 1 of
        # drift; 3 + 1 others.
        assert len(pictures) == 2 * (5 * 2 + 5 + 2 + 1) + 3 + 1
        for picture in pictures:
            assert picture["alt"]
            drawn = base64.b64decode(str(picture["src"]).split(",", 1)[1])
            assert ElementTree.fromstring(drawn).tag.endswith("svg")
            assert b'href="http' not in drawn

    def test_nothing_from_the_data_is_taken_as_markup(self, pages: dict[str, str], language: str) -> None:
        assert "<script" not in pages[language] and "<i>" not in pages[language]
        assert synthetic.NASTY in Page(pages[language]).text

    def test_links_lead_somewhere(self, pages: dict[str, str], language: str) -> None:
        page = Page(pages[language])
        ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
        for tag, attributes in page.tags:
            if tag == "a":
                assert str(attributes["href"])[1:] in ids

    def test_no_text_is_left_unfilled(self, pages: dict[str, str], language: str) -> None:
        text = Page(pages[language]).text
        for left in ("None", "nan", "{", "}}", "Undefined"):
            assert left not in re.sub(r":root.*@media print.*?\n}\n", "", text, flags=re.S)


def test_same_inputs_same_bytes(world: Path, pages: dict[str, str]) -> None:
    assert report(world, "nl", "again.html") == pages["nl"]


def test_language_is_all_of_it(pages: dict[str, str]) -> None:
    english, dutch = Page(pages["en"]).text, Page(pages["nl"]).text
    assert "What to do" in english and "Wat te doen" in dutch
    assert "Decision" in english and "Beslissing" in dutch
    assert "State personalise" in english and "Toestand personalise" in dutch
    assert "too small: " in english and "too small" not in dutch and "training rows" not in dutch
    assert "niet geschikt: 12 met de uitkomst in de leerrijen" in dutch
    assert "4,500" in english and "4.500" in dutch


def test_states_of_the_tournament_are_told(pages: dict[str, str]) -> None:
    text = Page(pages["en"]).text
    assert "Choose the action per customer in Decision" in text
    assert "Test first in Consideration" in text
    assert "Retention: a for everybody, where it is possible" in text
    assert "The log" not in text
    assert "No comparison is possible in Advocacy" in text
    assert "chances of each action were estimated" in text


def test_meaning_of_the_targets_is_told(pages: dict[str, str]) -> None:
    text = Page(pages["nl"]).text
    assert "geen bestelling in de 28 dagen na het scoremoment, de eerste 3 dagen niet meegeteld" in text
    assert "minstens één bestelling in de 56 dagen ervoor" in text


def test_churn_is_told_by_the_event_of_the_contract() -> None:
    visits = LabelContract(target="churn", event="behaviour", active_event="behaviour", horizon_days=7)
    assert label_words(visits, Words("en")).startswith("Churn here: no sign of activity in the 7 days")
    for language in ("en", "nl"):
        about = Words(language)("about_churn")  # type: ignore[arg-type]
        assert "buy" not in about and "kopen" not in about


def test_row_counts_and_missing_days_are_told(pages: dict[str, str]) -> None:
    text = Page(pages["en"]).text
    for part in (
        "10,500",
        "10,000",
        "300",
        "200",
        "3: 1 May 2017, 2 May 2017 and 9 May 2017",
        "date not readable",
    ):
        assert part in text


@pytest.fixture
def small(world: Path, tmp_path: Path) -> Callable[..., str]:
    """Give the English page of a world with churn over all phases only, after a change of its evaluation."""

    def page(change: Callable[[dict[str, Any]], None]) -> str:
        folder = tmp_path / "world"
        for name in ("reports/segment_lift.parquet", "data/canonical/meta.json"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((world / name).read_bytes())
        everything = json.loads((world / "reports/evaluation.json").read_text())
        churn = everything["targets"]["churn"]
        churn["phases"] = {"all": churn["phases"]["all"]}
        everything |= {"targets": {"churn": churn}, "next_action": None, "phases_over_time": {}}
        change(everything)
        (folder / "reports/evaluation.json").write_text(json.dumps(everything))
        return Page(report(folder, "en")).text

    return page


def test_honest_when_the_model_is_no_better(small: Callable[..., str]) -> None:
    def worse(everything: dict[str, Any]) -> None:
        everybody = everything["targets"]["churn"]["phases"]["all"]
        everybody["gain"]["roc_auc"] = {"over": "recency", "value": -0.01, "low": -0.03, "high": 0.01}
        everybody["metrics"]["ece"]["model"]["value"] = 0.2

    text = small(worse)
    assert "does not clearly rank better than the best simple rule, Recency only" in text
    assert "Use the order of the list, not the probabilities" in text
    assert "no log of past actions" in text and "No decision log in this source" in text
    assert "Nobody has been scored yet" in text


FEW = (
    "not eligible: 12 positives in the training rows, at least 50 needed (churn.min_positives in params.yaml)"
)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_base_rate_in_place_of_a_model_is_said_before_anything_else(
    world: Path, language: Language
) -> None:
    everything = json.loads((world / "reports/evaluation.json").read_text())
    churn, words = everything["targets"]["churn"], Words(language, synthetic.journey())
    rate = {"candidate": "pooled base_rate", "reason": FEW}
    model = {"candidate": "pooled blend", "reason": "pooled blend has the lowest log loss"}
    why = reworded(FEW, words)
    assert "12" in why and "positives" not in why

    def said(tested: list[dict[str, str]], now: dict[str, str]) -> tuple[list[str], str]:
        changed = churn | {"tested": tested, "selection": {"pooled": now}}
        card = target_card("churn", changed, everything["settings"], words)
        return card["sentences"], card["big"]

    blind, big = said([rate, rate], rate)
    assert blind[0] == words("do_tested_base_rate", n=2, total=2, reason=why) and not big
    assert blind[1] == words("do_served_base_rate", reason=why)
    assert len(blind) == 3 and not any("AUC" in sentence for sentence in blind)
    assert said([rate, rate], model)[0][1] == words("do_not_measured")
    partly, big = said([rate, model], model)
    assert partly[0] == words("do_tested_base_rate", n=1, total=2, reason=why) and big
    assert any("AUC" in sentence for sentence in partly)
    assert said([model, model], model)[0] == said([], model)[0] == partly[1:]


def test_why_nothing_was_compared_is_told_in_the_language_of_the_page() -> None:
    words = Words("nl")
    few = too_few(np.repeat([1, 0], [3, 900]).astype(np.float32), 10, "later rows")
    assert reworded(f"pooled logistic without comparison: {few}", words) == (
        "niet vergeleken: 3 met en 900 zonder de uitkomst in de latere rijen, van elk minstens 10 nodig"
    )
    of_phase = too_few(np.repeat([1, 0], [3, 9]).astype(np.float32), 50, "earlier rows of this phase")
    assert "in de eerdere rijen" in reworded(f"{of_phase}; served by pooled blend", words)


def test_missing_input_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="dvc repro"):
        report(tmp_path, "en")


def test_words_are_there_in_both_languages_with_the_same_blanks() -> None:
    for key, texts in dictionary().items():
        assert set(texts) == {"en", "nl"}, key
        blanks = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name} for text in texts.values()
        ]
        assert blanks[0] == blanks[1], key
        assert all(texts.values()), key


def test_no_word_is_unused(repo: Path) -> None:
    folders = ("models", "pipelines")
    sources = [path for folder in folders for path in (repo / folder).rglob("*.py")]
    sources += (repo / "models/reporting/templates").glob("*.j2")
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    stems = set(re.findall(r'["\']([a-z_]+_)["\'{]', code)) | set(re.findall(r'f"([a-z_]+_)\{', code))
    for key in dictionary():
        # Not a pattern: a thousand searches of all the code, and this is twenty times as fast.
        written = any(f"{before}{key}{after}" in code for before in "\"'" for after in "\"'")
        assert written or any(key.startswith(stem) for stem in stems), key


@pytest.mark.parametrize(
    ("value", "digits", "signed", "english", "dutch"),
    [
        (1234.56, 1, False, "1,234.6", "1.234,6"),
        (-0.5, 2, False, "−0.50", "−0,50"),
        (0.25, 2, True, "+0.25", "+0,25"),
        (None, 2, False, "–", "–"),
        (float("nan"), 0, False, "–", "–"),
    ],
)
def test_numbers_are_written_as_the_language_does(value, digits, signed, english, dutch) -> None:
    assert Words("en").number(value, digits, signed) == english
    assert Words("nl").number(value, digits, signed) == dutch
