from pathlib import Path

import pytest

from features.errors import InputError
from models.json_files import read_json, read_json_if_there, write_json


def test_bytes_depend_on_the_content_only(tmp_path: Path) -> None:
    for name, content in (("a", {"x": 1, "é": 2}), ("b", {"é": 2, "x": 1})):
        write_json(tmp_path / name, content)
    assert (
        (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == '{\n "x": 1,\n "é": 2\n}\n'.encode()
    )


def test_what_json_does_not_have_is_refused_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "numbers.json"
    write_json(path, {"auc": 0.5})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"auc": float("nan")})
    assert read_json(path) == {"auc": 0.5}


def test_an_absent_or_broken_file_names_the_remedy(tmp_path: Path) -> None:
    assert read_json_if_there(tmp_path / "none.json") == {}
    with pytest.raises(InputError, match=r"none\.json is missing.*dvc repro"):
        read_json(tmp_path / "none.json")
    (tmp_path / "half.json").write_text('{"a": ')
    with pytest.raises(InputError, match=r"half\.json is not readable JSON"):
        read_json(tmp_path / "half.json")
