"""CSV of numbers to the last bit and texts that come back as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pipelines.exports.csv_out import write_csv

TEXTS = ["plain", "a,b", 'say "x"', " space ", "#1", "two\nlines", "é", "NULL", "'=1+1", None]


@pytest.fixture
def table() -> pa.Table:
    random, n = np.random.default_rng(6), 2_000
    wide = np.frombuffer(random.bytes(8 * n)).copy()
    wide[~np.isfinite(wide)] = 0.0
    return pa.table(
        {
            "wide": wide,
            "chance": pa.array(random.random(n), mask=random.random(n) < 0.1),
            "days": random.random(n).astype(np.float32) * 100,
            "whole": np.round(random.random(n) * 1e6).astype(float),
            "eligible": random.random(n) < 0.5,
            "words": pa.array(random.choice(np.array(TEXTS, dtype=object), n), pa.string()),
        }
    )


def test_numbers_are_written_as_python_writes_them_and_come_back_to_the_bit(
    table: pa.Table, tmp_path: Path
) -> None:
    write_csv([table.slice(0, 700), table.slice(700)], tmp_path / "it's.csv")
    numbers = table.drop_columns(["words"])
    numbers.to_pandas().to_csv(tmp_path / "pandas.csv", index=False, lineterminator="\n")
    write_csv([numbers], tmp_path / "numbers.csv")
    assert (tmp_path / "numbers.csv").read_bytes() == (tmp_path / "pandas.csv").read_bytes()
    back = pd.read_csv(tmp_path / "it's.csv", keep_default_na=False, na_values=[""])
    assert back["wide"].to_numpy().tobytes() == table["wide"].to_numpy().tobytes()
    assert pa.array(back["words"], pa.string(), from_pandas=True).to_pylist() == table["words"].to_pylist()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["it's.csv", "numbers.csv", "pandas.csv"]


def test_what_is_missing_is_written_in_one_way(tmp_path: Path) -> None:
    table = pa.table({"a": ["", None, "#N/A"], "b": [float("nan"), None, 1.0], "c": [None, True, False]})
    write_csv([table], tmp_path / "out.csv", missing="#N/A")
    assert (tmp_path / "out.csv").read_text() == ('a,b,c\n#N/A,#N/A,#N/A\n#N/A,#N/A,True\n"#N/A",1.0,False\n')


def test_no_rows_give_the_header_alone(tmp_path: Path) -> None:
    empty = pa.table({"a": pa.array([], pa.string()), "b": pa.array([], pa.float64())})
    write_csv([empty, empty], tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "a,b\n"
