from __future__ import annotations

import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from features.settings import JourneySettings
from models.reporting.journey_map.draw import PAPER, journey_map
from models.reporting.journey_map.flows import SHOWN, Stations, _ports, flows_between, shares
from models.reporting.journey_map.svg import Svg, width_of, wrapped
from models.reporting.journey_words import JourneyWords
from models.reporting.words import Words

NS = "{http://www.w3.org/2000/svg}"


def drawn(data: dict[str, Any], journey: JourneySettings, language: str = "en") -> ElementTree.Element:
    said = JourneyWords(Words(language, journey), "EUR")  # type: ignore[arg-type]
    return ElementTree.fromstring(journey_map(data, journey, said, "Shop <1> & Co").document(PAPER))


def texts(svg: ElementTree.Element) -> str:
    return "\n".join(svg.itertext())


@pytest.mark.parametrize("language", ["en", "nl"])
def test_is_well_formed_and_asks_nothing_of_the_network(data, journey, language: str) -> None:  # type: ignore[no-untyped-def]
    svg = drawn(data, journey, language)
    assert svg.tag == f"{NS}svg" and svg.get("width") == "420mm" and svg.get("height") == "297mm"
    for element in svg.iter():
        assert element.tag.removeprefix(NS) in {
            "svg",
            "title",
            "desc",
            "rect",
            "path",
            "line",
            "circle",
            "text",
        }
        for name, value in element.items():
            assert "href" not in name and "url(" not in value and "://" not in value
    numbers = re.findall(r'="(-?[\d.]+|nan|inf)"', ElementTree.tostring(svg, encoding="unicode"))
    assert numbers and "nan" not in numbers


def test_words_of_both_languages(data, journey) -> None:  # type: ignore[no-untyped-def]
    english, dutch = (texts(drawn(data, journey, language)) for language in ("en", "nl"))
    for words, told in (
        (
            english,
            (
                "Journey map · Three phases",
                "Buyer journey",
                "Customer journey",
                "Look",
                "Loyalty loop",
                "not measured",
            ),
        ),
        (
            dutch,
            (
                "Klantreiskaart · Drie fasen",
                "Kopersreis",
                "Klantreis",
                "Kijken",
                "Loyaliteitslus",
                "niet gemeten",
            ),
        ),
    ):
        assert all(one in words for one in told)
        assert "None" not in words and "{" not in words and "_" not in words.replace("_view", "")


def test_nothing_from_the_data_is_markup(data, journey) -> None:  # type: ignore[no-untyped-def]
    svg = drawn(data, journey)
    assert "Stay & share" in texts(svg) and "Show <b>what</b> there is" in texts(svg)
    assert "<script>" in texts(svg) and not list(svg.iter(f"{NS}script"))


def test_every_phase_with_customers_and_flows_as_measured(data, journey) -> None:  # type: ignore[no-untyped-def]
    said = texts(drawn(data, journey))
    assert all(f"\n{phase['customers']}\n" in said for phase in data["phases"][:3])
    assert "0.4% wake up here" in said and "30% stay" in said
    found = shares(data)
    flows = flows_between(found, ["look", "buy", "stay"])
    assert {(flow.start, flow.end) for flow in flows} == {(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)}
    assert all(flow.share >= SHOWN for flow in flows)
    # What leaves a phase, what stays and what falls asleep is everybody.
    for place, key in enumerate(("look", "buy", "stay")):
        away = sum(flow.share for flow in flows if flow.start == place)
        assert away + found[key, key] + found[key, "dormant"] == pytest.approx(1.0)


def test_ribbons_do_not_lie_on_each_other(data) -> None:  # type: ignore[no-untyped-def]
    flows = flows_between(shares(data), ["look", "buy", "stay"])
    stations = Stations([200.0, 600.0, 1000.0], 0.0, 74.0, 154.0)
    for forward in (True, False):
        chosen = [flow for flow in flows if (flow.end > flow.start) == forward]
        starts, ends = _ports(chosen, stations, forward)
        edges = sorted(
            (x - flow.width / 2, x + flow.width / 2) for found in (starts, ends) for flow, x in found.items()
        )
        assert all(right <= left for (_, right), (left, _) in pairwise(edges))


def test_sentiment_line_has_a_gap_where_nothing_was_measured(data, journey) -> None:  # type: ignore[no-untyped-def]
    def segments(svg: ElementTree.Element) -> int:
        return len(
            [
                one
                for one in svg.iter(f"{NS}path")
                if one.get("stroke-width") == "3" and "L" in str(one.get("d"))
            ]
        )

    assert segments(drawn(data, journey)) == 0
    data["phases"][1]["sentiment"] = data["phases"][0]["sentiment"]
    assert segments(drawn(data, journey)) == 2


def test_without_orders_there_is_no_loop(data, journey) -> None:  # type: ignore[no-untyped-def]
    assert any(one.get("stroke-dasharray") == "7 5" for one in drawn(data, journey).iter())
    data["loop"] = None
    svg = drawn(data, journey)
    assert not any(
        one.get("stroke-dasharray") == "7 5" for one in svg.iter()
    ) and "Loyalty loop" not in texts(svg)


def test_nothing_is_drawn_outside_the_paper(data, journey) -> None:  # type: ignore[no-untyped-def]
    svg = drawn(data, journey)
    _, _, width, height = (float(number) for number in str(svg.get("viewBox")).split())
    for one in svg.iter(f"{NS}text"):
        size, x, y = (float(str(one.get(name))) for name in ("font-size", "x", "y"))
        assert size < y < height
        wide = width_of(str(one.text), size, one.get("font-weight") == "700")
        left = x - {"middle": wide / 2, "end": wide}.get(str(one.get("text-anchor")), 0.0)
        assert left >= -2 and left + wide <= width + 2, one.text


def test_same_data_same_bytes(data, journey) -> None:  # type: ignore[no-untyped-def]
    said = JourneyWords(Words("nl", journey), "EUR")
    assert len({journey_map(data, journey, said, "x").document() for _ in range(2)}) == 1


def test_text_is_escaped_and_wrapped() -> None:
    svg = Svg(10, 10, "<t>", "a & b")
    svg.text(1, 2, '"quoted" <i>', 5)
    assert "&lt;i&gt;" in svg.document() and ElementTree.fromstring(svg.document())[0].text == "<t>"
    lines = wrapped("one two three four five six", 60, 12, most=2)
    assert len(lines) == 2 and lines[-1].endswith("…")
