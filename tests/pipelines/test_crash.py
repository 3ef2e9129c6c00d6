"""kill -9 in the middle of a stage, then the stage again: same bytes as undisturbed, nothing left lying about."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from features.errors import InputError
from pipelines import features, ingest, score, score_list, train_next_action, train_probability

#: Dies at the n-th move into place (0: never): all that is temporary is then there, and nothing is in place.
CHILD = """
import os, signal, sys
from pathlib import Path
left = int(sys.argv.pop(1))
def deadly(move):
    def moved(self, target):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return move(self, target)
    return moved
Path.replace, Path.rename = deadly(Path.replace), deadly(Path.rename)
from pipelines.cli import main
main()
"""
STAGES = {
    "ingest": (ingest.run, ("data/canonical", "data/ids.parquet")),
    "features": (
        features.run,
        tuple(f"data/{name}" for name in ("features.parquet", "labels.parquet", "crowd", "columns.json", "plan.json")),
    ),
    "train churn": (lambda project: train_probability.run(project, "churn"), ("artifacts/churn",)),
    "train next_action": (lambda project: train_next_action.run(project), ("artifacts/next_action",)),
    "score": (score.run, ("data/scores.parquet",)),
}  # fmt: skip


def start(project: Path, command: str, dies_at_move: int = 0) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-c", CHILD, str(dies_at_move), *command.split()]
    return subprocess.Popen(words, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def contents(project: Path) -> dict[str, str]:
    """Hash of every file and name of every folder that stages make, hidden ones included."""
    found = {}
    for folder in ("data", "artifacts"):
        for path in sorted((project / folder).rglob("*")):
            whole = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
            found[path.relative_to(project).as_posix()] = whole
    return found


def hidden(project: Path) -> set[str]:
    # os.walk, because a folder may be gone by the time it is looked into.
    return {
        name
        for folder in ("data", "artifacts")
        for _, folders, files in os.walk(project / folder)
        for name in (*folders, *files)
        if name.startswith(".")
    }


@pytest.fixture(scope="module")
def undisturbed(trained_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = Path(shutil.copytree(trained_shop, tmp_path_factory.mktemp("undisturbed") / "shop"))
    score.run(project)
    return project


@pytest.fixture
def project(undisturbed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(undisturbed, tmp_path / "shop"))


@pytest.mark.parametrize(
    ("stage", "move"),
    [
        ("ingest", 1),  # the new tables are written, the old ones still stand
        ("ingest", 2),  # the old folder is set aside, the new one not yet in its place
        ("ingest", 3),
        ("features", 1),
        ("features", 2),  # labels are new, features old
        ("features", 4),
        ("train churn", 1),
        ("train churn", 6),
        ("train churn", 7),
        ("train next_action", 2),
        ("score", 1),
    ],
)
def test_killed_at_a_move_the_stage_starts_over_to_the_same_bytes(
    project: Path, undisturbed: Path, stage: str, move: int
) -> None:
    assert start(project, stage, move).wait() == -signal.SIGKILL, "there are fewer moves than thought"
    assert hidden(project), "killed so late that nothing temporary was there"
    STAGES[stage][0](project)
    assert contents(project) == contents(undisturbed)


@pytest.mark.parametrize("stage", ["ingest", "features", "train churn"])
def test_killed_while_it_writes_there_is_no_half_output(project: Path, undisturbed: Path, stage: str) -> None:
    """As DVC starts a stage: without its old outputs. Killed as soon as anything temporary appears."""
    outputs = [project / name for name in STAGES[stage][1]]
    for path in outputs:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    process = start(project, stage)
    while process.poll() is None and not hidden(project):
        time.sleep(0.001)
    process.kill()
    assert process.wait() == -signal.SIGKILL, "the stage ended before it could be killed"
    before = contents(undisturbed)
    half = {name for name, whole in contents(project).items() if before.get(name, whole) != whole}
    assert not half
    STAGES[stage][0](project)
    assert contents(project) == before


def test_a_folder_set_aside_comes_back_when_the_stage_cannot_start_over(
    project: Path, undisturbed: Path
) -> None:
    """Killed between the old folder going and the new one coming, and by then the raw data is gone."""
    assert start(project, "ingest", 2).wait() == -signal.SIGKILL
    assert not (project / "data" / "canonical").exists()
    (project / "raw" / "orders.csv").write_text("")
    with pytest.raises(InputError):
        ingest.run(project)
    assert contents(project) == contents(undisturbed)


def test_a_killed_score_list_leaves_the_old_scores_and_its_customers_nowhere(project: Path) -> None:
    (project / "list.csv").write_text("customer_id\n00003\n")
    score_list.run(project, project / "list.csv", None, None)
    files = sorted(project.iterdir()), sorted((project / "data").iterdir())
    scores = (project / "list_scores.csv").read_bytes()
    for move in (1, 3):
        process = start(project, "score --customers list.csv", move)
        assert process.wait() == -signal.SIGKILL
        assert (project / "list_scores.csv").read_bytes() == scores
    score_list.run(project, project / "list.csv", None, None)
    assert (sorted(project.iterdir()), sorted((project / "data").iterdir())) == files
    assert (project / "list_scores.csv").read_bytes() == scores


def test_what_a_living_process_writes_is_left_alone(project: Path) -> None:
    beside = project / "data" / f".scores.parquet.{os.getppid()}.part.parquet"
    beside.write_bytes(b"half")
    score.run(project)
    assert beside.read_bytes() == b"half"
