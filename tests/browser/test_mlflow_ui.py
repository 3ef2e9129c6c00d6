"""What a data scientist sees in MLflow after three experiments: a real server, a real store, a real browser."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from models.tracking.run import track

pytestmark = pytest.mark.browser
#: Experiments and how good their models are; more skill is less log loss.
SKILLS = {"leaves63": 0.5, "leaves15": 1.0, "slow-rate": 0.75}
SECONDS = 120
SERVE = """
import sys
from pathlib import Path
from pipelines.ui import run
run(Path(sys.argv[1]), int(sys.argv[2]), False)
"""
#: Run names in the order of the page.
NAMES = """
return [...document.querySelectorAll('a')].filter(link => arguments[0].includes(link.textContent.trim()))
  .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top).map(link => link.textContent.trim())
"""
CLICK = """
const found = [...document.querySelectorAll('button')].find(
  one => one.textContent.trim() === arguments[0] && !one.disabled);
if (found) found.click();
return Boolean(found)
"""
TICK = """
const boxes = [...document.querySelectorAll('.ag-header input[type=checkbox]')];
if (boxes.length && !boxes[0].checked) boxes[0].click();
return boxes.length > 0 && boxes[0].checked
"""


@pytest.fixture(scope="module")
def run_experiment(
    finished_project: Path, empty_store: Path, tmp_path_factory: pytest.TempPathFactory, fixtures: ModuleType
) -> Callable[[str], Path]:
    """Run one experiment of a project with two phases; gives the folder of the project."""
    root = tmp_path_factory.mktemp("ui") / "shop"
    shutil.copytree(finished_project, root)
    shutil.copy(empty_store, root / "mlflow.db")
    (root / "reports/report.html").write_text("<h1>Customer journey report</h1>")

    def run(name: str) -> Path:
        fixtures.write_results(root, SKILLS[name])
        with pytest.MonkeyPatch.context() as patch:
            for variable in [one for one in os.environ if one.startswith(("MLFLOW_", "DVC_"))]:
                patch.delenv(variable)
            patch.setenv("DVC_EXP_NAME", name)
            track(root, fixtures.SETTINGS, fixtures.PARAMS, fixtures.PARAMS, ("decision", "retention"))
        return root

    return run


@pytest.fixture(scope="module")
def fixtures() -> ModuleType:
    conftest = next(module for module in list(sys.modules.values()) if hasattr(module, "tracking_fixtures"))
    found: ModuleType = conftest.tracking_fixtures
    return found


@pytest.fixture(scope="module")
def link(run_experiment: Callable[[str], Path]) -> Iterator[str]:
    """What ``klantreis ui`` says to open; the server ends with the command."""
    first, *others = SKILLS
    root = run_experiment(first)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "DVC_"))}
    command = [sys.executable, "-u", "-c", SERVE, str(root), str(port)]
    with subprocess.Popen(command, env=clean, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        for name in others:  # while the server starts
            run_experiment(name)
        lines = iter(server.stdout.readline, "")
        said = next((line for line in lines if line.startswith("Open")), "")
        yield said.removeprefix("Open").strip()
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)
    with socket.socket() as one:
        assert one.connect_ex(("127.0.0.1", port)) != 0, "the server stayed behind"


@pytest.fixture(scope="module")
def record(run_experiment: Callable[[str], Path], link: str) -> dict[str, Any]:
    """What ``track`` wrote down of the last run."""
    root = Path(run_experiment(list(SKILLS)[-1]))
    found: dict[str, Any] = json.loads((root / "reports/mlflow_run.json").read_text())
    assert found["reused"]
    return found


@pytest.fixture(scope="module")
def browser(link: str) -> Iterator[Any]:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for word in (
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--window-size=1600,1000",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ):  # fmt: skip
        options.add_argument(word)
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    driver.set_page_load_timeout(SECONDS)
    driver.set_script_timeout(SECONDS)
    # On its first visit the page opens an assistant over a quarter of its width.
    driver.get(link.split("/#")[0] + "/health")
    driver.execute_script("localStorage.setItem('mlflow.assistant.fab.autoOpenedOnFirstLoad_v1', 'true')")
    yield driver
    driver.quit()


@pytest.fixture
def until(
    browser: Any, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., None]]:
    """Wait until a condition on the page holds; at the end a picture is kept, also of a failure."""
    from selenium.webdriver.support.ui import WebDriverWait

    def wait(condition: Callable[[Any], object], what: str) -> None:
        WebDriverWait(browser, SECONDS, 0.3).until(condition, what)

    yield wait
    browser.switch_to.default_content()
    folder = Path(os.environ.get("KLANTREIS_SCREENSHOTS") or tmp_path_factory.getbasetemp() / "screens")
    folder.mkdir(parents=True, exist_ok=True)
    browser.save_screenshot(str(folder / f"{request.node.name}.png"))


def shows(*words: str) -> Callable[[Any], bool]:
    """All the words stand on the page, in its text."""
    return lambda driver: all(
        word in driver.execute_script("return document.body.innerText") for word in words
    )


def visit(driver: Any, address: str) -> None:
    """Load the page anew: a change behind the # alone keeps what the page had in mind."""
    driver.get("about:blank")
    driver.get(address)


