"""params.yaml and conf/: a mistake names the file, the key, what was found and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import InputError
from features.settings import JourneySettings, SourceSettings
from pipelines.edit_params import edit
from pipelines.params import Params, load_journey, load_params, load_source, read_settings


@pytest.fixture
def project(tmp_path: Path, repo: Path) -> Path:
    (tmp_path / "params.yaml").write_text((repo / "params.yaml").read_text())
    for part in ("sources", "journeys"):
        folder = tmp_path / "conf" / part
        folder.mkdir(parents=True)
        for path in (repo / "conf" / part).glob("*.yaml"):
            (folder / path.name).write_text(path.read_text())
    return tmp_path


def change(project: Path, old: str, new: str) -> None:
    path = project / "params.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_shipped_files_are_valid(repo: Path) -> None:
    assert load_params(repo).source == "demo"
    for path in sorted((repo / "conf/sources").glob("*.yaml")):
        assert isinstance(load_source(path.stem, repo), SourceSettings)
    for path in sorted((repo / "conf/journeys").glob("*.yaml")):
        assert isinstance(load_journey(path.stem, repo), JourneySettings)


def test_params_file_spells_out_the_defaults_of_the_code(repo: Path) -> None:
    """A key left out of params.yaml must not change what happens."""
    written = load_params(repo)
    bare = Params(source=written.source, features=written.features)
    assert written == bare


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("learning_rate: 0.05", "learnin_rate: 0.05", ["train.lightgbm.learnin_rate", "learning_rate"]),
        ("seed: 7", "seed: seven", ["params.yaml", "seed", "integer", "'seven'"]),
        ("min_positives: null", "min_positives: 0", ["churn.min_positives", "greater than or equal to 1", "0"]),
        ("language: en", "language: fr", ["language", "'en' or 'nl'", "'fr'"]),
        ("as_of: null", "as_of: yesterday", ["cutoffs.as_of", "date", "'yesterday'"]),
        ("windows_days: [7, 28,", "windows_days: [28, 7,", ["features", "must rise"]),
        ("source: demo", "", ["source", "missing"]),
        ("journey: five_phase", "journey: five_phase\njourney: four", ["journey", "twice"]),
        ("train:\n", "train: [\n", ["params.yaml", "not readable YAML"]),
    ],
)  # fmt: skip
def test_a_mistake_is_named(project: Path, old: str, new: str, said: list[str]) -> None:
    change(project, old, new)
    with pytest.raises(InputError) as caught:
        load_params(project)
    for words in said:
        assert words in str(caught.value)


def test_every_mistake_is_told_at_once(project: Path) -> None:
    change(project, "num_leaves: 15", "num_leaves: 1")
    change(project, "language: en", "language: fr")
    with pytest.raises(InputError) as caught:
        load_params(project)
    assert len(str(caught.value).splitlines()) == 2


def test_an_unknown_source_lists_the_known_ones(project: Path) -> None:
    with pytest.raises(InputError, match=r"complete_journey.*"):
        load_source("nowhere", project)


def test_settings_are_frozen(repo: Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_params(repo).source = "other"  # type: ignore[misc]


def test_a_file_with_a_byte_order_mark_is_read(project: Path) -> None:
    path = project / "params.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_params(project).source == "demo"


def test_edit_changes_the_word_and_keeps_the_comments(project: Path) -> None:
    before = (project / "params.yaml").read_text()
    assert edit(project, ["source=ga4"]) == {"source": "ga4"}
    after = (project / "params.yaml").read_text()
    assert load_params(project).source == "ga4"
    changed = [
        (new, old) for new, old in zip(after.splitlines(), before.splitlines(), strict=True) if new != old
    ]
    assert changed == [
        (
            "source: ga4                  # a file in conf/sources; demo: a simulated shop",
            "source: demo                  # a file in conf/sources; demo: a simulated shop",
        )
    ]


@pytest.mark.parametrize("assignment", ["source=nowhere", "train=7", "source=../x", "source"])
def test_a_wrong_edit_leaves_the_file_as_it_was(project: Path, assignment: str) -> None:
    before = (project / "params.yaml").read_text()
    with pytest.raises(InputError):
        edit(project, [assignment])
    assert (project / "params.yaml").read_text() == before


def test_read_settings_says_what_there_is_when_a_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_settings(tmp_path / "params.yaml", Params)
