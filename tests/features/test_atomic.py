"""After a crash there is the old output or the new one, and nothing is left lying about."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from features.atomic import replacing


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_only_when_the_block_ends_well(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), replacing(path) as beside:
        beside.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    with replacing(path) as beside:
        beside.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert names(tmp_path) == ["scores.csv"]


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "artifacts"
    path.mkdir()
    (path / "gone.txt").write_text("old")
    with replacing(path) as beside:
        beside.mkdir()
        (beside / "here.txt").write_text("new")
    assert names(path) == ["here.txt"]
    assert names(tmp_path) == ["artifacts"]


def test_what_a_killed_process_left_is_swept_by_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    code = (
        "import os, pathlib, sys\n"
        "from features.atomic import replacing\n"
        f"with replacing(pathlib.Path({str(path)!r})) as beside:\n"
        "    beside.write_text('half')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == -9
    assert not path.exists() and len(names(tmp_path)) == 1
    with replacing(path) as beside:
        beside.write_text("whole")
    assert names(tmp_path) == ["events.parquet"]


def test_a_living_process_keeps_its_part(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    with replacing(path) as outer:
        outer.write_text("outer")
        other = path.with_name(".events.parquet.1.part.parquet")
        other.write_text("of process 1, which lives")
        assert outer.exists()
    with replacing(path) as beside:
        beside.write_text("new")
    assert other.exists()