def test_the_link_opens_the_three_experiments_with_our_columns(browser: Any, link: str, until: Any) -> None:
    visit(browser, link)
    until(shows(*SKILLS), "the runs are in the list")
    until(shows("all/churn log_loss", "changed", "Compare: "), "our columns and the how-to")
    assert "Model training" in browser.execute_script("return document.body.innerText")
    assert browser.execute_script(NAMES, list(SKILLS)) == list(reversed(SKILLS)), "the newest first"


def test_a_view_puts_the_best_first(browser: Any, link: str, until: Any) -> None:
    visit(browser, link + "-churn")
    until(shows("Best churn forecast first", *SKILLS), "the view is in use")
    best = sorted(SKILLS, key=lambda name: -SKILLS[name])
    until(lambda driver: driver.execute_script(NAMES, list(SKILLS)) == best, "the best first")


def test_three_ticked_runs_are_compared_by_the_headline_metric(browser: Any, link: str, until: Any) -> None:
    visit(browser, link)
    until(shows(*SKILLS), "the runs are in the list")
    until(lambda driver: driver.execute_script(TICK), "all runs are ticked")
    until(lambda driver: driver.execute_script(CLICK, "Compare"), "the button Compare")
    until(shows("Comparing 3 Runs", *SKILLS), "the three are side by side")
    until(shows("all/churn log_loss", "all/churn log_loss\n"), "the headline metric")
    for skill in SKILLS.values():
        until(shows(f"{1 / skill:.3f}".rstrip("0").rstrip(".")), "its value for each run")


def test_the_models_tab_has_a_model_per_target_and_phase(
    browser: Any, link: str, until: Any, record: dict[str, Any]
) -> None:
    visit(browser, link.replace("/runs?", "/models?"))
    expected = [f"{target}-{phase}" for target, phases in record["models"].items() for phase in phases]
    assert len(expected) == 6
    until(shows(*expected, "slow-rate"), "every model with its run")


def test_the_report_is_rendered_in_the_page(
    browser: Any, link: str, until: Any, record: dict[str, Any]
) -> None:
    from selenium.webdriver.common.by import By

    page = f"/runs/{record['run_id']}/artifacts/report.html?"
    visit(browser, link.replace("/runs?", page))
    until(lambda driver: driver.find_elements(By.TAG_NAME, "iframe"), "the frame of the report")
    browser.switch_to.frame(browser.find_element(By.TAG_NAME, "iframe"))
    until(
        lambda driver: (
            [one.text for one in driver.find_elements(By.TAG_NAME, "h1")] == ["Customer journey report"]
        ),
        "",
    )


def test_a_table_of_the_runs_stands_side_by_side(browser: Any, link: str, until: Any) -> None:
    visit(browser, link.split("&view")[0] + "&compareRunsMode=ARTIFACT")
    until(
        shows("tables/forecasts.json", "churn \N{MIDDLE DOT} decision", *SKILLS), "the table opens by itself"
    )
