"""`--verbose`: what is read, run and asked of AWS, on standard error, with the time since the start."""

import logging
import sys
from pathlib import Path
from typing import Any, Final

LOG: Final = logging.getLogger("breakeven")
NOT_INPUT: Final = frozenset({".py", ".pyc", ".so", ".pth", ".typed", ".dist-info"})
NOT_OURS: Final = frozenset({"site-packages", "proc", "sys", "dev", "etc", "usr", "lib"})
SECRET: Final = ("config", "set")


def be_verbose() -> None:
    """Log from here on; once is enough."""
    if LOG.handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(relativeCreated)6d ms %(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    """What the interpreter itself tells: a file opened, a program started."""
    if event == "open":
        _say_file(*arguments[:2])
    elif event == "subprocess.Popen":
        LOG.info("run %s", _command(arguments[1]))


def _say_file(name: Any, mode: Any) -> None:
    if not isinstance(name, str) or not isinstance(mode, str):
        return
    path = Path(name)
    if path.suffix in NOT_INPUT or not _concerns(path):
        return
    LOG.info("%s %s", "write" if set(mode) & set("wax+") else "read", name)


def _concerns(path: Path) -> bool:
    """Whether a file is the user's or the project's, not one of the interpreter, its packages or the system."""
    parts = path.absolute().parts
    return not NOT_OURS & set(parts)


def _command(arguments: Any) -> str:
    """A command line without what may be secret: the value that `pulumi config set` is given."""
    words = [arguments] if isinstance(arguments, str) else [str(one) for one in arguments]
    if all(word in words for word in SECRET):
        words = words[: words.index("set") + 1]
    return " ".join(words)[:200]
