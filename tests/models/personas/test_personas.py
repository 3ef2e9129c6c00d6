from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import adjusted_rand_score

from features.settings import JourneySettings
from models.json_files import write_json
from models.personas.assign import Personas, persona_of
from models.personas.find import find_personas
from models.personas.names import Group, ids_of
from models.reporting.journey_words import JourneyWords
from models.reporting.persona_cards import persona_cards
from models.reporting.words import Words
from models.settings import PersonaSettings

SETTINGS = PersonaSettings(resamples=4, rows=2000)
#: Planted groups: share, orders, value of an order, days silent, visits, share in the store, tickets.
GROUPS = {
    "fans": (0.2, 20.0, 80.0, 4.0, 60.0, 0.1, 0.2),
    "shoppers": (0.3, 5.0, 40.0, 20.0, 12.0, 0.9, 0.1),
    "lookers": (0.3, 0.0, 0.0, 6.0, 25.0, 0.0, 0.0),
    "gone": (0.2, 2.0, 30.0, 300.0, 2.0, 0.2, 1.5),
}


def world(n: int = 1500, seed: int = 1) -> tuple[pa.Table, np.ndarray]:
    """Customers of four planted groups, and to which each belongs."""
    rng = np.random.default_rng(seed)
    kinds = np.array(list(GROUPS))
    truth = rng.choice(kinds, size=n, p=[group[0] for group in GROUPS.values()])
    mean = np.array([GROUPS[name][1:] for name in truth])
    noisy = mean * rng.lognormal(0, 0.25, size=mean.shape)
    buys = noisy[:, 0] > 0
    phase = np.where(truth == "gone", "dormant", np.where(buys, "retention", "consideration"))
    columns = {
        "customer_id": np.arange(n, dtype=np.int64) * 7919 % 100_003,
        "cutoff_us": np.zeros(n, np.int64),
        "phase": phase,
        "days_in_phase": np.where(truth == "gone", 91.0, 20.0).astype(np.float32),
        "frequency__orders": np.round(noisy[:, 0]),
        "monetary__order_value": np.where(buys, noisy[:, 1], 0.0),
        "recency__behaviour": noisy[:, 2],
        "recency__order": np.where(buys, noisy[:, 2], 730.0),
        "sessions__visits__364d": np.round(noisy[:, 3]),
        "channel__store_share": np.clip(noisy[:, 4], 0, 1),
        "channel__web_share": 1 - np.clip(noisy[:, 4], 0, 1),
        "frequency__ticket_open__364d": np.round(noisy[:, 5]),
        "tenure__known_days": rng.integers(100, 500, n).astype(float),
    }
    return pa.table(columns), truth


@pytest.fixture(scope="module")
def journey_with_parts() -> JourneySettings:
    phases = [
        {"key": key, "label": {"nl": key, "en": key.capitalize()}, "goal": {"nl": "", "en": ""}, "part": part,
         "priority": place, "evidence": []}
        for place, (key, part) in enumerate({"awareness": "buyer", "retention": "customer"}.items(), 1)
    ]  # fmt: skip
    words = {
        "name": "two",
        "title": {"nl": "Twee", "en": "Two"},
        "dormant": {"nl": "Slapend", "en": "Dormant"},
    }
    return JourneySettings.model_validate(words | {"phases": phases}, strict=False)


@pytest.fixture(scope="module")
def found() -> dict[str, object]:
    return find_personas(world()[0], SETTINGS, ["gender", "age"])


def assigned(found: dict[str, object], rows: pa.Table, folder: Path) -> np.ndarray:
    write_json(folder / "personas.json", found)
    return persona_of(folder / "personas.json", rows)


def test_planted_groups_are_found(found: dict[str, object], tmp_path: Path) -> None:
    rows, truth = world()
    names = assigned(found, rows, tmp_path)
    assert adjusted_rand_score(truth, names) > 0.9
    assert all(one["stability"] > 0.75 for one in found["personas"])


def test_same_customers_same_bytes_in_any_order(found: dict[str, object]) -> None:
    rows, _ = world()
    shuffled = rows.take(pa.array(np.random.default_rng(5).permutation(rows.num_rows)))
    again = find_personas(shuffled, SETTINGS, ["age", "gender"])
    assert json.dumps(again, sort_keys=True) == json.dumps(found, sort_keys=True)


def test_other_customers_of_the_same_sort_bear_the_same_names(
    found: dict[str, object], tmp_path: Path
) -> None:
    other = find_personas(world(seed=9)[0], SETTINGS)
    assert {one["id"] for one in other["personas"]} == {one["id"] for one in found["personas"]}
    rows, _ = world(seed=4)
    assert adjusted_rand_score(assigned(found, rows, tmp_path), assigned(other, rows, tmp_path)) > 0.9


