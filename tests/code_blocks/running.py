"""How a documented command runs in the copy of the project, or is looked at where it cannot."""

import json
import shlex
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.code_blocks.commands import LOCAL, SHELL, Command
from tests.code_blocks.world import Done, World
from tests.infra.account.answers import Aws, served, shape
from tests.serving.servers import free_port

# What shortens a run without another word on its line: the environment stands for options.
SHORT = {
    "BREAKEVEN_SENTIMENT_WORKERS": "1",
    "BREAKEVEN_LOAD_SECONDS": "1",
    "BREAKEVEN_ARCHIVE_COMPILE": "0",
    "BREAKEVEN_BUNDLE_WHEELS": "0",
    "BREAKEVEN_SERVE_WORKERS": "1",
    "BREAKEVEN_SERVE_BACKEND": "batcher",
}
TELLING = {
    "preview",
    "estimate",
    "explain",
    "decide",
    "tco",
    "compare",
    "cheapest",
    "check",
    "privacy",
    "simulate",
    "plan",
    "sentiment",
}
"""Verbs that change nothing but the file they are told to write."""
NO_KEYS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_EC2_METADATA_DISABLED": "true"}


class Runner:
    """The copy, servers of models that were asked for, and answers of an account that are recorded."""

    def __init__(self, world: World, account: dict[str, str]) -> None:
        self.world, self.account = world, account
        self._servers: dict[str, str] = {}
        self._processes: list[subprocess.Popen[str]] = []
        self._done: dict[str, Done] = {}

    def run(self, command: Command) -> Done:
        """Run a command; a verb that only tells, and was run just so on another page, need not run again."""
        if command.words[0] in SHELL:
            return self._in_shell(command)
        if command.arguments[0] == "serve":
            return Done(code=0, out=self.address(command.arguments[1]), error="")
        words = [self._at_server(word, command) for word in command.arguments]
        key = " ".join([*(f"{name}={value}" for name, value in sorted(command.environment.items())), *words])
        if key in self._done and words[0] in TELLING and not {"--out", "--write"} & set(words):
            return self._done[key]
        done = self._done[key] = self.world.verb(*words, **SHORT, **self.account, **command.environment)
        if command.target:
            (self.world.folder / command.target).write_text(done.out)
        return done

    def _in_shell(self, command: Command) -> Done:
        line = shlex.join(command.words) + (f" > {shlex.quote(command.target)}" if command.target else "")
        done = subprocess.run(
            ["/bin/sh", "-c", line], cwd=self.world.folder, capture_output=True, text=True, timeout=150, check=False
        )
        return Done(code=done.returncode, out=done.stdout, error=done.stderr)

    def address(self, model: str) -> str:
        """Where a model is served, from now on."""
        if model not in self._servers:
            self._servers[model] = self._start(model)
        return self._servers[model]

    def answer(self, model: str) -> Any:
        """What a served model answers to one text, as a document."""
        asked = urllib.request.Request(  # noqa: S310 - this machine
            f"{self.address(model)}/predictions/{model}", b"I like it", {"Content-Type": "text/plain"}
        )
        with urllib.request.urlopen(asked, timeout=150) as answer:  # noqa: S310
            return json.load(answer)

    def close(self) -> None:
        """End the servers as Ctrl-C does."""
        for process in self._processes:
            process.send_signal(signal.SIGINT)
        for process in self._processes:
            assert process.wait(60) in (0, 130)
            assert process.stdout
            process.stdout.close()

    def _at_server(self, word: str, command: Command) -> str:
        if word != LOCAL:
            return word
        return self.address(command.arguments[command.arguments.index("--model") + 1])

    def _start(self, model: str) -> str:
        # Without the compiled forms, which take a minute.
        assert self.world.verb("archive", model, **SHORT).code == 0
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "scripts.cli", "serve", model, "--json"],
            cwd=self.world.folder,
            env={**self.world.environment, **SHORT, "BREAKEVEN_SERVE_PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._processes.append(process)
        assert process.stdout
        ready = "".join(iter(process.stdout.readline, "}\n"))
        assert ready, f"serve {model}: it ended with {process.wait()}"
        return str(json.loads(ready + "}")["url"])


@contextmanager
def account() -> Iterator[dict[str, str]]:
    """Variables that lead to the recorded answers of AWS."""
    recorded = json.dumps(shape("price_list"))
    products = [*json.loads(recorded), *json.loads(recorded.replace("eu-central-1", "eu-west-1"))]
    with served(Aws(products=products, spot=[("g4dn.xlarge", "eu-central-1a", "0.2")])) as url:
        yield {**{f"AWS_ENDPOINT_URL_{name}": url for name in ("PRICING", "COST_EXPLORER", "EC2")}, **NO_KEYS}
