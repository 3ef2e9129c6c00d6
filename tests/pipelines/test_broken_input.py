"""Broken input on the road of a user: each gives a message with the place and the remedy, never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from pipelines.cli import main

HEADER = "klant,dag,kanaal,groep,bedrag"
GOOD = [f"0000{number},2023-0{month}-11,web,a,10.50" for number in range(1, 4) for month in range(1, 4)]
Cli = Callable[..., tuple[int, str]]


class Project:
    """A folder with params.yaml, conf/ and raw/orders.csv."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.source = root / "conf" / "sources" / "shop.yaml"

    def write(self, rows: list[str], header: str = HEADER) -> None:
        (self.root / "raw" / "orders.csv").write_text("\n".join([header, *rows]) + "\n")

    def write_bytes(self, content: bytes, name: str = "orders.csv") -> None:
        (self.root / "raw" / name).write_bytes(content)

    def text(self, rows: list[str]) -> str:
        return "\n".join([HEADER, *rows]) + "\n"

    def declare(self, **options: Any) -> None:
        settings = yaml.safe_load(self.source.read_text())
        settings["options"].update(options)
        self.source.write_text(yaml.safe_dump(settings))

    @property
    def counts(self) -> dict[str, int]:
        found = json.loads((self.root / "data/canonical/meta.json").read_text())["counts"]
        counts = {name: found[name] for name in ("rows_in", "kept", "quarantined", "deduplicated")}
        assert counts["rows_in"] == counts["kept"] + counts["quarantined"] + counts["deduplicated"]
        assert pq.read_metadata(self.root / "data/canonical/events.parquet").num_rows == counts["kept"]
        assert (
            pq.read_metadata(self.root / "data/canonical/quarantine.parquet").num_rows
            == counts["quarantined"]
        )
        return counts

    @property
    def quarantine(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pq.read_table(
            self.root / "data/canonical/quarantine.parquet"
        ).to_pylist()
        return rows


@pytest.fixture
def project(make_shop: Callable[[pd.DataFrame], Path]) -> Project:
    made = Project(make_shop(pd.DataFrame(columns=HEADER.split(","))))
    made.write(GOOD)
    return made


@pytest.fixture
def cli(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Cli:
    """Run ``klantreis ...`` in the project: exit code, and all that was said."""
    caplog.set_level("INFO")

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.chdir(project.root)
        monkeypatch.setattr(sys, "argv", ["klantreis", *arguments])
        caplog.clear()
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return int(ended.value.code or 0), said.out + said.err + caplog.text

    return run


def refused(cli: Cli, *words: str, command: tuple[str, ...] = ("ingest",)) -> None:
    code, said = cli(*command)
    assert code == 2, said
    assert "error:" in said
    for word in words:
        assert word in said, f"{word!r} is not in {said!r}"


def ingested(cli: Cli, project: Project, *words: str) -> dict[str, int]:
    assert cli("fetch")[0] == 0
    code, said = cli("ingest")
    assert code == 0, said
    counts = project.counts
    for word in (f"{counts['rows_in']} rows in = {counts['kept']} kept", *words):
        assert word in said, f"{word!r} is not in {said!r}"
    return counts


def test_a_byte_order_mark_changes_nothing(project: Project, cli: Cli) -> None:
    before = ingested(cli, project)
    project.write_bytes(b"\xef\xbb\xbf" + project.text(GOOD).encode())
    assert ingested(cli, project) == before
    assert before["kept"] == len(GOOD)


def test_latin1_bytes_are_refused_with_the_place_and_read_once_declared(project: Project, cli: Cli) -> None:
    project.write_bytes(project.text([*GOOD, "7,2023-03-05,web,caf\xe9,3"]).encode("latin-1"))
    refused(cli, "orders.csv", f"line {len(GOOD) + 2}", "0xe9", "options.encoding", "conf/sources/shop.yaml")
    assert not (project.root / "data" / "canonical").exists()
    project.declare(encoding="latin-1")
    assert ingested(cli, project)["kept"] == len(GOOD) + 1


def test_semicolons_are_found_and_told(project: Project, cli: Cli) -> None:
    project.write_bytes(project.text(GOOD).replace(",", ";").encode())
    assert ingested(cli, project, "separated by ';'")["kept"] == len(GOOD)


def test_a_missing_column_names_the_file_those_found_and_the_key(project: Project, cli: Cli) -> None:
    project.write(GOOD, header=HEADER.replace("dag", "datum"))
    refused(cli, "orders.csv", "'dag'", "'datum'", "options.columns.occurred", "conf/sources/shop.yaml")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("7,11 maart,web,a,3", "occurred cannot be read as a date"),
        ("7,2999-01-01,web,a,3", "occurred lies in the future"),
        ("7,2023-03-05,web,a,-3", "value is negative"),
        ("7,2023-03-05,web,a,NaN", "value is not a number"),
        (",2023-03-05,web,a,3", "customer is missing"),
        ("7,2023-03-05,web", "too few fields"),
    ],
)
def test_a_bad_row_is_quarantined_whole_with_its_place(
    project: Project, cli: Cli, row: str, reason: str
) -> None:
    project.write([*GOOD, row, GOOD[0].replace("10.50", "2")])
    counts = ingested(cli, project, f"1 rows quarantined: {reason}", "quarantine.parquet", "shop.yaml")
    assert (counts["kept"], counts["quarantined"]) == (len(GOOD) + 1, 1)
    (found,) = project.quarantine
    assert (found["file"], found["row"]) == ("orders.csv", len(GOOD) + 1)
    assert reason in found["reason"]
    assert all(part in found["raw"] for part in row.split(",") if part)


