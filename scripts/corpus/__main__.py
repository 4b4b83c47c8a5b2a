"""Make a corpus: files below FOLDER/documents, what is known of them in FOLDER/truth.jsonl.

    python -m scripts.corpus FOLDER [--documents 10000] [--seed 0] [--only scan turned] [--texts templates]

Equal options give equal files, whatever the number of processes, as long as the libraries that write them are equal.
The texts are rated reviews and editorials (scripts/sentiment_data.py), fetched once; --texts templates needs no
network.
"""

import argparse
import sys
import time
from pathlib import Path

from scripts.corpus import MAKES, Corpus, build, read_truth, table
from scripts.corpus.texts import SOURCES
from serving.archive import STORE


def main() -> None:
    """Parse the command line, make the corpus, print what is in it."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.corpus", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--documents", type=int, default=10_000, help="files to make (default: 10000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", default=(), choices=MAKES, metavar="MAKE", help=f"of {', '.join(MAKES)}")
    parser.add_argument("--texts", choices=SOURCES, default="reviews")
    parser.add_argument("--cache", type=Path, default=STORE / "corpus", help="where the fetched texts are kept")
    parser.add_argument("--workers", type=int, help="processes (default: one per core)")
    asked = parser.parse_args()
    corpus = Corpus(documents=asked.documents, seed=asked.seed, only=tuple(asked.only), texts=asked.texts)
    began = time.monotonic()
    for done in build(corpus, asked.folder, asked.cache, asked.workers):
        print(f"\r{done} of {asked.documents}", end="", file=sys.stderr, flush=True)
    print(f", {time.monotonic() - began:.0f} s", file=sys.stderr)
    print(table(read_truth(asked.folder)))


if __name__ == "__main__":
    main()
