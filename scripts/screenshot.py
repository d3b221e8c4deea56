"""Take the pictures of the documentation from real pages over the sample dossier: `python scripts/screenshot.py`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

DOCS = Path(__file__).parent.parent / "docs"
QUESTION = "How many jobs would be lost at Gannet Quay?"
MEASURED = "How many people were hurt on the Kittiwake, as far as is known now?"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def main() -> None:
    """Index the sample into a temporary folder, serve it, ask, and save the pictures."""
    dateline = [sys.executable, "-m", "ui.cli"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*dateline, "index", "add", "--sample", "--index", folder], check=True)
        server = subprocess.Popen(
            [*dateline, "serve", "--port", "0", "--index", folder], stderr=subprocess.PIPE, text=True
        )
        try:
            address = next(word for line in server.stderr or () for word in line.split() if word.startswith("http"))
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                picture(browser, address, DOCS / "page.png", width=1280, height=860, scheme="light")
                picture(browser, address, DOCS / "page-phone.png", width=390, height=844, scheme="dark")
                subprocess.run([*dateline, "eval", "run", "sample", "-o", f"{folder}/run"], check=True)
                page = Path(folder) / "report.html"
                subprocess.run([*dateline, "eval", "report", f"{folder}/run", "-o", page], check=True)
                report_picture(browser, page, DOCS / "report.png")
                browser.close()
        finally:
            server.terminate()
            server.wait()


def picture(browser: Browser, address: str, target: Path, *, width: int, height: int, scheme: str) -> None:
    """Ask the question at one size of window and save what is seen then."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        device_scale_factor=1.5,
    )
    page = context.new_page()
    page.goto(address)
    page.get_by_label("Your question").fill(QUESTION)
    page.get_by_label("Your question").press("Enter")
    page.locator(".turn .found").wait_for()
    page.wait_for_timeout(500)
    page.screenshot(path=target)
    context.close()


def report_picture(browser: Browser, file: Path, target: Path) -> None:
    """Open a question of a run's page and save it with the list around it."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light", device_scale_factor=1.25)
    page.goto(file.absolute().as_uri())
    page.get_by_role("searchbox").fill("Kittiwake")
    page.get_by_label("Order").select_option("as in the benchmark")
    page.locator("#shown", has_text=" of ").wait_for()
    page.locator(".question", has_text=MEASURED).locator("> summary").click()
    page.locator(".question[open]").evaluate("question => question.scrollIntoView({behavior: 'instant'})")
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)
    page.screenshot(path=target)
    page.close()


if __name__ == "__main__":
    main()
