"""The linter refuses what learning refuses, and says why and what helps."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from features.contract import DAY_US
from features.label_presets import LabelPreset
from features.settings import LabelContract, Words
from models.label_checks import registered
from models.label_checks._delays import delays_of
from models.label_checks._lint import learnable
from models.learning import learn
from models.panel import Panel
from models.settings import TrainSettings

Linted = Callable[..., dict[str, Any]]
Said = Callable[..., list[str]]
SETTINGS = TrainSettings(estimators=("logistic",))


def test_sound_labels_are_fine(at: Panel, contract: LabelContract, linted: Linted) -> None:
    found = linted(at, contract)
    assert found["verdict"] == "fine"
    assert list(found["phases"]) == ["all", "awareness", "decision"]
    whole = found["phases"]["all"]
    assert {one["check"] for one in whole["findings"]} == set(registered())
    assert whole["rows"] == whole["positives"] + whole["negatives"]
    assert whole["rows"] == sum(found["phases"][name]["rows"] for name in ("awareness", "decision"))
    json.dumps(found, allow_nan=False)


def make_constant(panel: Panel, phase: str) -> None:
    panel.y[panel.in_phase(phase)] = 1.0


def make_rare(panel: Panel, phase: str) -> None:
    rows = np.flatnonzero(panel.in_phase(phase))
    panel.y[rows] = 0.0
    panel.y[rows[::40]] = 1.0


def make_unknown(panel: Panel, phase: str) -> None:
    panel.y[panel.in_phase(phase)] = np.nan


def make_empty(panel: Panel, phase: str) -> None:
    panel.population[panel.in_phase(phase)] = False


def make_leak(panel: Panel, phase: str) -> None:
    own = panel.in_phase(phase)
    panel.x[own, 3] = 5 * panel.y[own]


@pytest.mark.parametrize(
    ("damage", "check", "reason", "remedy"),
    [
        (make_constant, "minima", "0 negatives", "churn.horizon_days"),
        (make_rare, "minima", "positives in the training rows, at least 50", "churn.active_days"),
        (make_unknown, "censored", "no training row", "churn.horizon_days"),
        (make_empty, "population", "nobody was at risk", "churn.active_days"),
        (make_leak, "leaking", "tells the label nearly alone", "churn.active_days"),
    ],
)
def test_a_bad_phase_is_refused_just_as_learning_refuses_it(
    at: Panel, contract: LabelContract, linted: Linted, said: Said,
    damage: Callable[[Panel, str], None], check: str, reason: str, remedy: str,
) -> None:  # fmt: skip
    damage(at, "decision")
    found = linted(at, contract)
    assert found["verdict"] == "warned"
    cell = found["phases"]["decision"]
    assert (cell["verdict"], cell["served"]) == ("refused", "pooled model")
    (told,) = said(found, "decision", check, "refused")
    assert reason in told
    assert all(remedy in one["remedy"] for one in cell["findings"] if one["verdict"] == "refused")
    assert found["phases"]["awareness"]["verdict"] == "fine"
    learned = learn(at, contract, SETTINGS, int(at.cutoff_us.max()))
    for phase in ("awareness", "decision"):
        refused = found["phases"][phase]["verdict"] == "refused"
        assert learned.phases[phase].eligible == (not refused)
    assert told.split(":")[0] in learned.phases["decision"].reason


def test_when_all_phases_together_are_refused_so_is_the_target(
    at: Panel, contract: LabelContract, linted: Linted, said: Said
) -> None:
    at.y[:] = 0.0
    found = linted(at, contract)
    assert found["verdict"] == "refused"
    assert {cell["served"] for cell in found["phases"].values()} == {"base rate"}
    assert "positives" in said(found, "decision", "all", "refused")[0]
    learned = learn(at, contract, SETTINGS, int(at.cutoff_us.max()))
    assert not any(learned.phases[phase].eligible for phase in ("awareness", "decision"))


def test_a_target_whose_every_phase_is_refused_is_refused(
    at: Panel, contract: LabelContract, linted: Linted
) -> None:
    least = contract.model_copy(update={"min_positives": int(len(at) / 6)})
    found = linted(at, least)
    assert found["phases"]["all"]["verdict"] != "refused"
    assert found["verdict"] == "refused"
    assert found["phases"]["decision"]["served"] == "pooled model"


def test_a_label_that_hardly_differs_is_near_constant_not_short(
    make_panel: Callable[..., Panel], linted: Linted, said: Said
) -> None:
    panel = make_panel(customers=1000, cutoffs=4)
    panel.y[:] = 0.0
    panel.y[np.flatnonzero(~panel.in_phase("dormant"))[:2]] = 1.0
    found = linted(panel, LabelContract(target="churn", horizon_days=14, min_positives=1, min_negatives=1))
    assert "nearly constant" in said(found, "all", "near_constant", "refused")[0]
    assert not said(found, "all", "minima", "refused")
    panel.y[np.flatnonzero(~panel.in_phase("dormant"))[:9]] = 1.0
    found = linted(panel, LabelContract(target="churn", horizon_days=14, min_positives=1, min_negatives=1))
    assert "rarer label" in said(found, "all", "near_constant", "warned")[0]


def test_windows_over_missing_days_are_told(
    at: Panel, contract: LabelContract, linted: Linted, said: Said
) -> None:
    at.y[at.cutoff_us == 0] = np.nan
    found = linted(at, contract, missing_days=(date(1970, 1, 3),))
    (told,) = said(found, "all", "censored", "warned")
    assert "cutoffs without a label: 1 of 7" in told
    assert "the log lacks (1 in all): 1" in told


def test_too_short_a_log_for_a_gapped_split_is_told(at: Panel, linted: Linted, said: Said) -> None:
    lost, told = said(linted(at, LabelContract(target="churn", horizon_days=90)), "all", "censored", "warned")
    assert "windows of 90 days that had not closed on 1970-04-09: 6" in lost
    assert "no split with a gap of the horizon is left (matured cutoffs: 1)" in told


def test_a_phase_with_few_later_rows_is_warned_not_refused(
    at: Panel, contract: LabelContract, linted: Linted, said: Said
) -> None:
    newest = np.unique(at.cutoff_us)[-2]
    rows = np.flatnonzero(at.in_phase("decision") & (at.cutoff_us == newest))
    at.y[rows] = 0.0
    found = linted(at, contract)
    assert "the pooled model serves it" in said(found, "decision", "minima", "warned")[0]
    reason = learn(at, contract, SETTINGS, int(at.cutoff_us.max())).phases["decision"].reason
    assert reason.startswith("the later rows of this phase hold 0 positives")


def test_late_news_is_told(at: Panel, contract: LabelContract, linted: Linted, said: Said) -> None:
    days = np.arange(100, dtype=np.int64) * DAY_US
    late = delays_of(days, days + np.where(np.arange(100) < 50, 7, 0) * DAY_US, 0, 14)
    assert (late.missed, late.share_over_gap, late.days_95) == (0.25, 0.5, 7.0)
    (told,) = said(linted(at, contract, delays=late), "all", "overlap", "warned")
    assert "25.0% of its events" in told
    soon = delays_of(days, days, 0, 14)
    assert not said(linted(at, contract, delays=soon), "all", "overlap", "warned")


def test_no_split_of_the_linter_reaches_past_the_validation_cutoff(
    at: Panel, contract: LabelContract, linted: Linted, said: Said
) -> None:
    (told,) = said(linted(at, contract), "all", "overlap", "fine")
    closed, compared = (date.fromisoformat(word.strip(";")) for word in told.split() if word[:2] == "19")
    assert closed <= compared


def test_tables_of_another_contract_are_told(
    at: Panel, contract: LabelContract, linted: Linted, said: Said
) -> None:
    asked = contract.model_copy(update={"horizon_days": 28, "min_positives": 7})
    (told,) = said(linted(at, contract, asked=asked), "all", "tables", "warned")
    assert "horizon_days 28 instead of 14" in told
    assert "min_positives" not in told


def test_what_a_vendor_asks_of_the_log_is_told(
    at: Panel, contract: LabelContract, linted: Linted, said: Said
) -> None:
    words: Words = {"nl": "", "en": ""}
    preset = LabelPreset(
        title=words, vendor="Shopware", reference=("book",), target="churn", event="purchase", active_event="purchase",
        horizon_days=14, active_days=56, min_customers=1000, min_history_days=400, max_silence_days=3, rule=words,
        differs=words,
    )  # fmt: skip
    moments = np.zeros(5, np.int64)
    found = linted(at, contract, preset=preset, start_us=0, delays=delays_of(moments, moments, 0, 14))
    told = said(found, "all", "vendor", "warned")
    assert len(told) == 3
    assert all(one.startswith("Shopware asks for") for one in told)
    assert found["verdict"] == "warned"


def test_rows_that_are_learnt_from_are_those_of_learning(at: Panel, contract: LabelContract) -> None:
    tight = SETTINGS.model_copy(update={"max_cutoffs": 3, "max_rows": 1000})
    moment = int(at.cutoff_us.max())
    rows = learnable(at, contract, tight, moment)
    assert len(rows) == learn(at, contract, tight, moment).record["rows"]


def test_later_rows_change_nothing_of_what_is_refused(at: Panel, contract: LabelContract) -> None:
    moment = int(np.unique(at.cutoff_us)[5])
    changed = replace(at, y=np.where(at.cutoff_us + 14 * DAY_US > moment, 1 - at.y, at.y).astype(np.float32))
    one, other = (learnable(panel, contract, SETTINGS, moment) for panel in (at, changed))
    assert np.array_equal(one.y, other.y)
