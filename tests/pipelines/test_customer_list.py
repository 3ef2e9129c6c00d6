"""A list as people keep it: whatever program wrote it, the ids come out as the source knows them."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from pipelines.customer_list import CustomerList, read_list
from pipelines.scores_out import write_scores


def written(folder: Path, content: bytes, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "ids"),
    [
        (b"customer_id\n007\n12\n", ("007", "12")),
        (b"\xef\xbb\xbfcustomer_id\r\n007\r\n12\r\n", ("007", "12")),
        (b"name;customer_id\nx;007\ny;12\n", ("007", "12")),
        (b"name\tcustomer_id\nx\t007\n", ("007",)),
        (b"customer_id,name\n  007  ,x\n 12,y\n", ("007", "12")),
        (b' customer_id , name\n"007","a, b"\n "12" ,y\n', ("007", "12")),
        (b'"customer_id";"name"\n"007";"two\nlines"\n12;y\n', ("007", "12")),
        (b"\n\ncustomer_id\n007\n\n12", ("007", "12")),
        (b"customer_id\nNA\nnull\n1e5\n", ("NA", "null", "1e5")),
        ("customer_id;nämn\nå7;x\n".encode(), ("å7",)),
        ("customer_id;nämn\n7;ö\n".encode("latin-1"), ("7",)),
        (b"customer_id\n", ()),
        (b"customer_id", ()),
    ],
    ids=[
        "plain", "byte-order mark", "semicolon", "tab", "spaces", "quotes", "line break in a field", "empty lines",
        "words for nothing", "utf-8", "latin-1 elsewhere", "no rows", "no line end",
    ],
)  # fmt: skip
def test_every_way_of_writing_csv_gives_the_ids_as_text(
    tmp_path: Path, content: bytes, ids: tuple[str, ...]
) -> None:
    assert tuple(read_list(written(tmp_path, content)).ids.to_pylist()) == ids


def test_repeats_and_rows_without_id_are_counted_and_the_order_is_kept(tmp_path: Path) -> None:
    path = written(tmp_path, b"n,customer_id\n1,9\n2,3\n3,9\n4, \n5,\n6,1\n7,9\n")
    assert read_list(path) == CustomerList(ids=("9", "3", "1"), rows=7, duplicates=2, blank=2)


@pytest.mark.parametrize(
    ("column", "ids"),
    [
        (pa.array([7, 12, None]), ("7", "12")),
        (pa.array([7.0, None, 12.0]), ("7", "12")),
        (pa.array(["007", "12", ""]), ("007", "12")),
        (pa.array(["007", "12"], pa.large_string()), ("007", "12")),
        (pa.array(["007", "12", "007"]).dictionary_encode(), ("007", "12")),
        (pa.nulls(2), ()),
    ],
)
def test_parquet_with_numbers_or_texts(tmp_path: Path, column: pa.Array, ids: tuple[str, ...]) -> None:
    pq.write_table(pa.table({"customer_id": column}), tmp_path / "list.parquet")
    found = read_list(tmp_path / "list.parquet")
    assert tuple(found.ids.to_pylist()) == ids
    assert found.rows == len(column) == len(ids) + found.duplicates + found.blank


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("list.csv", b"klant,naam\n1,x\n", ["'customer_id'", "found: klant, naam", "rename"]),
        ("list.csv", b"customer_id,customer_id\n1,2\n", ["2 times", "keep one"]),
        ("list.csv", b"", ["empty", "customer_id"]),
        ("list.csv", b"\n \n", ["empty", "customer_id"]),
        ("list.csv", b"customer_id,name\n1,x\n2\n", ["row", "2 columns", "mend"]),
        ("list.csv", b"customer_id\n1\n2,x\n", ["Expected 1 columns, got 2", "mend"]),
        ("list.csv", "customer_id\nå7\n".encode("latin-1"), ["UTF-8", "save"]),
        ("list.csv", "customer_id\n7\n".encode("utf-16"), ["UTF-16", "save"]),
        ("list.xls", b"PK", ["'.xls'", ".csv or .parquet or .xlsx"]),
        ("list.parquet", b"PAR1 cut off", ["not a whole Parquet file", "write it again"]),
        ("list.parquet", b"", ["not a whole Parquet file"]),
    ],
)
def test_what_cannot_be_read_is_named_with_the_remedy(
    tmp_path: Path, name: str, content: bytes, said: list[str]
) -> None:
    path = written(tmp_path, content, name)
    with pytest.raises(InputError) as caught:
        read_list(path)
    for words in (str(path), *said):
        assert words in str(caught.value)


@pytest.mark.parametrize("column", [pa.array([1.5]), pa.array([True]), pa.array([["1"]])])
def test_parquet_ids_of_another_type_are_refused(tmp_path: Path, column: pa.Array) -> None:
    pq.write_table(pa.table({"customer_id": column}), tmp_path / "list.parquet")
    with pytest.raises(InputError, match="must be text or whole numbers, found"):
        read_list(tmp_path / "list.parquet")


def test_parquet_without_the_column_names_those_it_has(tmp_path: Path) -> None:
    pq.write_table(pa.table({"klant": ["1"], "naam": ["x"]}), tmp_path / "list.parquet")
    with pytest.raises(InputError, match="found: klant, naam"):
        read_list(tmp_path / "list.parquet")


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.csv: no such file"):
        read_list(tmp_path / "nowhere.csv")


@pytest.fixture
def scores() -> pa.Table:
    return pa.table(
        {
            "customer_id": ["007", "=1+1"],
            "p_ready": [0.1 + 0.2, None],
            "blocked": [["A:phase", "B:phase"], []],
            "next_categories": [None, ["tea 0.5"]],
            "reasons": [["Orders: 3 (+)"], []],
        }
    )


def test_csv_keeps_every_digit_and_parts_lists_by_semicolons(tmp_path: Path, scores: pa.Table) -> None:
    write_scores(scores, tmp_path / "out.csv")
    back = pd.read_csv(tmp_path / "out.csv", dtype={"customer_id": str})
    assert back["customer_id"].tolist() == ["007", "'=1+1"]
    assert back["p_ready"][0] == 0.1 + 0.2 and pd.isna(back["p_ready"][1])
    assert back["blocked"][0] == "A:phase; B:phase" and pd.isna(back["blocked"][1])


def test_parquet_keeps_lists(tmp_path: Path, scores: pa.Table) -> None:
    write_scores(scores, tmp_path / "deep" / "out.parquet")
    assert pq.read_table(tmp_path / "deep" / "out.parquet").equals(scores)


def test_another_ending_is_refused_and_nothing_is_written(tmp_path: Path, scores: pa.Table) -> None:
    with pytest.raises(InputError, match=r"\.csv or \.parquet or \.xlsx"):
        write_scores(scores, tmp_path / "out.xls")
    assert list(tmp_path.iterdir()) == []


def test_excel_in_and_out_keeps_ids_as_text_and_numbers_as_numbers(tmp_path: Path, scores: pa.Table) -> None:
    from python_calamine import CalamineWorkbook

    write_scores([scores, scores.slice(0, 1)], tmp_path / "out.xlsx")
    first = (tmp_path / "out.xlsx").read_bytes()
    header, *rows = CalamineWorkbook.from_path(tmp_path / "out.xlsx").get_sheet_by_index(0).to_python()
    assert header == scores.column_names and [row[0] for row in rows] == ["007", "'=1+1", "007"]
    assert rows[0][1] == pytest.approx(0.3) and rows[1][1] == "" and rows[0][2] == "A:phase; B:phase"
    assert read_list(tmp_path / "out.xlsx") == CustomerList(("007", "=1+1"), 3, 1, 0)
    write_scores([scores, scores.slice(0, 1)], tmp_path / "out.xlsx")
    assert (tmp_path / "out.xlsx").read_bytes() == first


def test_what_an_excel_sheet_cannot_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.exports.excel.MOST_ROWS", 3)
    with pytest.raises(InputError, match=r"\.csv or \.parquet"):
        write_scores(pa.table({"customer_id": list("abc")}), tmp_path / "out.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_excel_the_message_says_what_to_install(
    tmp_path: Path, scores: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("python_calamine", "xlsxwriter"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match=r"klantreis\[excel\]"):
        write_scores(scores, tmp_path / "out.xlsx")
    with pytest.raises(InputError, match=r"klantreis\[excel\]"):
        read_list(written(tmp_path, b"x", "list.xlsx"))


def test_a_broken_excel_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not readable as Excel"):
        read_list(written(tmp_path, b"no zip", "list.xlsx"))


def test_an_id_that_a_spreadsheet_would_run_comes_back_from_a_score_file(tmp_path: Path) -> None:
    ids = ["+31612345678", "=1+1", "-7", "@x", "'+1", "jan"]
    write_scores(pa.table({"customer_id": ids}), tmp_path / "out.csv")
    assert not any(line.startswith(tuple("=+-@")) for line in (tmp_path / "out.csv").read_text().splitlines())
    assert read_list(tmp_path / "out.csv").ids.to_pylist() == ids
