"""`python -m serving.finetune JOB`: a fine-tuning from a folder that carries all it needs, on any machine.

JOB/job.json says what is to be done, JOB/data holds the data, JOB/model the model's folder with its weights below
weights/. Checkpoints go to JOB/work, the new version to JOB/result. Exit codes: 0 done, 3 an input that cannot be used,
7 it failed, 13 done, and the new version is not better.
"""

import json
import os
import sys
from pathlib import Path

from serving.errors import ServingError
from serving.finetune.outcome import Verdict
from serving.finetune.packed import unpacked
from serving.finetune.run import checked, run
from serving.finetune.trouble_table import table

NOT_BETTER = 13


def main(arguments: list[str]) -> int:
    """Run the job of the folder named; what goes wrong is one line."""
    if len(arguments) != 1:
        print("usage: python -m serving.finetune JOB", file=sys.stderr)
        return 2
    # What a training needs is in the folder: a look for it elsewhere would only wait for a network.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        return _run(Path(arguments[0]))
    except ServingError as error:
        print(f"finetune: {error}", file=sys.stderr)
        return error.exit_code


def _run(folder: Path) -> int:
    job = unpacked(folder)
    data = checked(job)
    print(table(data.findings), flush=True)
    if data.stops:
        print(f"finetune: {job.data.name}: it cannot be trained on; mend what stops above", file=sys.stderr)
        return 3
    outcome = run(job, data, lambda line: print(line, flush=True))
    (folder / "outcome.json").write_text(json.dumps(outcome.document()), encoding="utf-8")
    return NOT_BETTER if outcome.verdict is Verdict.WORSE else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
