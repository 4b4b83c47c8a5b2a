"""The picture of the report in the README: `python -m scripts.docs.picture` makes it anew in Chromium.

The picture carries the SHA-256 of the page it shows, so that a test can say when it is out of date.
"""

import hashlib
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import which

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs" / "report.png"
MARK = "sha256 of the page"
# Pixels: the recommendation, the settings and the chart.
WIDTH, HEIGHT = 1120, 900


def written(folder: Path) -> Path:
    """The page as `breakeven report` writes it for the stack `dev`."""
    page = folder / "report.html"
    command = [sys.executable, "-m", "scripts.cli", "report", "--stack", "dev", "--out", str(page)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # our own command
    return page


def digest(page: Path) -> str:
    """SHA-256 of a page, in hexadecimal digits."""
    return hashlib.sha256(page.read_bytes()).hexdigest()


def marked(picture: Path = PICTURE) -> str:
    """The digest of the page that a picture shows."""
    from PIL import Image

    with Image.open(picture) as opened:
        return str(opened.info.get(MARK, ""))


def draw(page: Path, browser: str, picture: Path = PICTURE) -> None:
    """Show a page in the browser and keep what is seen, in 64 colours, which halves the file."""
    from PIL import Image, PngImagePlugin
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        # Chromium's own sandbox does not work for root.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        running = started.chromium.launch(executable_path=browser, args=arguments)
        opened = running.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        opened.goto(page.as_uri())
        seen = opened.screenshot()
        running.close()
    mark = PngImagePlugin.PngInfo()
    mark.add_text(MARK, digest(page))
    colours = Image.open(io.BytesIO(seen)).convert("RGB").quantize(64)
    colours.save(picture, optimize=True, pnginfo=mark)


def main() -> int:
    """Write the picture; 3 where there is no browser."""
    browser = which("chromium") or which("chromium-browser") or which("google-chrome")
    if not browser:
        print("picture: no Chromium on PATH; install one", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory() as folder:
        draw(written(Path(folder)), browser)
    print(PICTURE.relative_to(ROOT), PICTURE.stat().st_size, "bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
