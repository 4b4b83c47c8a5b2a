"""Optical character recognition: engines behind one seam, the way up of a page, reading order."""

from serving.documents.ocr.engines import engine

__all__ = ["engine"]
