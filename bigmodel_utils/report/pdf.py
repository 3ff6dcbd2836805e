"""The brief on paper: the same page, printed by a real browser. An extra: needs Playwright and a Chromium."""

from __future__ import annotations

import shutil
from pathlib import Path

from bigmodel_utils import paths
from bigmodel_utils.errors import BigModelError, nearest
from bigmodel_utils.messages import LANGUAGES

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PAPERS = ("A4", "Letter")


class PrintError(BigModelError):
    """A page, language or paper that is not there, or no browser to print with."""


def write(page: Path, language: str = "en", paper: str = "A4") -> Path:
    """Print a rendered page beside itself as `<name>.<language>.pdf` (tagged, with outline) and return the file.

    paper: A4 or Letter. Raises PrintError for another, for a page that is not there, and without Playwright or Chromium.
    """
    if not page.is_file():
        raise PrintError(f"no report {paths.shown(page)}", "a scenario that has run", f"bigmodel run {page.parent.name}")
    for option, given, allowed in (("--language", language, LANGUAGES), ("--paper", paper, PAPERS)):
        if given not in allowed:
            raise PrintError(f"{option} {given}", nearest(given, allowed), "the command")
    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        browser_path = None
    if browser_path is None:
        raise PrintError(
            "printing without a browser",
            f"playwright and one of: {', '.join(BROWSERS)}",
            "pip install playwright; apt install chromium",
        )
    target = page.with_suffix(f".{language}.pdf")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        tab = browser.new_page(color_scheme="light")
        tab.goto(f"{page.resolve().as_uri()}#{language}")
        tab.evaluate("document.fonts.ready.then(() => true)")
        tab.pdf(path=target, format=paper, print_background=True, prefer_css_page_size=False, tagged=True, outline=True)
        browser.close()
    return target
