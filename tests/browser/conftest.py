"""A real browser that looks at the report, and shouts about anything that is not as it must be."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_kibana.evidence import Results
from pytest_kibana.report.html import render

CHROMIUM = next(
    (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium; a test is skipped where there is none, or no Playwright."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="needs Playwright: pip install playwright", exc_type=ImportError
    )
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield started
        started.close()


class Opened:
    """A report in a page. ``complaints`` collects console errors and exceptions, ``requests`` all but the page."""

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on(
            "console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda r: self.requests.append(r.url) if not r.url.startswith(url) else None)
        page.on("dialog", lambda d: self.complaints.append("dialog"))

    def go(self, view: str = "") -> "Opened":
        self.page.goto("about:blank")
        self.page.goto(self.url + view)
        self.page.wait_for_selector("html[data-ready=true]")
        return self

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()

    def count(self, selector: str) -> int:
        return self.page.locator(selector).count()

    def shot(self, name: str) -> None:
        """Keep a picture where ``KIBANA_SCREENSHOTS`` says, for people to look at."""
        folder = os.environ.get("KIBANA_SCREENSHOTS")
        if folder:
            self.page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Open the report of some results; at the end, nothing may have complained and nothing was asked of anybody."""
    contexts, pages = [], []

    def open_it(results: Results, view: str = "", *, comparison: Any = None, **context: Any) -> Opened:
        file = tmp_path / f"report-{len(pages)}.html"
        file.write_text(render(results, comparison=comparison), "utf-8")
        settings = {"viewport": {"width": 1360, "height": 900}, **context}
        contexts.append(browser.new_context(**settings))
        contexts[-1].set_default_timeout(10_000)
        pages.append(Opened(contexts[-1].new_page(), file.as_uri()))
        return pages[-1].go(view)

    yield open_it
    for page in pages:
        assert page.complaints == []
        assert page.requests == []
    for context in contexts:
        context.close()
