"""``experiment plan``: who may join, how many are needed, who gets what; and every mistake named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from features.errors import InputError
from features.settings import SourceSettings
from features.sources.decision_log import SOURCE
from pipelines.cli_experiment import app
from pipelines.experiment_plan import Asked, run
from pipelines.experiment_tables import write_table

ASKED = Asked("spring", ("coupon", "newsletter"))


def scores(customers: int = 3000, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    phase = rng.choice(["decision", "retention", "dormant"], customers)
    return pd.DataFrame(
        {
            "customer_id": [f"{number:05d}" for number in range(customers)],
            "id_space": np.where(np.arange(customers) % 5 == 0, "browser", "customer"),
            "as_of": "2025-06-30",
            "phase": phase,
            "predicted_value": np.where(phase == "dormant", np.nan, rng.gamma(2, 20, customers)),
            "p_ready": rng.random(customers),
            "blocked": [["coupon:phase"] if number % 10 == 0 else [] for number in range(customers)],
            "is_control": np.arange(customers) % 20 == 1,
        }
    )


@pytest.fixture
def project(repo: Path, tmp_path: Path) -> Path:
    shutil.copy(repo / "params.yaml", tmp_path / "params.yaml")
    arms = {"none": {"n": 900, "mean_outcome": 0.2}, "coupon": {"n": 100, "mean_outcome": 0.3}}
    phases = {"decision": {"arms": arms}, "retention": {"arms": {"none": {"n": 50, "mean_outcome": 0.1}}}}
    (tmp_path / "artifacts/next_action").mkdir(parents=True)
    (tmp_path / "artifacts/next_action/tournament.json").write_text(json.dumps({"phases": phases}))
    (tmp_path / "data").mkdir()
    scores().to_parquet(tmp_path / "data/scores.parquet")
    contract = {"target": "next_action", "horizon_days": 14}
    (tmp_path / "data/plan.json").write_text(json.dumps({"contracts": [contract]}))
    return tmp_path


def planned(project: Path, name: str = "spring") -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    folder = project / "data/experiments" / name
    assignment = pd.read_csv(folder / "assignment.csv", dtype={"customer_id": str})
    return (
        json.loads((folder / "plan.json").read_text()),
        assignment,
        pd.read_parquet(folder / "decisions.parquet"),
    )


def test_who_may_not_get_an_arm_or_is_never_treated_stays_out(project: Path) -> None:
    run(project, ASKED)
    plan, assignment, _ = planned(project)
    number = assignment["customer_id"].astype(int)
    assert not (number % 10 == 0).any()
    assert not (number % 20 == 1).any()
    assert set(assignment["phase"]) == {"decision", "retention"}
    assert len(assignment) + sum(plan["left_out"].values()) == 3000
    assert set(plan["left_out"]) == {
        "in the standing control group", "may not get coupon", "phase of which the outcome is not known",
    }  # fmt: skip


def test_the_base_is_what_follows_without_an_action_weighted_by_the_list(project: Path) -> None:
    run(project, ASKED)
    plan, assignment, _ = planned(project)
    share = (assignment["phase"] == "decision").mean()
    assert plan["base"] == pytest.approx(0.2 * share + 0.1 * (1 - share))
    assert plan["effect"] == pytest.approx(0.1 * plan["base"])
    assert plan["horizon_days"] == 14
    assert plan["covariate"] == "p_ready"


def test_strata_are_phase_and_value_and_each_holds_its_shares(project: Path) -> None:
    run(project, replace(ASKED, shares=(0.5, 0.25, 0.25)))
    _, assignment, _ = planned(project)
    assert assignment["stratum"].nunique() == 6
    counts = assignment.groupby("stratum")["arm"].value_counts().unstack()
    expected = counts.sum(axis=1).to_numpy()[:, None] * [0.25, 0.25, 0.5]
    assert np.abs(counts[["coupon", "newsletter", "none"]].to_numpy() - expected).max() <= 1
    assert dict(assignment.groupby("arm")["propensity"].first()) == {
        "none": 0.5,
        "coupon": 0.25,
        "newsletter": 0.25,
    }


def test_same_list_in_any_order_gives_the_same_bytes_and_another_name_another_draw(project: Path) -> None:
    files = ("plan.json", "assignment.csv", "decisions.parquet")
    asked = replace(ASKED, per_week=400)

    def drawn() -> list[bytes]:
        run(project, asked)
        return [(project / "data/experiments/spring" / name).read_bytes() for name in files]

    before = drawn()
    scores().sample(frac=1, random_state=3).to_parquet(project / "data/scores.parquet")
    assert drawn() == before
    run(project, replace(asked, name="summer"))
    one, two = (
        planned(project, name)[1].set_index(["customer_id", "id_space"])["arm"]
        for name in ("spring", "summer")
    )
    assert 0.2 < (one == two.reindex(one.index)).mean() < 0.45


def test_weeks_are_whole_and_filled_evenly(project: Path) -> None:
    run(project, replace(ASKED, per_week=400))
    plan, assignment, log = planned(project)
    assert plan["weeks"] == -(-sum(plan["needed"].values()) // 400)
    weeks = -(-len(assignment) // 400)
    each = assignment.groupby("week")["arm"].value_counts().unstack()
    assert list(each.index) == list(range(1, weeks + 1))
    assert (each.max() - each.min()).max() <= 2
    day = 86_400_000_000
    first = (date(2025, 6, 30) - date(1970, 1, 1)).days * day
    assert set(log["decided_us"]) == {first + 7 * day * week for week in range(weeks)}


def test_only_as_many_as_needed(project: Path) -> None:
    run(project, replace(ASKED, base=0.5, effect=0.5, only_needed=True))
    plan, assignment, _ = planned(project)
    assert abs(len(assignment) - sum(plan["needed"].values())) <= 1
    assert plan["left_out"]["not needed"] > 0


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_log_of_decisions_is_read_by_the_source_and_nothing_is_quarantined(
    project: Path, ending: str
) -> None:
    run(project, ASKED)
    _, assignment, _ = planned(project)
    folder = project / "log"
    write_table(
        pq.read_table(project / "data/experiments/spring/decisions.parquet"), folder / f"decisions.{ending}"
    )
    batches, log = read_log(folder)
    assert batches == [None] * len(assignment)
    assert {row["propensity"] for row in log} == {1 / 3}
    assert {tuple(row["eligible"]) for row in log} == {("none", "coupon", "newsletter")}
    assert {row["policy"] for row in log} == {"experiment_spring"}
    assert all(row["explore"] and row["outcome"] is None for row in log)
    ids = {row["source_id"] for row in log}
    written = set(np.where(assignment["id_space"] == "browser", "browser:", "") + assignment["customer_id"])
    assert len(ids) == len(log)
    assert ids == written


def read_log(folder: Path) -> tuple[list[str | None], list[dict[str, Any]]]:
    """Read a folder as the kind ``decision_log`` does: why rows were rejected, and the rows."""
    text = {
        "kind": "decision_log", "title": "t", "path": ["."], "options": {"actions": ["none", "coupon", "newsletter"]},
        "rhythm": {"step_days": 7, "churn_horizon_days": 7, "readiness_horizon_days": 7},
    }  # fmt: skip
    now = (date(2026, 1, 1) - date(1970, 1, 1)).days * 86_400_000_000
    source = SOURCE("shop", SourceSettings.model_validate_json(json.dumps(text)), folder, now)
    source.use_key(b"key")
    reasons: list[str | None] = []
    rows: list[dict[str, Any]] = []
    for file in source.raw_files():
        for batch in source.batches(file):
            told = source.canonical(batch)
            reasons += told.reasons.to_pylist()
            assert told.decisions is not None
            rows += told.decisions.to_pylist()
    return reasons, rows


def test_any_list_with_an_id_will_do(project: Path) -> None:
    path = project / "people.csv"
    path.write_text("naam;customer_id;regio\n" + "".join(f"x;{n:04d};{n % 3}\n" for n in range(500)))
    asked = Asked(
        "mailing", ("letter",), customers=path, base=0.3, effect=0.05, absolute=True, strata=("regio",)
    )
    told = run(project, asked)
    folder = project / "data/experiments/mailing"
    assignment = pd.read_csv(folder / "assignment.csv", dtype=str)
    assert assignment["customer_id"].str.len().eq(4).all()
    assert assignment["stratum"].nunique() == 3
    assert not (folder / "decisions.parquet").exists(), "no day to start"
    assert told[0].startswith(
        "Question: does letter change the share that buys, now 30.00%, by +5.00 points or more"
    )
    assert "too short" in "\n".join(told)


def test_a_score_of_after_the_start_is_no_covariate(project: Path) -> None:
    run(project, replace(ASKED, start=date(2025, 6, 1)))
    assert planned(project)[0]["covariate"] is None
    with pytest.raises(InputError, match="know what came of it"):
        run(project, replace(ASKED, start=date(2025, 6, 1), covariate="p_ready"))


def test_churn_is_to_go_down_and_the_score_makes_it_smaller(project: Path) -> None:
    rng = np.random.default_rng(2)
    p = rng.uniform(0.1, 0.9, 4000)
    rows = pd.DataFrame({"phase": "retention", "y": (rng.random(4000) < p) * 1.0, "p": p})
    (project / "artifacts/churn").mkdir()
    rows.to_parquet(project / "artifacts/churn/out_of_time.parquet")
    run(project, replace(ASKED, outcome="churn", phases=("retention",)))
    plan, assignment, _ = planned(project)
    assert plan["effect"] < 0 and plan["lower_is_better"]
    assert plan["correlation"] == pytest.approx(np.corrcoef(rows["y"], p)[0, 1])
    assert sum(plan["needed"].values()) < sum(plan["needed_without_score"].values())
    assert set(assignment["phase"]) == {"retention"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "My test"}, "name 'My test'"),
        ({"variants": ()}, "name one or more actions"),
        ({"variants": ("none",)}, "names an arm twice"),
        ({"shares": (0.5, 0.5)}, "give 3 shares"),
        ({"shares": (0.5, 0.5, 0.5)}, "add up to 1"),
        ({"per_week": 0.0}, "--per-week"),
        ({"phases": ("decisoin",)}, "nobody is in phase decisoin; found: decision, dormant, retention"),
        ({"strata": ("regio",)}, "no column regio for --strata"),
        ({"covariate": "p_redy"}, "no column 'p_redy' for --covariate"),
        ({"outcome": "happiness"}, "give --base as well"),
        ({"outcome": "churn"}, "klantreis train churn"),
        ({"effect": 0.0}, "the effect to find is 0"),
        ({"effect": 9.0}, "is no rate"),
        ({"customers": Path("nowhere.csv")}, "no such file"),
        ({"phases": ("dormant",)}, "can join"),
    ],
)
def test_a_mistake_is_named(project: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        run(project, replace(ASKED, **change))
    assert not (project / "data/experiments").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the file is empty"),
        ("customer_id\n", "holds no customers"),
        ("klant\n1\n2\n", "lacks the column"),
        ("customer_id\n1\n2\n1\n", "'1' stands there twice"),
        ("customer_id,score\n1,a\n2,3\n", "must hold numbers"),
        ("customer_id\n1\n", "can join"),
    ],
)
def test_a_broken_list_is_named(project: Path, content: str, said: str) -> None:
    path = project / "list.csv"
    path.write_text(content)
    covariate = "score" if "score" in content else None
    with pytest.raises(InputError, match=said):
        run(project, Asked("x", ("a",), customers=path, base=0.1, covariate=covariate))


def test_the_command(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    command = "plan spring --variants coupon --base 0.3 --effect 0.05 --per-week 1000 --shares 0.5,0.5 --phase decision"
    done = CliRunner().invoke(app, command.split())
    assert done.exit_code == 0, done.output
    assert "Needed: none 14,853, coupon 14,853 (80% power, two-sided 5%)." in done.output
    assert "Run it 30 whole weeks, weekends included" in done.output
    wrong = CliRunner().invoke(app, ["plan", "spring", "--variants", "coupon", "--correction", "tukey"])
    assert isinstance(wrong.exception, InputError)


def test_words_in_dutch(project: Path, edit: Callable[[Path], None]) -> None:
    edit(project)
    told = run(project, ASKED)
    assert told[0].startswith("Vraag: verandert coupon of newsletter het aandeel dat koopt, nu 1")
    assert any(line.endswith("niet meegedaan: mag geen coupon krijgen") for line in told)
    assert any(line.startswith("Laat het 2 hele weken lopen, weekenden inbegrepen") for line in told)


@pytest.fixture
def edit() -> Callable[[Path], None]:
    def to_dutch(project: Path) -> None:
        params = project / "params.yaml"
        text = params.read_text()
        assert "language: en" in text
        params.write_text(text.replace("language: en", "language: nl", 1))

    return to_dutch


def test_decisions_keep_to_the_contract(project: Path) -> None:
    from features.contract import DECISIONS

    run(project, ASKED)
    table = pq.read_table(project / "data/experiments/spring/decisions.parquet")
    assert table.column_names == [*DECISIONS.names, "decided_at"]
    for field in DECISIONS:
        if field.name not in ("decision_id", "customer_id"):
            assert table.schema.field(field.name).type == field.type
