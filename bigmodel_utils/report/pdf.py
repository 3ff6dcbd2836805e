"""The brief on paper: the same page, printed by a real browser. An extra: needs Playwright and a Chromium."""

from __future__ import annotations

import shutil
from pathlib import Path

from bigmodel_utils.errors import BigModelError

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class PrintError(BigModelError):
    """No browser to print with."""


def write(page: Path, language: str = "en", paper: str = "A4") -> Path:
    """Print a rendered page beside itself as `<name>.<language>.pdf` (tagged, with outline) and return the file.

    paper: A4 or Letter. Raises PrintError when there is no Playwright or no Chromium.
    """
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
