"""Score files as HubSpot, Salesforce and Google Analytics take them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from pipelines.exports import audience
from pipelines.exports.destinations._base import SCORES
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.score_columns import score_columns
from pipelines.scores_out import write_scores


def score_table(
    project: Path, ids: list[str], spaces: Sequence[str | None], **more: list[object]
) -> pa.Table:
    """Rows as a score file has them, with some columns filled in."""
    schema, rows = score_columns(load_plan(Project(project))), len(ids)
    usual: dict[str, list[object]] = {
        "customer_id": list(ids), "id_space": list(spaces), "phase": ["decision"] * rows,
        "as_of": ["2024-02-05"] * rows, "p_ready": [0.123456] * rows, "action": ["mail"] * rows,
    }  # fmt: skip
    values = usual | more
    return pa.table([pa.array(values.get(f.name, [None] * rows), f.type) for f in schema], schema=schema)


@pytest.fixture(scope="module")
def project(trained_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop, in which customer 00003 refused personalisation and 00012 analytics."""
    root = Path(shutil.copytree(trained_shop, tmp_path_factory.mktemp("exports") / "shop"))
    ids = pq.read_table(root / "data/ids.parquet").to_pandas().set_index("source_id")["customer_id"]
    path = root / "data/canonical/customers.parquet"
    schema = pq.read_schema(path)
    rows = [(ids["00003"], "consent_personalisation"), (ids["00012"], "consent_analytics")]
    pq.write_table(
        pa.Table.from_pylist(
            [{"customer_id": int(one), "attribute": name, "value": "denied", "known_us": 5, "sensitive": False}
             for one, name in rows], schema=schema), path)  # fmt: skip
    return root


def exported(
    project: Path, name: str, table: pa.Table, ending: str = "parquet", key: str | None = None
) -> tuple[pd.DataFrame, str]:
    write_scores(table, project / f"given.{ending}")
    said = audience.run(project, name, project / f"given.{ending}", project / "out.csv", key)
    return pd.read_csv(project / "out.csv", dtype=str, keep_default_na=False), said


IDS, SPACES = (
    ["00003", "00012", "00001", "b.1", "00002"],
    ["customer", "customer", "customer", "browser", "customer"],
)


@pytest.mark.parametrize("ending", ["parquet", "csv", "xlsx"])
def test_salesforce_gets_customers_by_external_id_and_na_where_nothing_is_known(
    project: Path, ending: str
) -> None:
    table = score_table(project, IDS, SPACES, phase=["decision"] * 4 + [None])
    found, said = exported(project, "salesforce", table, ending)
    assert found["Klantreis_Id__c"].tolist() == ["00012", "00001"]
    assert found["Klantreis_P_Ready__c"].tolist() == ["0.1235"] * 2
    assert found["Klantreis_Persona__c"].tolist() == ["#N/A"] * 2
    assert found["Klantreis_Scored_On__c"].tolist() == ["2024-02-05"] * 2
    assert "2 customers for Salesforce" in said and "1 left out: refused personalisation" in said
    assert "1 left out: no scores" in said and "1 left out: known by a browser" in said


def test_google_gets_nobody_who_refused_analytics_and_no_address(project: Path) -> None:
    table = score_table(
        project, ["00012", "00001", "jan@example.nl"], ["customer"] * 3, persona=["x" * 50] * 3
    )
    found, said = exported(project, "ga4", table)
    assert found["user_id"].tolist() == ["00001"] and found["kr_persona"].tolist() == ["x" * 36]
    assert all(len(name) <= 24 for name in found.columns)
    assert "1 left out: refused analytics" in said and "1 left out: no user id" in said


def test_hubspot_matches_on_addresses_or_on_its_own_record_ids(project: Path) -> None:
    ids = ["jan@example.nl", "hubspot:123", "00001"]
    table = score_table(project, ids, ["email", "customer", "customer"], action=["=1+1"] * 3)
    found, said = exported(project, "hubspot", table)
    assert found["Email"].tolist() == ["jan@example.nl"] and "2 left out: no e-mail" in said
    assert found["Klantreis action"].tolist() == ["'=1+1"]
    found, _ = exported(project, "hubspot", table, key="Record ID")
    assert found["Record ID"].tolist() == ["123", "00001"]
    found, _ = exported(project, "hubspot", table, key="Shop number")
    assert found["Shop number"].tolist() == ["00001"], "a record of HubSpot is no number of the shop"
    assert exported(project, "ga4", table)[0]["user_id"].tolist() == ["00001"]


def test_a_phone_number_stays_a_key_and_a_formula_does_not(project: Path) -> None:
    table = score_table(project, ["+31612345678", "=cmd"], ["customer"] * 2)
    found, said = exported(project, "salesforce", table)
    assert found["Klantreis_Id__c"].tolist() == ["+31612345678"] and "1 left out: an id that" in said