def test_most_valuable_first_and_everybody_in_one(found: dict[str, object]) -> None:
    spend = [one["spend"] for one in found["personas"]]
    assert spend == sorted(spend, reverse=True)
    assert sum(one["n"] for one in found["personas"]) == 1500
    for one in found["personas"]:
        assert sum(one["phases"].values()) == pytest.approx(1.0, abs=1e-5)
        assert one["stalls_in"] in one["phases"]


def test_a_row_belongs_where_it_belongs_alone(found: dict[str, object], tmp_path: Path) -> None:
    rows, _ = world()
    names = assigned(found, rows, tmp_path)
    alone = [persona_of(tmp_path / "personas.json", rows.slice(i, 1))[0] for i in range(0, 200, 20)]
    assert alone == names[:200:20].tolist()


def test_attributes_of_people_play_no_part(found: dict[str, object]) -> None:
    rows, _ = world()
    marked = rows.append_column("gender", pa.array(["f", "m"] * (rows.num_rows // 2)))
    assert find_personas(marked, SETTINGS, ["gender", "age"]) == found
    assert found["not_used"] == ["age", "gender"]
    assert not any("gender" in axis["column"] for axis in found["axes"])


def test_too_few_customers_make_no_personas(tmp_path: Path) -> None:
    found = find_personas(world(n=60)[0], SETTINGS)
    assert found["personas"] == [] and found["note"]
    assert assigned(found, world(n=3)[0], tmp_path).tolist() == [None, None, None]
    assert Personas.read(tmp_path / "nothing.json") is None
    alike = pa.table({"customer_id": range(900), "cutoff_us": [0] * 900, "frequency__orders": [2.0] * 900})
    assert find_personas(alike, SETTINGS)["personas"] == []


def test_no_two_groups_bear_one_name() -> None:
    alike = Group(1.0, 8.0, 1.0, 0.0, 1.0, {"monetary__order_value": 0.9})
    names = ids_of([alike] * 5)
    assert len(set(names)) == 5 and names[0] == "regulars+big_baskets"


def test_baskets_are_compared_among_buyers_and_what_is_alike_is_not_told(found: dict[str, object]) -> None:
    rows, _ = world()
    value, orders = (rows[name].to_numpy() for name in ("monetary__order_value", "frequency__orders"))
    for one in found["personas"]:
        for told in one["stands_out"]:
            apart = (told["here"] - told["everybody"]) * np.sign(told["distance"])
            assert apart >= 0.1 * abs(told["everybody"]), told
            if told["column"] == "monetary__order_value":
                assert told["everybody"] == pytest.approx(value[orders > 0].mean(), abs=1e-3)


def test_they_stall_only_where_an_order_is_still_to_come(journey_with_parts: JourneySettings) -> None:
    said = JourneyWords(Words("en", journey_with_parts), "EUR")

    def where(phases: dict[str, float], stalls_in: str, days: float) -> tuple[str, str]:
        one = {
            "id": "regulars", "n": 9, "share": 1.0, "stability": 1.0, "spend": 1.5, "channel": None,
            "stands_out": [{"column": "frequency__orders", "distance": -1.0, "here": 0.0, "everybody": 0.8}],
            "phases": phases, "stalls_in": stalls_in, "stall_days": days,
        }  # fmt: skip
        (card,) = persona_cards({"personas": [one]}, said, journey_with_parts)
        assert card["does"] == ["No orders (everybody: 0.8)"] and card["facts"][0][1] == "€\u00a02"
        return card["where"], card["stalls"]

    assert where({"awareness": 0.4, "retention": 0.6}, "retention", 60.0)[0] == "Where they stand"
    assert where({"awareness": 1.0}, "awareness", 60.0)[0] == "Where they stall"
    assert where({"awareness": 1.0}, "awareness", 10.0)[0] == "Where they stand"
    asleep = where({"awareness": 0.3, "dormant": 0.7}, "awareness", 21.0)
    assert asleep == (
        "Where they stall", "70% have fallen silent. The others mostly in Awareness: 21 days so far on average."
    )  # fmt: skip


@pytest.mark.parametrize("language", ["en", "nl"])
def test_cards_are_in_words(found: dict[str, object], language: str) -> None:
    cards = persona_cards(found, JourneyWords(Words(language), "EUR"))  # type: ignore[arg-type]
    assert len(cards) == len(found["personas"])
    for card in cards:
        text = " ".join([card["name"], *card["does"], *card["needs"], card["stalls"]])
        assert "_" not in text and "{" not in text and "None" not in text
        assert card["does"] and card["needs"]
    names = {card["name"] for card in cards}
    assert len(names) == len(cards)
