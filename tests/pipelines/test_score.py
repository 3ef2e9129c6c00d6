"""The score stage and score lists as a user meets them, on a small shop."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from features.errors import InputError
from models.actions.action_effects import RidgeEffect
from models.actions.action_rule import ActionRule
from models.actions.average_effects import AverageEffect
from models.actions.money import SpendModel
from models.actions.phase_policy import PhasePolicy
from models.offpolicy import Estimate
from models.signed_log import SignedLogScale
from pipelines import score, score_list
from pipelines.paths import Project
from pipelines.plan import load_plan

COLUMNS = [
    "customer_id", "id_space", "as_of", "journey", "phase", "days_in_phase", "persona", "p_churn", "p_ready",
    "p_advance", "p_stall", "p_regress", "p_leave", "eligible",
    "not_eligible_reason", "score", "percentile", "band",
    "p_order_7d", "p_order_14d", "p_order_28d", "p_order_56d", "p_order_84d", "next_order_p10", "next_order_p50",
    "next_order_p90", "p_left_84d", "predicted_value", "next_categories", "action", "action_value", "action_effect",
    "effect_low",
    "effect_high", "action_cost", "blocked", "is_control", "eligible_actions",
    "propensity", "explore", "action_valid_until", "policy_version", "reasons", "model_version", "data_hash",
]  # fmt: skip


def personalise(project: Path) -> None:
    """Put a policy in place that chooses among two actions by the features of each customer."""
    path = project / "data" / "canonical" / "meta.json"
    meta = json.loads(path.read_text())
    path.write_text(json.dumps({**meta, "actions": ["none", "mail", "call"]}))
    folder = project / "artifacts" / "next_action"
    features = pq.read_table(project / "data" / "features.parquet").to_pandas()
    names = [name for name in features.columns if name not in ("customer_id", "cutoff_us", "phase")]
    random = np.random.default_rng(4)
    arms, k = ("none", "mail", "call"), len(names)
    rule = ActionRule(
        arms=arms,
        scale=SignedLogScale.learn(features[names].to_numpy(np.float32)),
        baseline=random.normal(size=k + 1) / 9,
        effects=tuple(RidgeEffect(0.02, random.normal(size=k) / 30, 1.0) for _ in arms[1:]),
        spend=SpendModel(random.normal(size=(2, k + 1)) / 30 + np.append(np.zeros(k), 4.0), np.ones((2, 3))),
        cost=np.array([0.0, 0.3, 0.9]),
        margin_rate=1.0,
    )
    few = tuple(Estimate(0.01 * one, -0.01, 0.05, 0.01, 500) for one in range(3))
    average = AverageEffect(few[1], few[2], 900.0, np.array([-0.05, 0.05]), few)
    for phase in json.loads((folder / "tournament.json").read_text())["phases"]:
        PhasePolicy(
            phase, "personalise", "mail", {"en": "", "nl": ""}, tuple(names),
            effects={"mail": average, "call": average}, rule=rule,
            cost=dict(zip(arms, rule.cost.tolist(), strict=True)),
        ).save(folder / phase / "policy.json")  # fmt: skip


@pytest.fixture(scope="module")
def scored(trained_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop with a policy that personalises, and everybody scored."""
    project = Path(shutil.copytree(trained_shop, tmp_path_factory.mktemp("scored") / "shop"))
    personalise(project)
    score.run(project)
    return project


def listed(
    project: Path, ids: list[str], as_of: str | None = None, out: str = "out.parquet"
) -> tuple[pd.DataFrame, str]:
    path = project / "list.csv"
    path.write_text("\n".join(["customer_id", *ids]))
    said = score_list.run(project, path, project / out, as_of)
    return pq.read_table(project / out).to_pandas(), said


def everybody(project: Path) -> pd.DataFrame:
    return pq.read_table(project / "data" / "scores.parquet").to_pandas()


