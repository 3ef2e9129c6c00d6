"""A full disk is told in a sentence, whoever was writing; a mistake of ours keeps its traceback."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from pipelines import cli
from pipelines.cli_errors import told

FULL = "/dev/full"


def _plain(folder: Path) -> None:
    with open(FULL, "w") as file:  # noqa: PTH123
        file.write("x" * 100_000)


def _parquet(folder: Path) -> None:
    # By an open file: given a path, Arrow removes what it failed to write, here the device itself.
    with open(FULL, "wb") as file:  # noqa: PTH123
        pq.write_table(pa.table({"customer_id": list(range(100_000))}), file)


def _sqlite(folder: Path) -> None:
    store = sqlite3.connect(folder / "mlflow.db")
    store.execute("PRAGMA max_page_count = 10")
    store.execute("CREATE TABLE runs (note)")
    for _ in range(20):
        store.execute("INSERT INTO runs VALUES (?)", ("x" * 10_000,))


def _duckdb(folder: Path) -> None:
    engine = duckdb.connect()
    engine.execute(f"SET memory_limit = '40MB'; SET threads = 1; SET temp_directory = '{folder}/spill'")
    engine.execute("SET max_temp_directory_size = '1MB'")
    engine.execute("SELECT range, hash(range) AS h FROM range(5000000) ORDER BY h").fetchnumpy()


@pytest.mark.skipif(not Path(FULL).exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("write", [_plain, _parquet, _sqlite, _duckdb])
def test_a_full_disk_is_told_with_its_remedy(
    write: Callable[[Path], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli, "app", lambda: write(tmp_path))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    printed = capsys.readouterr().err
    assert "the disk is full" in printed and "Make room" in printed and "Traceback" not in printed


def test_a_full_disk_behind_another_error_is_seen(tmp_path: Path) -> None:
    try:
        try:
            raise OSError(28, "No space left on device")
        except OSError as error:
            raise RuntimeError("the run could not be written") from error
    except RuntimeError as error:
        assert "the disk is full" in str(told(error, tmp_path))


@pytest.mark.parametrize("error", [ZeroDivisionError("division by zero"), OSError(5, "Input/output error")])
def test_a_mistake_of_ours_keeps_its_traceback(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(type(error)):
        cli.main()


def test_what_a_user_can_mend_is_told_line_by_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise InputError("first\nsecond")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit):
        cli.main()
    assert capsys.readouterr().err.splitlines() == ["error: first", "error: second"]
