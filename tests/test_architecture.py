"""The shape of the code: imports flow one way, files stay small, every public thing is documented."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ORDER = {"features": 0, "models": 1, "pipelines": 2}
ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(path for room in ORDER for path in (ROOT / room).rglob("*.py"))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def names(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", FILES, ids=names)
def test_imports_flow_from_pipelines_to_models_to_features(path: Path) -> None:
    room = ORDER[path.relative_to(ROOT).parts[0]]
    for module in imported(ast.parse(path.read_text())):
        assert ORDER.get(module.split(".")[0], -1) <= room, f"{names(path)} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=names)
def test_only_tracking_imports_mlflow(path: Path) -> None:
    if path.parent == ROOT / "models/tracking":
        return
    assert not [m for m in imported(ast.parse(path.read_text())) if m.split(".")[0] == "mlflow"]


@pytest.mark.parametrize("path", FILES, ids=names)
def test_files_and_functions_can_be_read_without_scrolling(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= 300, "a second job inside?"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            doc = ast.get_docstring(node, clean=False) or ""
            lines = (node.end_lineno or node.lineno) - node.lineno - doc.count("\n")
            assert lines <= 60, f"{node.name} has {lines} lines"


def test_no_catch_all_modules() -> None:
    stems = {path.stem.strip("_") for path in FILES}
    assert not stems & {"utils", "util", "common", "misc", "helper", "helpers"}


def test_heavy_libraries_are_not_loaded_by_the_command_line() -> None:
    import subprocess
    import sys

    code = (
        "import sys, pipelines.cli; "
        "sys.exit(' '.join(m for m in ('mlflow', 'matplotlib', 'lightgbm', 'sklearn', 'pandas', 'pyspark') "
        "if m in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
