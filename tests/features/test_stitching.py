"""What ingest makes of links: owners of events over time, attributes, decisions; files that overlap."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from features.ingest import ingest
from features.manifest import write_manifest
from features.settings import SourceSettings
from features.sources import open_source

NOW_US = int(datetime(2024, 6, 1, tzinfo=UTC).timestamp()) * 1_000_000
RHYTHM = {"step_days": 7, "churn_horizon_days": 7, "readiness_horizon_days": 7}
LINKS = "from_space,from_id,to_space,to_id,known_at"
VIEWS = {"columns": {"customer": "who", "occurred": "when"}, "constants": {"kind": "page_view"}}
Row = dict[str, Any]


class Shop:
    """Visits and orders (tables), matches (links), decisions and costs, in folders of one name each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parts: dict[str, Any] = {}

    def write(
        self, part: str, lines: list[str], kind: str = "table", file: str = "a.csv", **options: Any
    ) -> None:
        (self.folder / "raw" / part).mkdir(parents=True, exist_ok=True)
        (self.folder / "raw" / part / file).write_text("\n".join(lines) + "\n", encoding="utf-8")
        options = {"files": "*.csv", **options} if kind in ("table", "links") else options
        self.parts[part] = {"kind": kind, "folder": part, "options": options}

    def visits(self, *rows: str, **more: Any) -> None:
        self.write("visits", ["who,when", *rows], **{**VIEWS, "time_zone": "UTC", **more})

    def links(self, *rows: str) -> None:
        self.write("matches", [LINKS, *rows], "links", time_zone="UTC")

    @property
    def settings(self) -> SourceSettings:
        text = {
            "kind": "combined", "title": "t", "path": ["raw"], "id_key": "public", "rhythm": RHYTHM,
            "options": {"parts": self.parts},
        }  # fmt: skip
        return SourceSettings.model_validate_json(json.dumps(text))

    def ingest(self) -> dict[str, Any]:
        return ingest(
            "shop", self.settings, self.folder, self.folder / "canonical", self.folder / "ids.parquet",
            now_us=NOW_US, threads=1,
        )  # fmt: skip

    def table(self, name: str) -> list[Row]:
        """Give the rows of a table, with the ids of the source and short days instead of numbers."""
        ids = pq.read_table(self.folder / "ids.parquet").to_pylist()
        shown = {row["customer_id"]: row["source_id"] for row in ids}
        rows = pq.read_table(self.folder / "canonical" / f"{name}.parquet").to_pylist()
        for row in rows:
            for column in [one for one in row if one.endswith("_us")]:
                row[column.removesuffix("_us")] = _day(row.pop(column))
            for column in ("customer_id", "anonymous_id"):
                if column in row:
                    row[column] = shown[row[column]]
        return rows

    def owners(self) -> set[tuple[Any, ...]]:
        columns = ("occurred", "customer_id", "known", "until")
        return {tuple(row[name] for name in columns) for row in self.table("events")}


def _day(moment: int | None) -> str | None:
    if moment is None:
        return None
    return datetime.fromtimestamp(moment / 1e6, UTC).strftime(
        "%m-%d" if moment % 86_400_000_000 == 0 else "%m-%dT%H"
    )


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_the_first_login_claims_the_past_and_the_second_splits_from_then_on(shop: Shop) -> None:
    shop.visits("browser:1,2024-01-01", "browser:1,2024-01-05", "browser:1,2024-01-09")
    shop.links("browser,1,customer,a,2024-01-03", "browser,1,customer,b,2024-01-07")
    shop.ingest()
    assert shop.owners() == {
        ("01-01", "browser:1", "01-01", "01-03"), ("01-01", "a", "01-03", None),
        ("01-05", "a", "01-05", None),
        ("01-09", "b", "01-09", None),
    }  # fmt: skip
    persons = {row["person_id"] for row in shop.table("events")}
    assert len(persons) == 1


def test_merged_and_split_accounts(shop: Shop) -> None:
    shop.visits("a,2024-01-01", "a,2024-01-05", "a,2024-01-09", "b,2024-01-09")
    shop.links("customer,a,customer,b,2024-01-03", "customer,a,customer,a,2024-01-07")
    shop.ingest()
    assert shop.owners() == {
        ("01-01", "a", "01-01", "01-03"), ("01-01", "b", "01-03", None),
        ("01-05", "b", "01-05", None),
        ("01-09", "a", "01-09", None), ("01-09", "b", "01-09", None),
    }  # fmt: skip


def test_browser_to_email_to_customer_whichever_link_was_known_first(shop: Shop) -> None:
    shop.visits("browser:1,2024-01-01", "browser:2,2024-01-01")
    shop.links(
        "browser,1,email,a@shop.nl,2024-01-03", "email,A@shop.nl ,customer,a,2024-01-05",
        "browser,2,email,a@shop.nl,2024-01-07",
    )  # fmt: skip
    shop.ingest()
    email = next(row["customer_id"] for row in shop.table("links") if row["customer_id"].startswith("email:"))
    assert shop.owners() == {
        ("01-01", "browser:1", "01-01", "01-03"), ("01-01", email, "01-03", "01-05"), ("01-01", "a", "01-05", None),
        ("01-01", "browser:2", "01-01", "01-07"), ("01-01", "a", "01-07", None),
    }  # fmt: skip
    assert "shop.nl" not in (shop.folder / "ids.parquet").read_bytes().decode("latin-1")


