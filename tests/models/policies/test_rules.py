from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

import models.policies.rules as folder
from features.discovery import discover
from models.actions.phase_policy import PhasePolicy
from models.policies import rule as registry
from models.policies.hard_masks import hard_masks
from models.policies.resources import resource_words
from models.policies.rule import Batch, Rule, rule_words

PHASE = np.array(["decision"] * 3, dtype=object)


def test_one_file_is_one_rule_and_ranks_are_its_own():
    found = discover(folder, "RULE")
    assert {"phase", "no_evidence", "consent", "contact_cap", "validity"} <= set(found)
    assert len({one.rank for one in found.values()}) == len(found)


@pytest.mark.parametrize(
    "name",
    ["phase", "no_evidence", "consent_email", "consent_fax", "contact_cap", "contact_cap_phone", "validity"],
)
def test_every_name_has_words_in_both_languages(name: str):
    said = rule_words(name)
    assert set(said) == {"en", "nl"} and said["en"] != said["nl"]
    assert name not in said.values()


def test_a_name_of_nobody_stays_and_resources_have_words_of_their_own():
    assert rule_words("something") == {"en": "something", "nl": "something"}
    assert resource_words("phase") is None
    assert resource_words("stock") == {"en": "out of stock", "nl": "voorraad op"}
    assert "calls" in str(resource_words("budget_calls"))


def test_a_rule_that_is_dropped_into_the_folder_takes_part(
    for_all: Callable[..., PhasePolicy], monkeypatch: pytest.MonkeyPatch
):
    holiday = Rule(
        rank=5, blocks=lambda action, batch: {"holiday": batch.customers == 2}, words=lambda name: None
    )
    found = {**discover(folder, "RULE"), "holiday": holiday}

    def with_holiday(package: ModuleType, attribute: str) -> dict[str, Rule]:
        return found

    monkeypatch.setattr(registry, "discover", with_holiday)
    registry.rules.cache_clear()
    try:
        here = Batch(np.array([1, 2, 3]), PHASE, {"decision": for_all("mail", {"mail": 1.0})})
        assert hard_masks(here).lists().tolist() == [[], ["mail:holiday"], []]
    finally:
        registry.rules.cache_clear()


def test_nobody_asked_is_nobody_answered():
    none = Batch(np.empty(0, dtype=np.int64), np.empty(0, dtype=object), {})
    masks = hard_masks(none)
    assert masks.arms == ("none",) and masks.lists().tolist() == []
