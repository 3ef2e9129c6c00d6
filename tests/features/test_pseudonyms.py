"""The key of the pseudonyms: public, of this machine, or from the environment."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from features.errors import InputError
from features.pseudonyms import KEY_FILE, KEY_VARIABLE, id_key


@pytest.fixture(autouse=True)
def _no_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


def test_the_public_key_is_the_same_everywhere_and_makes_no_file(tmp_path: Path) -> None:
    assert id_key(tmp_path, "public") == id_key(tmp_path / "elsewhere", "public")
    assert not list(tmp_path.iterdir())


def test_the_own_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(lambda _: id_key(tmp_path, "secret"), range(8)))
    assert len(keys) == 1 and keys != {id_key(tmp_path, "public")}
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / KEY_FILE.parent).iterdir()] == [KEY_FILE.name]
    assert id_key(tmp_path, "secret") in keys
    assert id_key(tmp_path / "another", "secret") not in keys


def test_the_environment_wins_in_both_modes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {id_key(tmp_path, "public"), id_key(tmp_path, "secret")}
    monkeypatch.setenv(KEY_VARIABLE, "of the company")
    public, secret = id_key(tmp_path, "public"), id_key(tmp_path, "secret")
    assert public == secret and public not in before


def test_an_empty_key_file_is_refused(tmp_path: Path) -> None:
    id_key(tmp_path, "secret")
    (tmp_path / KEY_FILE).write_text("")
    with pytest.raises(InputError, match=r"\.klantreis/id_key is empty"):
        id_key(tmp_path, "secret")


def test_the_key_file_is_never_tracked_and_never_cleaned_away(repo: Path) -> None:
    assert "/.klantreis/" in (repo / ".gitignore").read_text(encoding="utf-8").split()
    clean = (repo / "Makefile").read_text(encoding="utf-8").split("\nclean:")[1]
    assert KEY_FILE.parts[0] not in clean and "git clean" not in clean