def test_clocks_that_disagree(shop: Shop) -> None:
    """A row known before it occurred stands as it is; one dated far in the future is set aside."""
    lines = ["who,when,loaded", "browser:1,2024-01-05,2024-01-04", "browser:1,2024-01-05T12:00,2024-01-08"]
    columns = {"customer": "who", "occurred": "when", "known": "loaded"}
    shop.write(
        "visits",
        [*lines, "browser:1,2030-01-01,2024-01-01"],
        **{**VIEWS, "columns": columns},
        time_zone="UTC",
    )
    shop.links("browser,1,customer,a,2024-01-06", "browser,1,customer,b,2031-01-01")
    meta = shop.ingest()
    assert shop.owners() == {
        ("01-05", "browser:1", "01-04", "01-06"), ("01-05", "a", "01-06", None),
        ("01-05T12", "a", "01-08", None),
    }  # fmt: skip
    assert meta["quarantine_reasons"] == {"occurred lies in the future": 1, "known_at lies in the future": 1}


def test_what_is_known_of_an_address_is_known_of_its_customer(shop: Shop) -> None:
    attributes = {"attributes": {"consent_email": {"column": "consent", "sensitive": False}}}
    lines = ["who,when,consent", "browser:1,2024-01-01,no", "browser:1,2024-01-02,yes", "a,2024-01-02,no"]
    shop.write("visits", lines, **VIEWS, **attributes, time_zone="UTC")
    shop.links("browser,1,customer,a,2024-01-04")
    shop.ingest()
    found = [(row["customer_id"], row["value"], row["known"]) for row in shop.table("customers")]
    assert sorted(found) == [
        ("a", "no", "01-02"), ("a", "yes", "01-04"), ("browser:1", "no", "01-01"), ("browser:1", "yes", "01-02"),
    ]  # fmt: skip


def test_a_decision_is_about_who_it_was_then(shop: Shop) -> None:
    header = "decision_id,decided_at,customer_id,phase,eligible,action,propensity,policy,explore,cost,outcome,value"
    row = "2024-01-{},K1,decision,none|coupon,coupon,0.4,rules,0,2.50,,"
    decisions = [header, f"d1,{row.format('02')}", f"d2,{row.format('08')}", f"d2,{row.format('08')}"]
    options = {"actions": ["none", "coupon"]}
    shop.write("decisions", decisions, "decision_log", "decisions.csv", **options)
    shop.write("decisions", [decisions[0], decisions[2]], "decision_log", "decisions_again.csv", **options)
    shop.visits("K1,2024-01-01", "K2,2024-01-01")
    shop.links("customer,K1,customer,K2,2024-01-05")
    meta = shop.ingest()
    assert [row["customer_id"] for row in shop.table("decisions")] == ["K1", "K2"]
    counts = [file for file in meta["counts"]["files"] if file["part"] == "decisions"]
    assert [(file["kept"], file["deduplicated"]) for file in counts] == [(2, 1), (0, 1)]
    assert meta["has_decisions"] and meta["actions"] == ["none", "coupon"]


def test_overlapping_files_and_duplicate_exports_count_once_per_part(shop: Shop) -> None:
    rows = ["a,2024-01-01", "a,2024-01-02", "b,2024-01-02"]
    shop.visits(*rows[:2])
    shop.visits(*rows[1:], file="b.csv")
    shop.visits(*rows[:2], file="export of a.csv")
    # The same rows in another part are other events; its own rule keeps equal rows.
    shop.write("store", ["who,when", *rows[:1], *rows[:1]], **VIEWS, duplicates="keep", time_zone="UTC")
    meta = shop.ingest()
    counts = {
        file["file"]: (file["rows_in"], file["kept"], file["deduplicated"])
        for file in meta["counts"]["files"]
    }
    assert counts == {
        "visits/a.csv": (2, 2, 0), "visits/b.csv": (2, 1, 1), "visits/export of a.csv": (2, 0, 2),
        "store/a.csv": (2, 2, 0),
    }  # fmt: skip
    events = shop.table("events")
    assert sorted((row["source"], row["customer_id"], row["occurred"]) for row in events) == [
        ("store", "a", "01-01"), ("store", "a", "01-01"),
        ("visits", "a", "01-01"), ("visits", "a", "01-02"), ("visits", "b", "01-02"),
    ]  # fmt: skip
    assert len({row["event_id"] for row in events}) == 5