def test_equal_rows_count_once(project: Project, cli: Cli) -> None:
    project.write([*GOOD, *GOOD[:4]])
    counts = ingested(cli, project, "4 de-duplicated")
    assert (counts["kept"], counts["deduplicated"]) == (len(GOOD), 4)


def test_everything_wrong_at_once_still_adds_up(project: Project, cli: Cli) -> None:
    bad = ["7,31-02-2023,web,a,1", "7,2999-01-01,web,a,1", "7,2023-01-01,web,a,-1", "7,2023-01-01,web,a,nan"]
    project.write([*GOOD, *bad, GOOD[0], *bad])
    assert ingested(cli, project) == {
        "rows_in": len(GOOD) + 9, "kept": len(GOOD), "quarantined": 8, "deduplicated": 1,
    }  # fmt: skip


@pytest.mark.parametrize("content", [b"", b"\n\n", HEADER.encode() + b"\n"])
def test_an_empty_file_alone_is_refused(project: Project, cli: Cli, content: bytes) -> None:
    project.write_bytes(content)
    refused(cli, "source shop is empty", "conf/sources/shop.yaml")


def test_an_empty_file_beside_others_is_named_and_the_rest_is_read(project: Project, cli: Cli) -> None:
    project.write_bytes(b"", "orders_2.csv")
    assert ingested(cli, project, "orders_2.csv is empty")["kept"] == len(GOOD)


def test_a_truncated_parquet_file_is_named_with_the_remedy(project: Project, cli: Cli) -> None:
    path = project.root / "raw" / "orders.parquet"
    pd.read_csv(project.root / "raw" / "orders.csv", dtype={"klant": str}).to_parquet(path)
    project.declare(files="*.parquet")
    assert ingested(cli, project)["kept"] == len(GOOD)
    before = (project.root / "data/canonical/events.parquet").read_bytes()
    path.write_bytes(path.read_bytes()[:-40])
    refused(cli, "orders.parquet", "not a whole Parquet file", "fetch it again")
    assert (project.root / "data/canonical/events.parquet").read_bytes() == before


def test_only_bad_rows_are_refused_with_the_commonest_reason(project: Project, cli: Cli) -> None:
    project.write(["7,nu,web,a,1", "7,straks,web,a,1", "7,2023-01-01,web,a,-1"])
    refused(cli, "3 of 3 rows", "occurred cannot be read as a date", "conf/sources/shop.yaml")


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("params.yaml", "max_cutoffs: 60", "max_cutofs: 60", ["train.max_cutofs", "allowed here"]),
        ("params.yaml", "bands: [0.25, 0.75]", "bands: [0.75, 0.25]", ["score", "must rise", "0.75"]),
        ("params.yaml", "bands: [0.25, 0.75]", "bands: [0.2, 0.5, 0.8]", ["score.bands", "0.5"]),
        ("params.yaml", "source: shop", "source: shopp", ["shopp.yaml does not", "sources: shop;", "change source"]),
        ("conf/sources/shop.yaml", "currency:", "curency:", ["conf/sources/shop.yaml", "curency", "currency"]),
        ("conf/sources/shop.yaml", "occurred:", "ocurred:", ["shop.yaml", "ocurred", "occurred"]),
    ],
)  # fmt: skip
def test_a_wrong_key_names_the_file_the_key_and_what_is_allowed(
    project: Project, cli: Cli, file: str, old: str, new: str, words: list[str]
) -> None:
    path = project.root / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    refused(cli, Path(file).name, *words)


def test_a_list_with_another_column_names_those_it_has(project: Project, cli: Cli) -> None:
    (project.root / "vips.csv").write_text("klantnummer,naam\n00001,x\n")
    command = ("score", "--customers", "vips.csv")
    refused(cli, "vips.csv", "'customer_id'", "klantnummer, naam", "rename", command=command)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("features",), ["klantreis ingest"]),
        (("train", "churn"), ["klantreis features"]),
        (("train", "everything"), ["'everything'", "churn, readiness, next_action"]),
        (("score",), ["klantreis features"]),
        (("score", "--out", "x.csv"), ["--customers"]),
        (("score", "--customers", "nowhere.csv"), ["nowhere.csv", "no such file"]),
    ],
)
def test_a_stage_out_of_turn_says_what_to_run_first(
    cli: Cli, command: tuple[str, ...], words: list[str]
) -> None:
    refused(cli, *words, command=command)


def test_a_mistake_is_one_line_and_exit_code_two_in_a_shell(project: Project) -> None:
    project.write(GOOD, header=HEADER.replace("dag", "datum"))
    command = [str(Path(sys.executable).parent / "klantreis"), "ingest"]
    done = subprocess.run(
        command, cwd=project.root, capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 2
    (error,) = [line for line in done.stderr.splitlines() if "error:" in line]
    assert "column 'dag' is missing" in error and "Traceback" not in done.stderr
