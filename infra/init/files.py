"""Files that are written all or none, and never over somebody's own."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from shutil import copy2

from infra.costs.errors import InputError
from infra.costs.workload import Workload
from infra.init.documents import workload_title
from infra.record import read_config_file
from infra.settings_rules import check_region


def workload_path(folder: Path, stack: str) -> Path:
    """Where a stack's workload goes: `workload.toml`, unless that is somebody's own or another stack's."""
    usual = folder / "workload.toml"
    try:
        first = usual.read_text(encoding="utf-8", errors="replace").partition("\n")[0]
    except FileNotFoundError:
        return usual
    except OSError:
        first = ""
    return usual if first.startswith(f"# {workload_title(stack)},") else folder / f"workload.{stack}.toml"


def refuse_present(paths: Sequence[Path], *, force: bool) -> None:
    """Raise InputError where a file may not be written, before anything is asked or chosen."""
    for path in paths:
        if path.is_dir():
            raise InputError(str(path), "is a folder", "give a file")
        if not path.parent.is_dir():
            raise InputError(str(path), "its folder is not there", "make it, or give another file")
        if path.exists() and not force:
            raise InputError(str(path), "is there already", "give another --stack, or --force to replace it")


def read_back(stack: str, project: Path, drafts: Sequence[Path]) -> None:
    """Read a stack's settings and its workload as everybody else will; raises InputError where that fails."""
    settings, workload = drafts
    config = read_config_file(stack, settings, project)
    check_region(config.settings(), config.region)
    Workload.read(workload)


def write(texts: Mapping[Path, str], *, force: bool, check: Callable[[Sequence[Path]], None]) -> None:
    """Write every file whole, once `check` has read their drafts; raises InputError and leaves none half written."""
    refuse_present(list(texts), force=force)
    parent = next(iter(texts)).parent
    try:
        with tempfile.TemporaryDirectory(prefix=".init-", dir=parent) as scratch:
            drafts = {path: Path(scratch) / path.name for path in texts}
            for path, draft in drafts.items():
                draft.write_text(texts[path], encoding="utf-8")
            check(list(drafts.values()))
            _place(drafts, Path(scratch))
    except OSError as error:
        raise InputError(str(parent), f"cannot be written ({error.strerror})", "check folder and disk") from None


def _place(drafts: Mapping[Path, Path], scratch: Path) -> None:
    """Put every draft in its place; where one cannot be, all is as it was."""
    before: dict[Path, Path | None] = {}
    try:
        for path, draft in drafts.items():
            before[path] = Path(copy2(path, scratch / f"{path.name}.before")) if path.exists() else None
            draft.replace(path)
    except BaseException:
        for path, kept in before.items():
            _restore(path, kept)
        raise


def _restore(path: Path, kept: Path | None) -> None:
    with suppress(OSError):
        if kept:
            kept.replace(path)
        else:
            path.unlink(missing_ok=True)
