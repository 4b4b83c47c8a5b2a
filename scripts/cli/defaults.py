"""Values of options that the command line does not give: from the environment, then from breakeven.toml.

An option is looked for as BREAKEVEN_<VERB>_<OPTION>; one that means the same everywhere declares BREAKEVEN_<OPTION>
itself, and is what the file's `[defaults]` may name.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = "breakeven.toml"
PREFIX: Final = "BREAKEVEN_"
CONFIG: Final = f"{PREFIX}CONFIG"
DEFAULTS: Final = "defaults"
ROOT: Final = Path(__file__).resolve().parents[2]


def option_of(param: Any) -> str:
    """An option's name as the file and the environment spell it; empty for an argument."""
    if param.param_type_name != "option":
        return ""
    return str(max(param.opts, key=len)).lstrip("-").replace("-", "_")


def settable(params: Iterable[Any]) -> dict[str, Any]:
    """A verb's options by name, without those that end or only shorten another."""
    return {name: one for one in params if (name := option_of(one)) and name not in ("help", "json")}


def is_shared(param: Any, name: str) -> bool:
    """Whether an option means the same wherever it is: it declares a variable of its own."""
    return f"{PREFIX}{name.upper()}" in _declared(param)


def bind(params: Sequence[Any], path: Sequence[str]) -> None:
    """Let options look at the verb's own variables, then at those they declare."""
    for name, param in settable(params).items():
        own = _variable(path, name)
        param.show_envvar = False
        param.envvar = [own, *(one for one in _declared(param) if one != own)]


def of(params: Sequence[Any], path: Sequence[str]) -> dict[str, Any]:
    """Values of the file for a verb, by parameter; raises InputError for what cannot be used."""
    found = file()
    if found is None:
        return {}
    content, known = read(found), settable(params)
    _check_tables(found, content)
    shared = {key: value for key, value in content.get(DEFAULTS, {}).items() if _is_shared_here(known, key)}
    own = _own(found, content, path, known)
    return {known[key].name: _value(found, known[key], key, value) for key, value in {**_named(shared), **own}.items()}


def file() -> Path | None:
    """The file that holds: BREAKEVEN_CONFIG's, else one here, in the project's folder or in this one's."""
    from infra.costs.errors import InputError

    stated = os.environ.get(CONFIG)
    if stated:
        path = Path(stated)
        if not path.is_file():
            raise InputError(f"{CONFIG}={stated}", "no such file", "name a file, or unset it")
        return path
    return next((path for path in places() if path.is_file()), None)


def places() -> tuple[Path, ...]:
    """Where the file is looked for, in this order."""
    project = os.environ.get(f"{PREFIX}PROJECT")
    return tuple(dict.fromkeys((Path(FILE).absolute(), *([Path(project) / FILE] if project else ()), ROOT / FILE)))


@cache
def read(path: Path) -> dict[str, Any]:
    """A file's tables; raises InputError."""
    import tomllib

    from infra.costs.errors import InputError

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(str(path), f"not TOML ({error})", "mend it") from None


def section_of(path: Path, param: Any, verb: Sequence[str]) -> str:
    """The table of the file that says an option's value."""
    own = _table(read(path), verb)
    return " ".join(verb) if option_of(param) in _named(own) else DEFAULTS


def shared_names() -> frozenset[str]:
    """What `[defaults]` may name."""
    from scripts.cli import options

    return options.SHARED


def variable_of(param: Any) -> str:
    """The variable that gives an option's value now, empty for none."""
    return next((name for name in _declared(param) if os.environ.get(name)), "")


def _declared(param: Any) -> list[str]:
    named = param.envvar
    return [named] if isinstance(named, str) else list(named or ())


def _variable(path: Sequence[str], name: str) -> str:
    return PREFIX + "_".join((*path, name)).replace("-", "_").upper()


def _named(table: Mapping[str, Any]) -> dict[str, Any]:
    """Keys with `_`: options are written with `-`, and both are understood."""
    return {key.replace("-", "_"): value for key, value in table.items()}


def _is_shared_here(known: Mapping[str, Any], key: str) -> bool:
    name = key.replace("-", "_")
    return name in known and is_shared(known[name], name)


def _table(content: Mapping[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """The table of a verb, without the tables of verbs below it."""
    table: Any = content
    for name in path:
        table = table.get(name, {}) if isinstance(table, Mapping) else {}
    return {key: value for key, value in table.items() if not isinstance(value, Mapping)} if table else {}


def _own(found: Path, content: Mapping[str, Any], path: Sequence[str], known: Mapping[str, Any]) -> dict[str, Any]:
    own = _named(_table(content, path))
    for key in own:
        if key not in known:
            raise _unknown(found, f"[{'.'.join(path)}] {key}", "no such option", key, known)
    return own


def _check_tables(found: Path, content: Mapping[str, Any]) -> None:
    """Names of verbs and of what all share; a verb's own keys are looked at when it runs."""
    from infra.costs.errors import InputError
    from scripts.cli.verbs import names

    for key, value in content.items():
        if not isinstance(value, Mapping):
            raise InputError(f"{found}: {key}", "stands in no table", f"put it below [{DEFAULTS}] or a verb's name")
        if key != DEFAULTS and key not in names():
            raise _unknown(found, f"[{key}]", "no such verb", key, [DEFAULTS, *names()])
    for key in _named(content.get(DEFAULTS, {})):
        if key not in shared_names():
            raise _unknown(found, f"[{DEFAULTS}] {key}", "no option that verbs share", key, shared_names())


def _unknown(found: Path, thing: str, reason: str, name: str, known: Iterable[str]) -> Exception:
    from infra.costs.errors import InputError
    from infra.costs.names import nearest

    return InputError(f"{found}: {thing}", f"{reason}{nearest(name, known)}", "mend it; docs/cli.md describes the file")


def _value(found: Path, param: Any, name: str, value: Any) -> Any:
    """A value as the command line would take it; raises InputError."""
    from infra.costs.errors import InputError

    if isinstance(value, list) != bool(param.multiple):
        raise InputError(f"{found}: {name}", "one value" if param.multiple else "a list", "a list is for --x --x alone")
    given = [_one(found, param, name, one) for one in (value if isinstance(value, list) else [value])]
    return given if param.multiple else given[0]


def _one(found: Path, param: Any, name: str, value: Any) -> Any:
    from infra.costs.errors import InputError

    if isinstance(value, bool) != bool(param.is_flag):
        reason = f"{value!r} is no true or false" if param.is_flag else "true or false where a value belongs"
        raise InputError(f"{found}: {name}", reason, "see the verb's --help")
    if param.is_flag:
        return value
    text = str(value)
    try:
        param.type.convert(text, param, None)
    except Exception as error:
        message = getattr(error, "message", "")
        if not message:
            raise
        raise InputError(f"{found}: {name}", message.rstrip("."), "see the verb's --help") from None
    return str(found.parent / text) if _is_path(param) else text


def _is_path(param: Any) -> bool:
    """Paths of the file are those beside it, wherever the command is run."""
    return getattr(param.type, "path_type", None) is not None or param.type.name in ("path", "file")
