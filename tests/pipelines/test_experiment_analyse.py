"""``experiment analyse``: from a table or the project's own events to a verdict, and back into a log of decisions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from features.errors import InputError
from pipelines import experiment_plan, features, fetch, ingest
from pipelines.cli_experiment import app
from pipelines.experiment_analyse import Asked, run


@pytest.fixture
def project(repo: Path, tmp_path: Path) -> Path:
    """A planned experiment on 6,000 customers with a score."""
    shutil.copy(repo / "params.yaml", tmp_path / "params.yaml")
    rng = np.random.default_rng(1)
    people = pd.DataFrame({"customer_id": [f"{n:05d}" for n in range(6000)], "score": rng.normal(size=6000)})
    people.to_parquet(tmp_path / "people.parquet")
    asked = experiment_plan.Asked(
        "spring", ("mail",), customers=tmp_path / "people.parquet", base=0.3, effect=0.2, covariate="score",
        correlation=0.5, start=date(2025, 3, 3), horizon_days=14,
    )  # fmt: skip
    experiment_plan.run(tmp_path, asked)
    return tmp_path


def assigned(project: Path) -> pd.DataFrame:
    return pd.read_csv(project / "data/experiments/spring/assignment.csv", dtype={"customer_id": str})


def outcomes(project: Path, effect: float = 0.08, seed: int = 2) -> pd.DataFrame:
    """A purchase that the score foresees, likelier with the mail."""
    drawn = assigned(project)
    rng = np.random.default_rng(seed)
    chance = np.clip(0.3 + 0.15 * drawn["covariate"] + effect * (drawn["arm"] == "mail"), 0, 1)
    bought = (rng.random(len(drawn)) < chance).astype(int)
    return pd.DataFrame({"customer_id": drawn["customer_id"], "outcome": bought, "spent": bought * 20.0})


def written(project: Path, table: pd.DataFrame, name: str = "outcomes.csv") -> Path:
    path = project / name
    table.to_csv(path, index=False)
    return path


def analysis(project: Path, name: str = "spring") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project / "data/experiments" / name / "analysis.json").read_text())
    return found


def test_an_effect_is_found_with_a_narrower_interval_by_the_score(project: Path) -> None:
    holds, told = run(project, Asked("spring", written(project, outcomes(project))))
    found = analysis(project)
    own, plain = found["effects"]["mail"], found["effects_without_cuped"]["mail"]
    assert holds and found["ended"]
    assert found["states"] == {"mail": "better"}
    assert own["fixed"]["low"] < 0.08 < own["fixed"]["high"]
    assert own["se"] < 0.97 * plain["se"]
    assert found["cuped"]["variance_kept"] == pytest.approx((own["se"] / plain["se"]) ** 2, abs=0.01)
    assert told[0].startswith("mail does better than none. (")
    table = pd.read_csv(project / "data/experiments/spring/effects.csv")
    assert table[["variant", "verdict"]].to_numpy().tolist() == [["mail", "better"]]
    run(project, Asked("spring", project / "outcomes.csv", cuped=False))
    assert analysis(project)["cuped"] is None


def test_same_outcomes_in_any_order_and_format_give_the_same_bytes(project: Path) -> None:
    table = outcomes(project)
    path = project / "data/experiments/spring/analysis.json"
    run(project, Asked("spring", written(project, table)))
    before = path.read_bytes()
    table.sample(frac=1, random_state=1).to_parquet(project / "outcomes.parquet")
    run(project, Asked("spring", project / "outcomes.parquet"))
    assert path.read_bytes() == before
    (project / "comma.csv").write_text(
        "customer_id;outcome\n"
        + "".join(f"{who};{one},0\n" for who, one in table[["customer_id", "outcome"]].to_numpy())
    )
    run(project, Asked("spring", project / "comma.csv"))
    assert path.read_bytes() == before


def test_a_look_before_the_end_says_so(project: Path) -> None:
    table = outcomes(project).sample(frac=0.5, random_state=1)
    _, told = run(project, Asked("spring", written(project, table)))
    found = analysis(project)
    assert not found["ended"]
    assert found["left_out"] == {"drawn, but not in the table": 3000}
    assert any("look before the end" in line for line in told)


def test_who_is_absent_may_have_done_nothing(project: Path) -> None:
    table = outcomes(project)
    whole = written(project, table)
    run(project, Asked("spring", whole))
    before = analysis(project)
    buyers = written(project, table.loc[table["outcome"] == 1], "buyers.csv")
    run(project, Asked("spring", buyers, absent="zero"))
    assert analysis(project) == before
    # Left to itself, a list of buyers only shows as a broken count: more of them had the mail.
    holds, _ = run(project, Asked("spring", buyers))
    assert not holds


def test_lost_customers_stop_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = outcomes(project)
    mail = assigned(project)["arm"] == "mail"
    lost = table.loc[~(mail & (mail.cumsum() % 5 == 0))]
    path = written(project, lost)
    monkeypatch.chdir(project)
    done = CliRunner().invoke(app, ["analyse", "spring", "--outcomes", str(path)])
    assert done.exit_code == 1
    assert "Stop: the customers per arm (none 3,000, mail 2,400) are not as drawn (none 2,700" in done.output
    assert analysis(project)["effects"] == {}
    # Their propensities are no longer known, so they are nothing to learn from.
    with pytest.raises(InputError, match="--decisions: the counts per arm are not as drawn"):
        run(project, Asked("spring", path, decisions=project / "log.csv"))
    assert not (project / "log.csv").exists()


def test_several_rows_per_customer_and_a_ratio(project: Path) -> None:
    drawn = assigned(project)
    rng = np.random.default_rng(4)
    visits = rng.integers(1, 6, len(drawn))
    rows = pd.DataFrame({"customer_id": np.repeat(drawn["customer_id"].to_numpy(), visits)})
    rows["outcome"] = rng.random(len(rows)) < 0.2
    run(project, Asked("spring", written(project, rows), cuped=False))
    by_row = analysis(project)["effects"]["mail"]
    summed = pd.DataFrame(rows.groupby("customer_id")["outcome"].sum().reset_index())
    summed["visits"] = rows.groupby("customer_id")["outcome"].size().to_numpy()
    run(project, Asked("spring", written(project, summed), rows_column="visits", cuped=False))
    assert analysis(project)["effects"]["mail"] == by_row
    assert by_row["customers"] == 3000
    assert by_row["control_mean"] == pytest.approx(0.2, abs=0.02)


def test_what_came_of_it_returns_as_a_log_with_known_propensities(project: Path) -> None:
    log = project / "log/decisions.csv"
    run(project, Asked("spring", written(project, outcomes(project)), value_column="spent", decisions=log))
    table = pd.read_csv(log, dtype={"customer_id": str})
    drawn = assigned(project).merge(outcomes(project), on="customer_id")
    both = table.merge(drawn, on="customer_id", suffixes=("", "_drawn"))
    assert len(both) == 6000
    assert (both["action"] == both["arm"]).all()
    assert (both["outcome"] == both["outcome_drawn"]).all()
    assert (both["value"] == both["spent"]).all()
    assert set(both["propensity"]) == {0.5}
    assert set(both["eligible"]) == {"none|mail"}
    assert set(both["decided_at"]) == {"2025-03-03T00:00:00Z"}


def test_an_experiment_drawn_elsewhere(project: Path) -> None:
    drawn = assigned(project)
    theirs = pd.DataFrame(
        {"customer_id": drawn["customer_id"], "arm": drawn["arm"].map({"none": "A", "mail": "B"})}
    )
    path = written(project, theirs, "elsewhere.csv")
    table = written(project, outcomes(project))
    run(project, Asked("theirs", table, assignment=path, control="A"))
    assert analysis(project, "theirs")["states"] == {"B": "better"}
    with pytest.raises(InputError, match=r"--control 'none': found arm\(s\) A, B"):
        run(project, Asked("theirs", table, assignment=path))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("customer_id,bought\n00001,1\n", r"lacks the column\(s\) outcome; found: customer_id, bought"),
        ("klant,outcome\n00001,1\n", r"lacks the column\(s\) customer_id"),
        ("customer_id,outcome\n99999,1\n", "none of its 1 customers was drawn, the first is '99999'"),
        (
            "customer_id,outcome\n00001,yes\n",
            "column 'outcome' must hold numbers; 1 row.s. do not, the first is 'yes'",
        ),
        ("customer_id,outcome\n00001,inf\n", "infinite"),
        ("customer_id,outcome\n00001,\n", "no outcome was measured"),
        ("customer_id,outcome\n", "holds no customers"),
        ("", "the file is empty"),
    ],
)
def test_broken_outcomes_are_named(project: Path, content: str, said: str) -> None:
    path = project / "outcomes.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=said):
        run(project, Asked("spring", path))


def test_broken_assignments_are_named(project: Path) -> None:
    table = written(project, outcomes(project))
    assignment = project / "data/experiments/spring/assignment.csv"
    whole = assignment.read_text()
    first = whole.splitlines()[1]
    other = first.replace(",none,", ",mail,") if ",none," in first else first.replace(",mail,", ",none,")
    for text, said in (
        (whole + other + "\n", "1 of them in two arms"),
        (whole.replace(",arm,", ",groep,"), r"lacks the column\(s\) arm"),
        (whole.replace(",mail,", ",post,"), r"arm\(s\) post; planned are none, mail"),
        (whole.splitlines()[0] + "\n", "holds no customers"),
    ):
        assignment.write_text(text)
        with pytest.raises(InputError, match=said):
            run(project, Asked("spring", table))


def test_an_unknown_experiment_names_those_there_are(project: Path) -> None:
    with pytest.raises(InputError, match="no experiment 'sprong'; planned are: spring"):
        run(project, Asked("sprong", written(project, outcomes(project))))


@pytest.fixture(scope="module")
def shop(make_shop: Callable[[pd.DataFrame], Path], lines: pd.DataFrame) -> Path:
    """A project whose customers bought, or not, after an experiment began."""
    project = make_shop(lines)
    for stage in (fetch, ingest, features):
        stage.run(project)
    pd.DataFrame({"customer_id": lines["klant"].unique()}).to_csv(project / "people.csv", index=False)
    asked = experiment_plan.Asked(
        "spring", ("mail",), customers=project / "people.csv", base=0.3, effect=0.5, start=date(2023, 9, 4),
        horizon_days=14, per_week=60, least_weeks=2,
    )  # fmt: skip
    experiment_plan.run(project, asked)
    return project


def expected(shop: Path, lines: pd.DataFrame) -> pd.DataFrame:
    """What the raw orders say: who bought in the 14 days after their start, and for how much."""
    drawn = assigned(shop)
    start = pd.Timestamp("2023-09-04") + pd.to_timedelta(7 * (drawn["week"] - 1), unit="D")
    orders = lines.assign(day=pd.to_datetime(lines["dag"])).merge(
        drawn.assign(start=start), left_on="klant", right_on="customer_id"
    )
    inside = orders[
        (orders["day"] >= orders["start"]) & (orders["day"] < orders["start"] + pd.Timedelta(days=14))
    ]
    money = inside.groupby("customer_id")["bedrag"].sum()
    return drawn.assign(spent=drawn["customer_id"].map(money).fillna(0.0))


def test_the_projects_own_events_tell_who_bought(shop: Path, lines: pd.DataFrame) -> None:
    log = shop / "log/decisions.csv"
    run(shop, Asked("spring", decisions=log))
    truth = expected(shop, lines)
    found = analysis(shop)["effects"]["mail"]
    bought = (truth["spent"] > 0).groupby(truth["arm"]).mean()
    assert found["mean"] == pytest.approx(bought["mail"])
    assert found["control_mean"] == pytest.approx(bought["none"])
    assert 0 < bought["none"] < 1
    table = pd.read_csv(log, dtype={"customer_id": str}).merge(truth, on="customer_id")
    assert table["value"].to_numpy() == pytest.approx(table["spent"].to_numpy())
    run(shop, Asked("spring", measure="money"))
    money = analysis(shop)["effects"]["mail"]
    assert money["mean"] == pytest.approx(truth.loc[truth["arm"] == "mail", "spent"].mean())


def test_whose_window_is_not_over_is_not_measured(shop: Path) -> None:
    folder = shop / "data/experiments"
    shutil.copytree(folder / "spring", folder / "late", dirs_exist_ok=True)
    plan = json.loads((folder / "late/plan.json").read_text())
    (folder / "late/plan.json").write_text(json.dumps(plan | {"start": "2024-01-15"}))
    run(shop, Asked("late"))
    left = analysis(shop, "late")["left_out"]
    assert left["their outcome window is not over yet"] > 0
    (folder / "late/plan.json").write_text(json.dumps(plan | {"start": "2026-01-05"}))
    with pytest.raises(InputError, match="no outcome was measured"):
        run(shop, Asked("late"))
    (folder / "late/plan.json").write_text(json.dumps(plan | {"start": None}))
    with pytest.raises(InputError, match="else give a table"):
        run(shop, Asked("late"))


def test_churn_is_read_as_no_purchase(shop: Path) -> None:
    folder = shop / "data/experiments"
    shutil.copytree(folder / "spring", folder / "leave", dirs_exist_ok=True)
    plan = json.loads((folder / "leave/plan.json").read_text())
    (folder / "leave/plan.json").write_text(json.dumps(plan | {"outcome": "churn", "lower_is_better": True}))
    run(shop, Asked("spring"))
    run(shop, Asked("leave"))
    bought, left = analysis(shop)["effects"]["mail"], analysis(shop, "leave")["effects"]["mail"]
    assert left["mean"] == pytest.approx(1 - bought["mean"])
