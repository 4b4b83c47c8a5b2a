"""Documents of many kinds whose text, way up and sentiment are known, made from a seed."""

from scripts.corpus.build import Corpus, build
from scripts.corpus.mix import MAKES, SHARES
from scripts.corpus.truth import DOCUMENTS, PageTruth, Truth, read_truth, table

__all__ = ["Corpus", "build", "MAKES", "SHARES", "DOCUMENTS", "PageTruth", "Truth", "read_truth", "table"]
