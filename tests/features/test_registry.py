from __future__ import annotations

import sys
from pathlib import Path

import pytest

from features.errors import InputError
from features.families._base import Family
from features.registry import families, family_named


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of one's own on the path."""
    package = tmp_path / "shop_of_registry"
    package.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] == package.name]:
        monkeypatch.delitem(sys.modules, name)
    return package


def test_every_file_of_the_folder_is_a_family() -> None:
    import features.families

    (folder,) = features.families.__path__
    assert set(families()) == {path.stem for path in Path(folder).glob("[a-z]*.py")}
    assert list(families()) == sorted(families())
    assert all(isinstance(family, Family) for family in families().values())
    assert family_named("recency") is families()["recency"]


def test_a_family_may_be_a_module_of_ones_own(own: Path) -> None:
    (own / "weather.py").write_text(
        "from features.families._base import Family\nFAMILY = Family(lambda history, scope: iter(()))\n"
    )
    assert isinstance(family_named("shop_of_registry.weather"), Family)


@pytest.mark.parametrize("name", ["weather", "shop_of_registry.weather", "no_such_shop.weather", "_base_"])
def test_what_there_is_not_is_refused_with_what_there_is(own: Path, name: str) -> None:
    with pytest.raises(InputError, match=rf"params.yaml names '{name}'; allowed: .*recency.*package.module"):
        family_named(name)


@pytest.mark.parametrize("text", ["", "FAMILY = 3\n"])
def test_a_module_without_a_family_is_refused(own: Path, text: str) -> None:
    name = f"empty_{len(text)}"
    (own / f"{name}.py").write_text(text)
    with pytest.raises(InputError, match=rf"shop_of_registry.{name} must define FAMILY.*CONTRIBUTING"):
        family_named(f"shop_of_registry.{name}")


def test_an_import_that_fails_inside_a_family_says_so_itself(own: Path) -> None:
    (own / "needy.py").write_text("import a_library_that_is_not_there\n")
    with pytest.raises(ModuleNotFoundError, match="a_library_that_is_not_there"):
        family_named("shop_of_registry.needy")
