"""dvc.yaml: every stage depends on the code and the parameters that decide what it makes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
#: Plumbing that decides nothing about the content of an output. Defaults in the settings modules count for nothing
#: either: params.yaml spells them all out (see test_params).
PLUMBING = {
    "features/atomic.py", "features/discovery.py", "features/errors.py", "features/settings.py", "models/json_files.py",
    "models/settings.py", "models/timing/settings.py", "models/value/settings.py", "models/next_category/settings.py",
    "models/actions/tournament_settings.py", "models/policies/settings.py", "pipelines/cli_experiment.py",
    "pipelines/cli.py", "pipelines/cli_models.py", "pipelines/params.py", "pipelines/paths.py",
}  # fmt: skip
#: The other engine: it gives the same bytes (tests/features/engines/on_spark), so it decides nothing either.
SPARK = ("features/engines/spark", "pipelines/score_spark")
#: Folders whose files are found by name at run time (features.discovery), by the module that finds them.
DISCOVERED = {
    "features/registry.py": "features/families",
    "features/labels/_base.py": "features/labels",
    "features/sources/__init__.py": "features/sources",
    "models/actions/contenders/__init__.py": "models/actions/contenders",
    "models/actions/effects/__init__.py": "models/actions/effects",
    "models/policies/rule.py": "models/policies/rules",
    "models/bundle.py": "models/estimators",
    "models/backtesting.py": "models/baselines",
    "models/metrics/__init__.py": "models/metrics",
    "models/segment_dimensions/__init__.py": "models/segment_dimensions",
    "features/sentiment/__init__.py": "features/sentiment",
}
ENTRY = {
    "fetch": "pipelines/fetch.py", "ingest": "pipelines/ingest.py", "features": "pipelines/features.py",
    "train@churn": "pipelines/train_probability.py", "train@readiness": "pipelines/train_probability.py",
    "train@next_action": "pipelines/train_next_action.py", "evaluate": "pipelines/evaluate.py",
    "score": "pipelines/score.py", "report": "pipelines/report.py", "track": "pipelines/track.py",
    "register": "pipelines/register.py", "exits": "pipelines/train_exits.py", "personas": "pipelines/personas.py",
    "journey": "pipelines/journey.py", "timing": "pipelines/train_timing.py", "value": "pipelines/train_value.py",
    "next_category": "pipelines/train_category.py",
}  # fmt: skip
#: Stages that only read and show: held to their own code.
READERS = {
    "report": ("models/reporting", "pipelines"),
    "track": ("models/tracking", "pipelines"),
    "register": ("models/tracking", "pipelines"),
}


def module_file(name: str) -> Path | None:
    path = ROOT / name.replace(".", "/")
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def imports(path: Path) -> set[Path]:
    """Files of this project that a file imports, inside functions too; type checking aside."""
    found: set[Path] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for node in ast.walk(branch)
    }
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        if id(node) not in typing_only:
            found |= {file for name in names if (file := module_file(name))}
    return found


def closure(entry: str) -> set[str]:
    todo, seen = [ROOT / entry], set()
    while todo:
        path = todo.pop()
        name = path.relative_to(ROOT).as_posix()
        if name in seen or name in PLUMBING or name.startswith(SPARK):
            continue
        seen.add(name)
        todo += imports(path)
        if name in DISCOVERED:
            todo += (ROOT / DISCOVERED[name]).glob("*.py")
    return {name for name in seen if not name.endswith("__init__.py")}


def stages() -> dict[str, dict[str, list[str]]]:
    """Stages of dvc.yaml, the foreach spelled out."""
    found = {}
    for name, stage in yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"].items():
        if "foreach" not in stage:
            found[name] = stage
            continue
        for key, item in stage["foreach"].items():
            text = yaml.safe_dump(stage["do"]).replace("${key}", key)
            for word, value in item.items():
                text = text.replace(f"${{item.{word}}}", value)
            found[f"{name}@{key}"] = yaml.safe_load(text)
    return found


def test_every_stage_is_known_here() -> None:
    assert set(stages()) == set(ENTRY)


@pytest.mark.parametrize("stage", sorted(ENTRY))
def test_a_stage_depends_on_the_code_it_runs(stage: str) -> None:
    deps = [dep for dep in stages()[stage]["deps"] if dep.startswith(("features", "models", "pipelines"))]
    missing = [name for name in sorted(closure(ENTRY[stage])) if not any(covers(dep, name) for dep in deps)]
    if stage in READERS:
        # What these read and show was made by stages before them, whose code is their dependency already.
        missing = [name for name in missing if name.startswith(READERS[stage])]
    assert not missing, f"dvc.yaml, stage {stage}: add to deps: {missing}"


@pytest.mark.parametrize("stage", sorted(ENTRY))
def test_a_stage_depends_on_no_code_it_does_not_run(stage: str) -> None:
    # One list serves the three train stages: foreach takes no lists per item.
    family = [entry for name, entry in ENTRY.items() if name.split("@")[0] == stage.split("@")[0]]
    used = set().union(*(closure(entry) for entry in family))
    deps = [dep for dep in stages()[stage]["deps"] if dep.startswith(("features", "models", "pipelines"))]
    idle = [dep for dep in deps if not dep.endswith(".json") and not any(covers(dep, name) for name in used)]
    assert not idle, f"dvc.yaml, stage {stage}: depends in vain on {idle}"


def covers(dep: str, name: str) -> bool:
    return name == dep or name.startswith(f"{dep}/")


def test_every_block_of_params_reaches_a_stage() -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    read = {str(key).split(".")[0] for stage in stages().values() for key in stage.get("params", [])}
    # Which engine moves the rows, with how many threads, changes no byte; monitor belongs to a command.
    assert set(params) - read == {"engine", "monitor"}