def test_more_rows_than_a_file_may_have_come_in_more_files(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = audience.destinations()["ga4"].__class__
    known = audience.destinations()
    less = small(**{**vars(known["ga4"]), "most_rows": 2})
    monkeypatch.setattr(audience, "destinations", lambda: {**known, "ga4": less})
    write_scores(score_table(project, ["1", "2", "3"], ["customer"] * 3), project / "given.parquet")
    said = audience.run(project, "ga4", project / "given.parquet", project / "many.csv", None)
    assert [len(pd.read_csv(project / f"many_{n}.csv")) for n in (1, 2)] == [2, 1] and "3 customers" in said


def test_every_destination_names_every_score_once() -> None:
    for one in audience.destinations().values():
        assert list(one.columns) == [name for name, _ in SCORES]
        assert len({one.key, *one.columns.values()}) == 1 + len(SCORES)


def test_mistakes_say_what_is_allowed(project: Path) -> None:
    with pytest.raises(InputError, match="ga4, hubspot, salesforce"):
        audience.run(project, "mailchimp", None, None, None)
    with pytest.raises(InputError, match=r"takes \.csv"):
        audience.run(project, "ga4", None, project / "out.xlsx", None)
    (project / "no_scores.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="no score file"):
        audience.run(project, "ga4", project / "no_scores.csv", None, None)
    (project / "folder.csv").mkdir()
    (project / "folder.csv" / "mine.txt").write_text("x")
    with pytest.raises(InputError, match="is a folder; name a file"):
        audience.run(project, "ga4", None, project / "folder.csv", None)
    assert (project / "folder.csv" / "mine.txt").is_file()
    with pytest.raises(InputError, match="the score file itself"):
        audience.run(project, "ga4", project / "no_scores.csv", project / "no_scores.csv", None)


def test_a_key_that_comes_again_goes_out_once_and_only_customers_are_keys(project: Path) -> None:
    ids = ["00001", "customer:00001", "browser:9", "customer:hubspot:5", "55"]
    spaces = ["customer", "customer", "browser", "customer", "card"]
    table = score_table(project, ids, spaces)
    for name, key in (("salesforce", "Klantreis_Id__c"), ("ga4", "user_id")):
        found, said = exported(project, name, table)
        assert found[key].tolist() == ["00001"] and "1 left out: the same key once more" in said
    assert exported(project, "hubspot", table, key="Record ID")[0]["Record ID"].tolist() == ["00001", "5"]
    twice = score_table(project, ["Jan@example.nl", "jan@example.nl"], ["email", "email"])
    assert exported(project, "hubspot", twice)[0]["Email"].tolist() == ["Jan@example.nl"]


def test_one_text_in_two_spaces_is_two_ids_and_each_has_its_own_refusal(project: Path) -> None:
    path = project / "data/ids.parquet"
    before = path.read_bytes()
    known = pq.read_table(path)
    more = [{"source_id": "card:00003", "id_space": "card", "customer_id": 1}]
    pq.write_table(pa.concat_tables([known, pa.Table.from_pylist(more, schema=known.schema)]), path)
    try:
        table = score_table(project, ["00003", "00003", "00001"], ["customer", "card", "customer"])
        found, said = exported(project, "salesforce", table)
    finally:
        path.write_bytes(before)
    assert found["Klantreis_Id__c"].tolist() == ["00001"]
    assert "1 left out: refused personalisation" in said and "1 left out: known by a browser" in said


def test_files_of_an_earlier_run_do_not_stay_behind(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = audience.destinations()
    given, out = project / "left.parquet", project / "left_out.csv"
    (project / "left_out_2.csv").write_text("mine\n1\n")
    names = []
    for rows, most in ((1, 9), (3, 1), (1, 9)):
        less = type(known["ga4"])(**{**vars(known["ga4"]), "most_rows": most})
        monkeypatch.setattr(audience, "destinations", lambda less=less: {"ga4": less})
        write_scores(score_table(project, [str(one) for one in range(rows)], ["customer"] * rows), given)
        audience.run(project, "ga4", given, out, None)
        names.append(sorted(one.name for one in project.glob("left_out*.csv")))
    assert names == [
        ["left_out.csv", "left_out_2.csv"],
        ["left_out_1.csv", "left_out_2.csv", "left_out_3.csv"],
        ["left_out.csv"],
    ], "a file of others stays until its name is needed"


def test_line_ends_within_a_text_do_not_end_a_row_wherever_a_block_ends(project: Path) -> None:
    table = score_table(
        project, [str(n) for n in range(3000)], ["customer"] * 3000, persona=["a\n" * 250] * 3000
    )
    found, _ = exported(project, "salesforce", table, "csv")
    assert found["Klantreis_Id__c"].tolist() == [str(n) for n in range(3000)]
