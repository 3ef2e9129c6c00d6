"""Values below a block of params.yaml: changed in place, comments kept, nothing written on a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from features.errors import InputError
from pipelines.edit_nested import edit_below, with_value
from pipelines.params import load_params


@pytest.fixture
def project(tmp_path: Path, repo: Path) -> Path:
    (tmp_path / "params.yaml").write_text((repo / "params.yaml").read_text())
    return tmp_path


def test_values_change_and_everything_else_stays_as_it_was(project: Path) -> None:
    path = project / "params.yaml"
    before = path.read_text()
    new = {"lightgbm.num_leaves": 31, "lightgbm.learning_rate": 0.0321, "logistic.penalties": [3.0, 10.0]}
    assert edit_below(project, "train", new) == {f"train.{key}": value for key, value in new.items()}
    params = load_params(project)
    assert params.train.lightgbm.num_leaves == 31
    assert params.train.lightgbm.learning_rate == 0.0321
    assert params.train.logistic.penalties == (3.0, 10.0)
    # The block exits has trees of its own; they keep theirs.
    assert params.exits.lightgbm.num_leaves == yaml.safe_load(before)["exits"]["lightgbm"]["num_leaves"]
    after = path.read_text().split("\n")
    assert sum(one != other for one, other in zip(before.split("\n"), after, strict=True)) == 3
    comments = [line.partition("#")[2] for line in before.split("\n")]
    assert comments == [line.partition("#")[2] for line in after]


def test_what_is_as_asked_already_changes_no_byte(project: Path) -> None:
    path = project / "params.yaml"
    before = path.read_bytes()
    same = load_params(project).train.lightgbm.num_leaves
    assert edit_below(project, "train", {"lightgbm.num_leaves": same}) == {}
    assert path.read_bytes() == before


def test_a_value_that_is_not_allowed_leaves_the_file_alone(project: Path) -> None:
    path = project / "params.yaml"
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"train\.lightgbm\.num_leaves"):
        edit_below(project, "train", {"lightgbm.num_leaves": 0})
    assert path.read_bytes() == before
    assert [one.name for one in project.iterdir()] == ["params.yaml"]


def test_a_key_left_out_is_added_to_its_block() -> None:
    text = "train:\n  lightgbm:\n    # trees\n    max_bin: 63\nscore: 1\n"
    found = with_value(text, ("train", "lightgbm", "num_leaves"), 9)
    assert yaml.safe_load(found) == {"train": {"lightgbm": {"num_leaves": 9, "max_bin": 63}}, "score": 1}
    assert "# trees" in found


@pytest.mark.parametrize(
    "text", ["train: {lightgbm: {num_leaves: 15}}\n", "score: 1\n", "train:\n  seed: 7\n"]
)
def test_another_layout_is_said_with_what_to_write(text: str) -> None:
    with pytest.raises(InputError, match=r"train\.lightgbm\.num_leaves: 9"):
        with_value(text, ("train", "lightgbm", "num_leaves"), 9)


def test_a_comment_with_a_colon_and_a_list_with_a_hash_free_value_survive() -> None:
    text = "train:\n  logistic:\n    penalties: [30.0, 100.0]   # prior: higher is stronger\nother:\n  penalties: 1\n"
    found = with_value(text, ("train", "logistic", "penalties"), [1.0])
    assert found.split("\n")[2] == "    penalties: [1.0]   # prior: higher is stronger"
    assert found.split("\n")[4] == "  penalties: 1"
