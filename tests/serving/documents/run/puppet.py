"""A worker process that speaks the engine's lines and does what each text says; run as a program."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def obey(text: str) -> None:
    if text == "die":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif text == "raise":
        raise RuntimeError("a bug")
    elif text == "hang":
        time.sleep(600)
    elif text.startswith("child "):
        child = subprocess.Popen(["/bin/sleep", "600"])
        Path(text.removeprefix("child ")).write_text(str(child.pid))
        time.sleep(600)
    elif text.startswith("die once "):
        mark = Path(text.removeprefix("die once "))
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    told = json.loads(sys.stdin.readline())
    if told["plan"]["endpoint"] == "fatal":
        say({"fatal": ["InputError", "model x", "no such model", "use y"]})
        return
    if told["plan"]["endpoint"] == "unready":
        raise ImportError("no module named x")
    say({"ready": True})
    for line in sys.stdin:
        batch = [(name, Path(path).read_text()) for name, path, _, _ in json.loads(line)["batch"]]
        for name, text in batch:
            say({"stage": "read", "of": name})
            if text.startswith("pages "):
                for _ in range(int(text.removeprefix("pages "))):
                    say({"stage": "ocr", "of": name})
                    time.sleep(0.3)
            obey(text)
        for name, text in batch:
            say({"stage": "predict", "of": name})
            if "die while predicting" in (other for _, other in batch):
                obey("die")
            data = {"id": name, "kind": "txt", "status": "ok", "seconds": {"predict": 0.001}, "text": text}
            say({"rows": [data], "of": name})
        say({"done": True})


if __name__ == "__main__":
    main()
