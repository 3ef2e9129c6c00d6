"""What was read is kept until a file changes, also one deep in a folder."""

from __future__ import annotations

from pathlib import Path

from models.kept import kept


def test_a_folder_is_read_again_when_a_file_in_it_changes_comes_or_goes(tmp_path: Path) -> None:
    (tmp_path / "phase").mkdir()
    (tmp_path / "phase" / "model.json").write_text("1")
    seen: list[Path] = []

    @kept(2)
    def names(folder: Path) -> list[str]:
        seen.append(folder)
        return sorted(path.read_text() for path in folder.rglob("*.json"))

    assert names(tmp_path) == names(tmp_path) == ["1"] and len(seen) == 1
    (tmp_path / "phase" / "model.json").write_text("22")
    assert names(tmp_path) == ["22"]
    (tmp_path / "other.json").write_text("3")
    assert names(tmp_path) == ["22", "3"]
    (tmp_path / "other.json").unlink()
    assert names(tmp_path) == ["22"] and len(seen) == 4


def test_no_more_is_kept_than_was_asked_for(tmp_path: Path) -> None:
    seen: list[str] = []

    @kept(1)
    def name(path: Path) -> str:
        seen.append(path.name)
        return path.name

    for one in ("a", "a", "b", "a"):
        name(tmp_path / one)
    assert seen == ["a", "b", "a"]


def test_another_question_to_the_same_file_is_another_reading(tmp_path: Path) -> None:
    asked: list[int] = []

    @kept(2)
    def line(path: Path, number: int) -> str:
        asked.append(number)
        return path.read_text().splitlines()[number]

    (tmp_path / "words").write_text("a\nb")
    assert [line(tmp_path / "words", number) for number in (0, 1, 0, 1)] == ["a", "b", "a", "b"]
    assert asked == [0, 1]
