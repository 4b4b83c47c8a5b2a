"""What readers need beside libraries, found once per process: an OCR engine, LibreOffice."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from serving.documents.ocr.types import Ocr
from serving.documents.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Tools:
    """`ocr` is None where it is switched off or nothing is installed, `office` where LibreOffice is not on PATH."""

    ocr: Ocr | None = None
    office: Path | None = None

    @classmethod
    def find(cls, plan: Plan) -> Self:
        """Those of this machine. The OCR engine loads its models when it reads its first page."""
        from serving.documents.ocr import engine

        office = shutil.which("soffice") or shutil.which("libreoffice")
        return cls(ocr=engine(plan), office=Path(office) if office else None)
