"""Presets are contracts of vendors as data; one's own words win over them, they win over the source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features.errors import InputError
from features.label_presets import SETS, LabelPreset, chosen_preset, with_preset
from features.labels._base import contracts, in_phases
from features.settings import LabelContract, LabelSettings, Rhythm
from pipelines.labels_check import presets

RHYTHM = Rhythm(
    step_days=28, churn_horizon_days=56, churn_active_days=84, churn_event="purchase", readiness_horizon_days=28,
    readiness_active_days=21, readiness_active_event="purchase",
)  # fmt: skip
#: The numbers of the vendors: target, event, who is active, in the last, looks ahead.
VENDORS = {
    "adobe": ("readiness", "purchase", "behaviour", 45, 30),
    "braze": ("churn", "purchase", "purchase", 14, 14),
    "dynamics_churn": ("churn", "purchase", "purchase", 30, 90),
    "ga4_churn": ("churn", "behaviour", "behaviour", 7, 7),
    "ga4_purchase": ("readiness", "purchase", "behaviour", 28, 7),
    "ga4_revenue": ("value", "purchase", "behaviour", 28, 28),
    "klaviyo": ("value", "purchase", "purchase", 3650, 365),
}
MINIMA = {"adobe": 500, "ga4_churn": 1000, "ga4_purchase": 1000, "ga4_revenue": 1000}


@pytest.fixture(scope="module")
def shipped(repo: Path) -> dict[str, LabelPreset]:
    return presets(repo)


def settings(text: str) -> LabelSettings:
    return LabelSettings.model_validate_json(text)


def test_the_shipped_presets_are_those_of_the_vendors(shipped: dict[str, LabelPreset]) -> None:
    assert set(shipped) == set(VENDORS)
    for name, one in shipped.items():
        found = (one.target, one.event, one.active_event, one.active_days, one.horizon_days)
        assert found == VENDORS[name], name
        assert (one.min_positives, one.min_negatives) == (MINIMA.get(name),) * 2, name
        assert one.gap_days == 0
        for words in (one.title, one.rule, one.differs):
            assert set(words) == {"nl", "en"}
            assert all(words.values()), name


@pytest.mark.parametrize("name", sorted(VENDORS))
def test_a_preset_is_the_contract(shipped: dict[str, LabelPreset], name: str) -> None:
    target = shipped[name].target
    (contract,) = contracts(
        {target: with_preset(LabelSettings(preset=name), target, lambda: shipped)}, RHYTHM
    )
    found = (
        contract.target,
        contract.event,
        contract.active_event,
        contract.active_days,
        contract.horizon_days,
    )
    assert found == VENDORS[name]
    assert contract.min_positives == contract.min_negatives == MINIMA.get(name, 50)


def test_own_words_win_over_the_preset_and_null_is_no_word(shipped: dict[str, LabelPreset]) -> None:
    own = '"horizon_days": 14, "active_days": null, "min_positives": 50, "min_negatives": null'
    found = with_preset(settings(f'{{"preset": "ga4_purchase", {own}}}'), "readiness", lambda: shipped)
    assert (found.horizon_days, found.active_days) == (14, 28)
    assert (found.min_positives, found.min_negatives) == (50, 1000)
    (contract,) = contracts({"readiness": found}, RHYTHM)
    assert (contract.active_event, contract.active_days) == ("behaviour", 28)


def test_giving_it_twice_changes_nothing(shipped: dict[str, LabelPreset]) -> None:
    once = with_preset(settings('{"preset": "braze", "gap_days": 3}'), "churn", lambda: shipped)
    assert with_preset(once, "churn", lambda: shipped) == once
    assert once.gap_days == 3


def test_without_a_preset_nothing_changes_and_no_file_is_read() -> None:
    def unread() -> dict[str, LabelPreset]:
        raise AssertionError("conf/labels was read")

    plain = settings('{"gap_days": null, "min_positives": null, "min_negatives": null, "phases": null}')
    assert plain == LabelSettings()
    assert with_preset(plain, "churn", unread) is plain
    (contract,) = contracts({"churn": plain}, RHYTHM)
    assert contract == LabelContract(target="churn", horizon_days=56, active_days=84)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("ga4_purchase", "it is for readiness"), ("ga4_chrun", "no such file in conf/labels")],
)
def test_a_preset_that_cannot_be_is_named_with_those_that_can(
    shipped: dict[str, LabelPreset], name: str, problem: str
) -> None:
    with pytest.raises(InputError) as caught:
        chosen_preset(name, "churn", shipped)
    for words in (problem, "'churn.preset'", "braze, dynamics_churn, ga4_churn", "a new file in conf/labels"):
        assert words in str(caught.value)


def test_an_own_preset_is_a_file(tmp_path: Path, repo: Path) -> None:
    folder = tmp_path / "conf/labels"
    folder.mkdir(parents=True)
    text = (repo / "conf/labels/braze.yaml").read_text() + "phases: [retention]\n"
    (folder / "monthly.yaml").write_text(text.replace("horizon_days: 14", "horizon_days: 30"))
    found = with_preset(LabelSettings(preset="monthly"), "churn", lambda: presets(tmp_path))
    assert (found.horizon_days, found.phases) == (30, ("retention",))
    (contract,) = contracts({"churn": found}, RHYTHM)
    assert contract.phases == ("retention",)
    (folder / "monthly.yaml").write_text(text.replace("horizon_days", "horizon"))
    with pytest.raises(InputError, match=r"monthly\.yaml: .*horizon"):
        presets(tmp_path)


def test_a_contract_may_be_about_some_phases() -> None:
    keys = ("decision", "retention", "dormant")
    contract = LabelContract(target="churn", horizon_days=28, phases=("retention", "decision"))
    assert in_phases(contract, np.array([2, 1, 0]), keys).tolist() == [False, True, True]
    everybody = LabelContract(target="churn", horizon_days=28)
    assert in_phases(everybody, np.array([2, 1, 0]), keys).all()
    with pytest.raises(InputError, match="no phase 'retention'; allowed under this journey: koop, dormant"):
        in_phases(contract, np.array([0]), ("koop", "dormant"))


def test_every_key_that_a_preset_sets_may_be_set_by_hand() -> None:
    assert set(SETS) <= set(LabelSettings.model_fields)
    assert set(SETS) <= set(LabelPreset.model_fields)