def test_a_duplicate_row_takes_its_further_events_along(shop: Shop) -> None:
    header = (
        "ticket_id,customer_id,email,channel,subject,message,opened_at,first_reply_at,closed_at,reopened,csat"
    )
    row = "t1,K1,,phone,s,m,2024-01-02T10:00:00,2024-01-02T11:00:00,2024-01-03T10:00:00,0,4"
    shop.visits("K1,2024-01-01")
    for name in ("tickets.csv", "tickets_again.csv"):
        shop.write("service", [header, row], "service", name)
    meta = shop.ingest()
    files = [file for file in meta["counts"]["files"] if file["part"] == "service"]
    assert sorted((file["kept"], file["deduplicated"]) for file in files) == [(0, 1), (1, 0)]
    kinds = [row["kind"] for row in shop.table("events") if row["source"] == "service"]
    assert len(kinds) == len(set(kinds)) and {"ticket_open", "ticket_close"} <= set(kinds)


def test_costs_of_two_files_count_once_and_rows_of_one_file_that_differ_each(shop: Shop) -> None:
    shop.visits("a,2024-01-01")
    header = "day,channel,campaign,impressions,clicks,cost"
    rows = ["2024-01-01,display,spring,1,1,5", "2024-01-01,display,spring,9,1,5", "2024-01-02,display,,1,1,2"]
    for name in ("costs.csv", "costs_again.csv"):
        shop.write("ads", [header, *rows], "ad_costs", name)
    meta = shop.ingest()
    assert [(row["day"], row["campaign"], row["amount"]) for row in shop.table("costs")] == [
        ("01-01", "spring", 10.0), ("01-02", None, 2.0),
    ]  # fmt: skip
    assert meta["counts"]["deduplicated"] == 3


def test_the_manifest_and_meta_tell_of_every_part(shop: Shop) -> None:
    shop.visits("a,2024-01-01")
    shop.links("browser,1,customer,a,2024-01-03")
    meta = shop.ingest()
    assert meta["parts"] == {
        "visits": {"kind": "table", "kinds": ["page_view"], "channels": [], "missing_days": []},
        "matches": {"kind": "links", "kinds": [], "channels": [], "missing_days": []},
    }
    write_manifest("shop", shop.settings, shop.folder, shop.folder / "manifest.json")
    listed = json.loads((shop.folder / "manifest.json").read_text())["files"]
    assert [file["name"] for file in listed] == ["visits/a.csv", "matches/a.csv"]


def test_an_absent_part_is_left_out_only_if_it_may_be(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop.visits("a,2024-01-01")
    shop.parts["mail"] = {
        "kind": "table",
        "folder": "mail",
        "optional": True,
        "options": {"files": "*", **VIEWS},
    }
    caplog.set_level(logging.INFO)
    assert list(shop.ingest()["parts"]) == ["visits"]
    assert "part mail is left out" in caplog.text
    shop.parts["mail"]["optional"] = False
    with pytest.raises(InputError, match=r"part mail of source shop: no folder mail .*optional: true"):
        shop.ingest()


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"kind": "tabel"}, r"part x of source shop: kind is 'tabel'; allowed: .*table"),
        ({"kind": "combined", "options": {"parts": {}}}, "a part cannot have parts"),
        ({"kind": "table", "folder": "../.."}, "lies outside"),
        ({"kind": "table", "options": {"fils": "*"}}, r"conf/sources/shop.yaml \(options.parts.x\): options"),
        ({"kind": "links", "options": {"files": "*.xls"}}, r"change options.files .*options.parts.x"),
        ({"kind": "links", "options": {"columns": {"who": "x"}}}, "unknown column 'who'"),
    ],
)
def test_a_fault_in_a_part_says_which(shop: Shop, part: Row, message: str) -> None:
    shop.visits("a,2024-01-01")
    shop.parts["x"] = {"folder": "visits", **part}
    with pytest.raises(InputError, match=message):
        shop.ingest()


def test_a_part_reads_with_the_key_of_the_whole(shop: Shop) -> None:
    shop.visits("a,2024-01-01")
    source = open_source("shop", shop.settings, shop.folder, now_us=NOW_US)
    assert {part.key for part in source.parts().values()} == {source.key}


def test_addresses_are_masked_in_quarantine(shop: Shop) -> None:
    shop.write(
        "visits", ["who,when,note", 'a,never,"mail jan.p+x@shop.co.uk, now"', "a,2024-01-01,"], **VIEWS
    )
    shop.ingest()
    raws = [row["raw"] for row in shop.table("quarantine")]
    assert raws == ['{"who":"a","when":"never","note":"mail ***@***, now"}']


def test_two_runs_give_the_same_bytes_whatever_the_threads(shop: Shop, tmp_path: Path) -> None:
    shop.visits(*(f"browser:{n % 7},2024-01-{n % 28 + 1:02d}" for n in range(300)), duplicates="keep")
    shop.links(*(f"browser,{n % 7},customer,{n % 5},2024-01-{n % 20 + 2:02d}" for n in range(40)))
    found = []
    for threads in (1, 2):
        out: Callable[[str], Path] = lambda name, run=threads: tmp_path / f"run{run}" / name  # noqa: E731
        ingest("shop", shop.settings, tmp_path, out("c"), out("ids.parquet"), now_us=NOW_US, threads=threads)
        found.append([path.read_bytes() for path in [*sorted(out("c").iterdir()), out("ids.parquet")]])
    assert found[0] == found[1]
