"""A policy against the champion's policy, at the decisions of a newer log."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from features.contract import DAY_US
from models.actions.judged_decisions import JUDGED, read_judged
from models.promotion.settings import PromotionSettings
from models.settings import TrackingSettings
from models.tracking.judging import Gate
from models.tracking.registry import register

Track = Callable[..., dict[str, Any]]
SETTINGS = TrackingSettings(experiment="shop")
NAME = "klantreis.next_action.retention"
#: The champion scored on 2018-03-10, which is day 17600.
A_MONTH_LATER, LATER = 17_610, {"as_of": "2018-04-07"}


def gate_said(project: Path, **promotion: Any) -> tuple[int, str]:
    gate = Gate(project, PromotionSettings(**promotion))
    said = register(project, SETTINGS, gate)["models"][NAME]
    return said["champion_version"], said["reason"]


def test_a_month_later_the_better_policy_takes_over_and_a_worse_one_does_not(
    retention_policy: Path, retrained: Callable[..., None], run_track: Track
) -> None:
    retrained("visit", A_MONTH_LATER)
    run_track(cutoffs=LATER)
    champion, reason = gate_said(retention_policy)
    assert champion == 2
    number = r"\+\d\.\d+"
    assert re.fullmatch(
        rf"against champion version 1: better: value {number} \({number} to {number}\) per decision against the "
        r"champion on 450 customers, 900 of 900 decisions \(another action in 100.0% of them\), all after what the "
        r"champion learnt from \(2018-03-10\)",
        reason,
    )

    # The same bytes, judged on newer decisions.
    retrained("visit", A_MONTH_LATER + 28)
    run_track(cutoffs={"as_of": "2018-05-05"})
    assert gate_said(retention_policy) == (2, "against champion version 2: the same policy, byte for byte")

    retrained("none", A_MONTH_LATER + 28)
    run_track(cutoffs={"as_of": "2018-05-05"})
    champion, reason = gate_said(retention_policy)
    assert champion == 2
    assert reason.startswith("against champion version 2: worse: value -")


def test_an_equal_policy_takes_over_if_it_learnt_from_newer_decisions(
    retention_policy: Path, retrained: Callable[..., None], run_track: Track
) -> None:
    retrained("mail", 17_500)
    run_track(train={"seed": 8})
    champion, reason = gate_said(retention_policy)
    assert (champion, "not proven better, nor learnt from newer decisions" in reason) == (1, True)
    assert "before 2018-03-10 by what the champion chose as learnt on other customers" in reason
    retrained("mail", A_MONTH_LATER)
    run_track(cutoffs=LATER)
    champion, reason = gate_said(retention_policy, refresh=False)
    assert (champion, "promotion.refresh: false" in reason) == (1, True)
    champion, reason = gate_said(retention_policy)
    assert champion == 3
    assert "equal within chance and learnt from newer decisions (until 2018-03-20 instead of" in reason


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"next_action": {"margin_rate": 0.5}}, "counted otherwise (margin_rate 0.5 instead of 1.0)"),
        ({"next_action": {"horizon_days": 28}}, "was learnt for shop, five_phase, 14 days, this for shop"),
        ({"tracking": {"log_predictions": False}}, "tracking.log_predictions in params.yaml"),
    ],
)
def test_what_cannot_be_compared_stays_and_says_the_remedy(
    retention_policy: Path, retrained: Callable[..., None], run_track: Track, change: Any, said: str
) -> None:
    retrained("visit", A_MONTH_LATER)
    run_track(cutoffs=LATER, **change)
    champion, reason = gate_said(retention_policy)
    assert champion == 1
    assert "not comparable: " in reason and said in reason
    assert "klantreis registry promote --force" in reason


def test_a_champion_that_chooses_what_is_no_longer_compared_says_so(
    retention_policy: Path, retrained: Callable[..., None], run_track: Track
) -> None:
    retrained("visit", A_MONTH_LATER, arms=("none", "visit"))
    run_track(cutoffs=LATER)
    champion, reason = gate_said(retention_policy)
    assert champion == 1
    assert "not comparable: the champion cannot be applied to the new decisions: it chooses 'mail'" in reason
    assert "compare only visit with doing nothing" in reason


def test_the_decisions_go_along_under_pseudonyms(project: Path, tracked: dict[str, Any]) -> None:
    import pyarrow.parquet as pq

    from models.tracking.run import connect

    path = Path(connect(project).download_artifacts(tracked["run_id"], f"next_action/{JUDGED}"))
    kept = read_judged(path, "retention")
    assert kept is not None and kept.cutoff_us[0] == 17_500 * DAY_US
    names = pq.read_schema(path).names
    assert [name for name in names if ":" not in name] == [
        "customer_id",
        "cutoff_us",
        "phase",
        "taken",
        "propensity",
    ]
