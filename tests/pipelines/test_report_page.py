"""The page as a browser shows it: whole, alone, and within the width of a phone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines import evaluate, journey, report, score

pytestmark = pytest.mark.browser
WIDTHS = (390, 1440)
LOOK = """
return {
  broken: [...document.images].filter(image => !image.naturalWidth).map(image => image.alt),
  images: document.images.length,
  asked: performance.getEntriesByType('resource').map(one => one.name).filter(name => !name.startsWith('data:')),
  wide: document.documentElement.scrollWidth,
  room: document.documentElement.clientWidth,
  lost: [...document.querySelectorAll('a[href]')].map(link => link.getAttribute('href'))
    .filter(to => !to.startsWith('#') || !document.getElementById(to.slice(1))),
  parts: [...document.querySelectorAll('main > section')].map(part => part.id),
  linked: [...document.querySelectorAll('nav a')].map(link => link.getAttribute('href').slice(1)),
  mute: [...document.images].filter(image => !image.alt).length,
  language: document.documentElement.lang,
}
"""


@pytest.fixture(scope="module")
def pages(trained_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The report of a small shop, in both languages, with what the monitoring commands would have written."""
    project = Path(shutil.copytree(trained_shop, tmp_path_factory.mktemp("page") / "shop"))
    for stage in (journey, score, evaluate):
        stage.run(project)
    alarm = {"severity": "alarm", "said": {"en": "no orders", "nl": "geen orders"}, "todo": None}
    line = {"name": "decision", "measure": "psi", "limit": 0.1,
            "points": [{"at": f"2024-0{month}-01", "value": month / 100} for month in (1, 2, 3)]}  # fmt: skip
    check = {"name": "volume", "title": {"en": "Events", "nl": "Events"}, "state": "attention", "reason": None,
             "compared": 7, "findings": [alarm], "series": [line]}  # fmt: skip
    told = {
        "as_of": "2024-02-05",
        "state": "attention",
        "alarms": 1,
        "notes": 0,
        "compared": 7,
        "by_chance": 0.1,
    }
    (project / "reports" / "monitor.json").write_text(json.dumps(told | {"checks": [check]}))
    written = {}
    params = (project / "params.yaml").read_text()
    for language in ("en", "nl"):
        (project / "params.yaml").write_text(params.replace("language: en", f"language: {language}"))
        report.run(project)
        written[language] = Path(
            shutil.copy(project / "reports" / "report.html", project / f"{language}.html")
        )
    return written


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    yield driver
    driver.quit()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["en", "nl"])
def test_page_is_whole_alone_and_fits(
    browser: Any, pages: dict[str, Path], language: str, width: int
) -> None:
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.get(pages[language].as_uri())
    seen = browser.execute_script(LOOK)
    assert seen["images"] > 0 and not seen["broken"] and not seen["mute"]
    assert seen["asked"] == []
    assert seen["wide"] <= seen["room"] == width
    assert seen["lost"] == []
    assert (
        set(seen["linked"]) == set(seen["parts"]) >= {"fairness", "drift", "monitoring", "about", "glossary"}
    )
    assert seen["language"] == language
    assert browser.get_log("browser") == []