def same_bits(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Equal to the bit, lists and empty values too."""
    assert one.columns.tolist() == other.columns.tolist()
    for name in one.columns:
        if one[name].dtype.kind == "f":
            assert one[name].to_numpy().tobytes() == other[name].to_numpy().tobytes(), name
        else:
            assert list(map(str, one[name])) == list(map(str, other[name])), name


def test_the_stage_scores_everybody_once_with_every_column(scored: Path, lines: pd.DataFrame) -> None:
    found = everybody(scored)
    assert found.columns.tolist() == COLUMNS
    assert found["customer_id"].tolist() == sorted(lines["klant"].unique())
    assert found["as_of"].unique().tolist() == ["2024-02-05"]
    assert set(found["band"].dropna()) == {"low", "medium", "high"}
    assert found["not_eligible_reason"][~found["eligible"]].str.len().min() > 0
    assert (found["p_churn"].notna() | found["p_ready"].notna()).equals(found["eligible"])


def test_a_customer_gets_as_many_reasons_as_asked_in_words(scored: Path) -> None:
    found = everybody(scored)
    assert found["reasons"].str.len()[found["p_ready"].notna()].unique().tolist() == [3]
    assert found["reasons"].str.len()[found["p_ready"].isna()].unique().tolist() == [0]
    assert all(text.endswith((" (+)", " (-)")) for texts in found["reasons"] for text in texts)


def test_a_policy_that_personalises_gives_different_actions(scored: Path) -> None:
    found = everybody(scored)
    assert set(found["action"]) == {"none", "mail", "call"}
    assert found.loc[found["is_control"], "action"].eq("none").all()
    assert (found.loc[found["action"] == "none", "action_value"] == 0).all()
    # What is drawn to learn from may cost money.
    assert (found.loc[(found["action"] != "none") & ~found["explore"], "action_value"] > 0).all()
    assert 0 < found["explore"].mean() < 0.2


def test_a_list_of_everybody_equals_the_stage_to_the_bit(scored: Path) -> None:
    stage = everybody(scored)
    found, _ = listed(scored, stage["customer_id"].tolist())
    same_bits(found, stage)


@pytest.mark.parametrize("size", [1, 3])
def test_a_short_list_equals_the_same_rows_of_the_stage_to_the_bit(scored: Path, size: int) -> None:
    stage = everybody(scored).set_index("customer_id", drop=False)
    busy = stage.loc[stage["action"].ne("none") & stage["p_ready"].notna(), "customer_id"]
    for start in range(0, 9, 3):
        wanted = busy.tolist()[start : start + size][::-1]
        found, _ = listed(scored, wanted)
        same_bits(found, stage.loc[wanted].reset_index(drop=True))


def test_known_unknown_and_duplicated_ids_come_back_once_in_the_given_order(scored: Path) -> None:
    found, said = listed(scored, ["00012", "nobody", "00003", "00012", "12", " ", "00003"])
    assert found["customer_id"].tolist() == ["00012", "nobody", "00003", "12"]
    unknown = found["customer_id"].isin(["nobody", "12"])
    assert found.loc[unknown, "not_eligible_reason"].str.startswith("unknown customer").all()
    assert not found.loc[unknown, "eligible"].any()
    assert found.loc[unknown, ["phase", "p_churn", "p_ready", "score", "action"]].isna().all(axis=None)
    assert found["model_version"].nunique() == found["data_hash"].nunique() == found["as_of"].nunique() == 1
    for words in (
        "4 customers as of 2024-02-05",
        "2 not eligible: unknown customer",
        "2 row(s) repeated",
        "1 row(s)",
    ):
        assert words in said


@pytest.mark.parametrize("ids", [["nobody"], ["nobody", "no one"], []])
def test_a_list_without_anybody_known_gives_rows_and_no_error(scored: Path, ids: list[str]) -> None:
    found, _ = listed(scored, ids)
    assert found.columns.tolist() == COLUMNS
    assert found["customer_id"].tolist() == ids
    same = pq.read_schema(scored / "out.parquet").equals(pq.read_schema(scored / "data" / "scores.parquet"))
    assert same, "the columns have the same types whoever is on the list"


def test_a_list_of_dormant_customers(scored: Path) -> None:
    dormant = everybody(scored).query("phase == 'dormant'")["customer_id"].tolist()
    found, said = listed(scored, dormant)
    assert len(dormant) and not found["eligible"].any()
    assert f"{len(dormant)} not eligible: dormant" in said


def test_a_moment_in_the_past_sees_only_what_was_known_then(scored: Path, lines: pd.DataFrame) -> None:
    plan = load_plan(Project(scored))
    cutoff = plan.cutoffs["churn"][2]
    day = (date(1970, 1, 1) + pd.Timedelta(microseconds=cutoff)).isoformat()
    before = set(lines.loc[lines["dag"] < day, "klant"])
    late = sorted(set(lines["klant"]) - before)
    found, said = listed(scored, [*sorted(before)[:20], *late], as_of=day)
    assert found["as_of"].unique().tolist() == [day]
    known = found.head(20)
    assert known["phase"].notna().all() and late
    assert found.tail(len(late))["not_eligible_reason"].eq(score_list.TOO_EARLY).all()
    assert "backtest" in said
    trained = pq.read_table(
        scored / "data/features.parquet", filters=[("cutoff_us", "=", cutoff)]
    ).to_pandas()
    names = pq.read_table(scored / "data/ids.parquet").to_pandas().set_index("customer_id")["source_id"]
    trained.index = pd.Index(trained["customer_id"].map(names))
    assert known["phase"].tolist() == trained.loc[known["customer_id"], "phase"].astype(str).tolist()


@pytest.mark.parametrize(
    ("as_of", "said"),
    [
        ("2024-02-06", "complete until 2024-02-05"),
        ("2023-01-01", "runs from 2023-01-01"),
        ("05-02-2024", "YYYY-MM-DD"),
        ("yesterday", "YYYY-MM-DD"),
    ],
)
def test_a_moment_outside_the_log_is_refused(scored: Path, as_of: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        listed(scored, ["00003"], as_of=as_of)


def test_the_default_place_is_beside_the_list_and_leaves_no_other_file(shop: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "vips.csv").write_text("customer_id\n00003\n")
    data = sorted(path.name for path in (shop / "data").iterdir())
    score_list.run(shop, folder / "vips.csv", None, None)
    assert sorted(path.name for path in folder.iterdir()) == [
        "vips.csv",
        "vips_scores.csv",
        "vips_scores.csv.json",
    ]
    assert sorted(path.name for path in (shop / "data").iterdir()) == data
    back = pd.read_csv(folder / "vips_scores.csv", dtype={"customer_id": str})
    assert back["customer_id"].tolist() == ["00003"] and back.columns.tolist() == COLUMNS


def test_the_list_itself_is_never_overwritten(scored: Path) -> None:
    with pytest.raises(InputError, match="is the list itself"):
        listed(scored, ["00003"], out="list.csv")
    assert (scored / "list.csv").read_text() == "customer_id\n00003"


def test_a_parquet_list_of_numbers(shop: Path) -> None:
    """Ids of the shop have leading zeros, so the numbers 3 and 12 are other customers."""
    pq.write_table(pa.table({"customer_id": [3, 12]}), shop / "list.parquet")
    score_list.run(shop, shop / "list.parquet", shop / "out.parquet", None)
    assert pq.read_table(shop / "out.parquet")["eligible"].to_pylist() == [False, False]


def test_a_source_without_decisions_recommends_nothing_and_says_so(shop: Path) -> None:
    score.run(shop)
    found = everybody(shop)
    assert found["action"].eq("none").all() and found["action_value"].eq(0).all()
    states = json.loads((shop / "artifacts/next_action/tournament.json").read_text())["phases"]
    assert {one["state"] for one in states.values()} == {"refuse"}


def test_another_key_of_the_pseudonyms_is_noticed(scored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLANTREIS_ID_KEY", "another")
    with pytest.raises(InputError, match="KLANTREIS_ID_KEY"):
        listed(scored, ["00003"])


@pytest.mark.parametrize("missing", ["next_action", "churn", "readiness"])
def test_a_missing_model_says_which_stage_to_run(shop: Path, missing: str) -> None:
    shutil.rmtree(shop / "artifacts" / missing)
    with pytest.raises(InputError, match="train"):
        score.run(shop)
    assert not (shop / "data" / "scores.parquet").exists()


def test_the_version_names_the_models(shop: Path) -> None:
    project = Project(shop)
    before = score.model_version(project)
    path = next(iter(sorted((shop / "artifacts" / "churn").glob("*/model.json"))))
    path.write_text(path.read_text() + " ")
    assert score.model_version(project) != before


def test_a_shop_whose_customers_all_fell_silent(
    make_shop: Callable[[pd.DataFrame], Path], run_stages: Callable[[Path], Path], lines: pd.DataFrame
) -> None:
    """Nobody has ordered for nine months: everybody is dormant, and the rest still works."""
    project = run_stages(make_shop(lines[lines["dag"] < "2023-04-01"]))
    score.run(project)
    found = everybody(project)
    assert found["phase"].eq("dormant").all() and not found["eligible"].any()


def test_a_log_too_short_to_judge_anything(
    make_shop: Callable[[pd.DataFrame], Path], run_stages: Callable[[Path], Path], lines: pd.DataFrame
) -> None:
    """One matured cutoff: every phase is served by a fallback, nothing is judged, and scores come out."""
    project = make_shop(lines[lines["dag"] < "2023-04-01"])
    source = project / "conf/sources/shop.yaml"
    source.write_text(source.read_text().replace("2024-02-05", "2023-04-01"))
    run_stages(project)
    for target in ("churn", "readiness"):
        assert pq.read_metadata(project / "artifacts" / target / "out_of_time.parquet").num_rows == 0
    score.run(project)
    found = everybody(project)
    assert found["eligible"].any()
    assert found.loc[found["eligible"], "score"].notna().any() and found["percentile"].isna().all()


def edited(params: str, blocks: dict[str, dict[str, object]]) -> str:
    found = yaml.safe_load(params)
    return yaml.safe_dump(found | {name: found.get(name, {}) | more for name, more in blocks.items()})


def test_a_list_leaves_actions_to_the_stage_where_customers_compete_for_a_budget(scored: Path) -> None:
    params = scored / "params.yaml"
    before = params.read_text()
    params.write_text(edited(before, {"policy": {"budgets": {"money": {"limit": 3}}}}))
    ids = everybody(scored)["customer_id"].head(5).tolist()
    found, said = listed(scored, ids)
    params.write_text(before)
    assert found["action"].isna().all() and found["p_ready"].notna().any() and "compete for a budget" in said


def test_what_was_decided_can_be_read_back_as_a_log_of_decisions(scored: Path) -> None:
    log, scores = pd.read_parquet(scored / "data/decisions_made.parquet"), everybody(scored)
    assert (
        set(log["customer_id"]) <= set(scores["customer_id"])
        and log["decided_at"].str.endswith("T00:00:00Z").all()
    )
    both = log.merge(scores, on="customer_id", suffixes=("", "_scored"))
    assert (both["action"] == both["action_scored"]).all()
    assert np.allclose(both["propensity"], both["propensity_scored"]) and len(both) == len(log)


def test_scoring_keeps_to_the_share_of_contacts_that_was_judged(trained_shop: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(trained_shop, tmp_path / "shop"))
    personalise(project)
    params = project / "params.yaml"
    params.write_text(edited(params.read_text(), {"next_action": {"tournament": {"contact_share": 0.1}}}))
    score.run(project)
    found = everybody(project)
    assert 0 < found["action"].ne("none").sum() <= 0.1 * found["phase"].ne("dormant").sum()
