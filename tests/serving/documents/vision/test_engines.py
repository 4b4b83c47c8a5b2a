"""OCR engines on pages that are turned, skewed, noisy, empty; and what is said where one is missing."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from serving.documents.ocr import engine
from serving.documents.ocr.order import text_of
from serving.documents.ocr.tesseract import Tesseract
from serving.documents.ocr.types import Ocr
from serving.documents.plan import Plan
from serving.documents.types import DocumentError, Why
from tests.serving.documents.vision.papers import JAPANESE_FONT, LETTER, lying, paper, pixels

WAYS = [(0, 0.0), (90, 0.0), (180, 5.0), (270, -4.0)]
JAPANESE = ("この製品はとても使いやすく、", "毎日の仕事に役立っています。")
NUMBERS = ("1,250.00   86.90   11.08.2023", "96.80   4,711.50   19.06.2023", "808.16   905.60   18.09.2023")


@pytest.fixture(scope="module")
def rapid() -> Ocr:
    pytest.importorskip("rapidocr")
    found = engine(Plan(ocr="rapidocr"))
    assert found is not None
    return found


@pytest.mark.parametrize(("degrees", "skew"), WAYS)
def test_a_page_is_found_and_read_whichever_way_it_lies(rapid: Ocr, degrees: int, skew: float) -> None:
    seen = rapid.read(pixels(lying(paper(noise=8), degrees, skew)))
    assert seen.turned == degrees
    assert abs(seen.skew_degrees - skew) < 0.7
    assert text_of(seen.lines).split() == " ".join(LETTER).split()
    assert min(line.confidence for line in seen.lines) > 0.9


@pytest.mark.parametrize("degrees", [0, 180])
def test_numbers_that_read_either_way_are_found_upright(rapid: Ocr, degrees: int) -> None:
    seen = rapid.read(pixels(lying(paper(NUMBERS), degrees)))
    assert seen.turned == degrees
    assert text_of(seen.lines).replace(" ", "").split() == [line.replace(" ", "") for line in NUMBERS]


@pytest.mark.skipif(not JAPANESE_FONT.is_file(), reason="no Japanese font here")
def test_japanese_is_read_without_spaces(rapid: Ocr) -> None:
    seen = rapid.read(pixels(lying(paper(JAPANESE, japanese=True), 90)))
    assert (seen.turned, text_of(seen.lines).replace("\n", "")) == (90, "".join(JAPANESE))


@pytest.mark.parametrize("noise", [0.0, 14.0])
def test_an_empty_page_has_no_lines(rapid: Ocr, noise: float) -> None:
    assert not rapid.read(pixels(paper([], noise=noise))).lines


@pytest.mark.skipif(not Tesseract.installed(), reason="tesseract is not installed here")
@pytest.mark.parametrize(("degrees", "skew"), [(0, 0.0), (180, 0.0), (270, 3.0)])
def test_tesseract_reads_turned_pages_too(degrees: int, skew: float) -> None:
    found = engine(Plan(ocr="tesseract"))
    assert found is not None
    seen = found.read(pixels(lying(paper(size=32), degrees, skew)))
    assert seen.turned == degrees
    assert abs(seen.skew_degrees - skew) < 1
    assert "room was clean and the staff were friendly" in text_of(seen.lines)


def test_off_is_no_engine() -> None:
    assert engine(Plan(ocr="off")) is None


def test_missing_programs_and_languages_are_said_by_the_first_page(monkeypatch: pytest.MonkeyPatch) -> None:
    page = np.array(pixels(paper()))
    cases = [("rapidocr", ("rus",), "rapidocr does not read rus")]
    if Tesseract.installed():
        cases.append(("tesseract", ("xyz",), "tesseract has no data for xyz"))
    for ocr, languages, said in cases:
        _says(Plan(ocr=ocr, ocr_languages=languages), page, said)
    monkeypatch.setenv("PATH", "")
    _says(Plan(ocr="tesseract"), page, "tesseract is not installed")
    _says(Plan(ocr="auto", ocr_languages=("rus",)), page, "tesseract is not installed")


def _says(plan: Plan, page: np.ndarray, said: str) -> None:  # type: ignore[type-arg]
    found = engine(plan)
    assert found is not None
    with pytest.raises(DocumentError, match=said) as caught:
        found.read(page)
    assert caught.value.why == Why.MISSING_TOOL


OFFLINE = """
import json, logging, socket, sys
import numpy as np
def refuse(*_, **__): raise OSError("no network")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
from serving.documents.ocr import engine
from serving.documents.plan import Plan
loaded = "onnxruntime" in sys.modules
seen = engine(Plan()).read(np.load(sys.argv[1]))
print(json.dumps([loaded, [line.text for line in seen.lines]]))
"""


def test_models_are_loaded_late_quietly_and_without_a_network(tmp_path: Path) -> None:
    pytest.importorskip("rapidocr")
    np.save(tmp_path / "page.npy", pixels(paper(LETTER[:1])))
    command = [sys.executable, "-c", OFFLINE, str(tmp_path / "page.npy")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    assert json.loads(done.stdout) == [False, [LETTER[0]]]
    assert not done.stderr
