"""Broken variants of good inputs: of bytes, of lines, of JSON trees and of `key = value` files, all from one seed."""

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, Final

from infra.costs.stack import SECRET_KEY, SECRET_SIGNATURE, UNKNOWN_VALUE

MARKER: Final = "marker-5b1f0c-never-shown"
"""Stands for every secret: no output may hold it."""
SECRET: Final = {SECRET_KEY: SECRET_SIGNATURE, "ciphertext": MARKER, "plaintext": f'"{MARKER}"'}
DEPTH: Final = 3_000
Mutator = Callable[[Random, bytes], bytes]

# Written by json.dumps as they are; the words in @ become what no number or text of Python can be written as.
VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 2.5, -0.0, 1e308, float("nan"), float("inf"), 10**30, 2**63, "@digits@", "@infinite@",
    "@deep@", "", " ", "0", "-1", "nan", "1e999999999", "\ud800", "\x00", "\x1b[31m", "a\nb", "é\u202e", "x" * 3_000,
    "../../etc/passwd", "aws:ec2/instance:Instance", "${x}", "%s%n", [], {}, [[]], [None], {"a": None}, [1, 2, 3],
    SECRET, SECRET, UNKNOWN_VALUE, "[secret]", "2026-13-45", "2026-01-05T00:00:00Z", "-", "0x10", "1_000", "١٢",
)  # fmt: skip
RAW: Final = {
    '"@digits@"': "9" * 5_000,
    '"@infinite@"': "1e999",
    '"@deep@"': "[" * DEPTH + "]" * DEPTH,
}
TOML_VALUES: Final = (
    "nan", "inf", "-inf", "-1", "0", "1e999999999", "1e-999999999", "9" * 5_000, '""', '"\\u0000"', '"\\u001b[31m"',
    "true", "[]", "{}", "[1, 'a']", "[[]]", "{a = 1}", "2026-11-01", "2026-11-01T00:00:00Z", "07:32:00", "0x10",
    "[" * DEPTH + "]" * DEPTH, '"""a\nb"""', '"é"', "1.5", '"x', "'nan'", "''", "[{}]", "[{a = nan}]",
    '"' + "x" * 3_000 + '"',
)  # fmt: skip
TOML_HEADS: Final = ("[x]", "[[x]]", "[a.b.c]", '[""]', '["\\u001b"]', "[[[", "[us-east-1]", "[us-east-1.ebs]")
BYTES: Final = (
    b"\0", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\n", b"\r", b"\r\n", b"\n\n\n", b'"', b"'", b",",
    b";", b"\t", b"{", b"}", b"[", b"]", b"=", b"#", b":", b"-", b"9" * 400, b"NaN", b"\x1f\x8b", b"PK\x03\x04",
    b"\x7f", b"\xe2\x80\xa8", b"\x1b[2J", b"A" * 5_000,
)  # fmt: skip
CELLS: Final = (
    "", " ", "nan", "inf", "-1", "1e999", "9" * 5_000, '"', '"a', "a\rb", "\0", "\ud7ff", "é", "0", "1767571200",
    "2026-01-05T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "99999999999999999999",
    "=cmd()", "x" * 3_000,
)  # fmt: skip


def bytewise(random: Random, data: bytes) -> bytes:
    """Bits turned, pieces taken out, doubled, moved or put in, an end cut off."""
    made = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 4, 16))):
        at, length = random.randrange(len(made) + 1), random.choice((1, 1, 2, 8, 64, 512))
        match random.randrange(6):
            case 0 if at < len(made):
                made[at] ^= 1 << random.randrange(8)
            case 1:
                del made[at : at + length]
            case 2:
                made[at:at] = made[at : at + length]
            case 3:
                made[at:at] = random.choice(BYTES)
            case 4:
                made[at : at + length] = random.randbytes(length)
            case 5 if not random.randrange(4):
                del made[at:]
    # What is no longer marked as a secret is none.
    return bytes(made).replace(MARKER.encode(), b"unmarked")


def treewise(random: Random, data: bytes) -> bytes:
    """A JSON document with values, keys and branches changed; what is no JSON is changed bytewise."""
    try:
        tree = [json.loads(data)]
    except (ValueError, RecursionError):
        return bytewise(random, data)
    for _ in range(random.choice((1, 1, 2, 3, 6))):
        _change(random, *random.choice(list(_places(tree))))
    text = json.dumps(tree[0], separators=(",", ":"))
    for word, raw in RAW.items():
        text = text.replace(word, raw)
    return text.encode()


def jsonwise(random: Random, data: bytes) -> bytes:
    """Mostly as a tree, sometimes as bytes."""
    return bytewise(random, data) if random.random() < 0.2 else treewise(random, data)


def plainly(random: Random, data: bytes) -> bytes:
    """JSON in which nothing is a secret of a state: its texts may be shown."""
    return jsonwise(random, data).replace(MARKER.encode(), b"text")


def linewise(random: Random, data: bytes) -> bytes:
    """JSON lines: one line changed, lines lost, doubled or in another order."""
    lines = data.splitlines()
    for _ in range(random.choice((1, 1, 2))):
        at = random.randrange(len(lines)) if lines else 0
        match random.randrange(5):
            case 0:
                lines = lines[:at] + lines[at + 1 :]
            case 1:
                lines.insert(at, lines[at] if lines else b"{}")
            case 2:
                random.shuffle(lines)
            case _ if lines:
                lines[at] = jsonwise(random, lines[at])
    return random.choice((b"\n", b"\n", b"\n", b"\r\n", b"\n\n")).join(lines) + b"\n"


def tomlwise(random: Random, data: bytes) -> bytes:
    """A file of `key = value` lines with keys, values and headings changed."""
    if random.random() < 0.2:
        return bytewise(random, data)
    lines = data.decode("utf-8", "replace").splitlines()
    for _ in range(random.choice((1, 1, 2, 3))):
        at = random.randrange(len(lines)) if lines else 0
        line = lines[at] if lines else ""
        match random.randrange(8):
            case 0:
                lines[at : at + 1] = []
            case 1:
                lines.insert(random.randrange(len(lines) + 1), line)
            case 2:
                lines.insert(at, random.choice(TOML_HEADS))
            case 3:
                lines[at : at + 1] = [line.replace(line.partition("=")[0], random.choice(("x ", '"" ', "a.b ")), 1)]
            case _:
                lines[at : at + 1] = [_other_value(random, line)]
    return "\n".join(lines).encode() + b"\n"


def yamlwise(random: Random, data: bytes) -> bytes:
    """Lines of `key: value` changed as those of TOML are."""
    turned = data.replace(b": ", b" = ")
    return tomlwise(random, turned).replace(b" = ", b": ").replace(b"= ", b": ")


def cellwise(random: Random, data: bytes) -> bytes:
    """A table in text with cells, rows, the head or the separators changed."""
    if random.random() < 0.3:
        return bytewise(random, data)
    rows = [line.split(",") for line in data.decode("utf-8", "replace").splitlines()]
    for _ in range(random.choice((1, 1, 2, 4))):
        row = random.choice(rows) if rows else []
        match random.randrange(6):
            case 0 if rows:
                rows.remove(row)
            case 1:
                rows.insert(random.randrange(len(rows) + 1), list(row))
            case 2:
                row.append(random.choice(CELLS))
            case _ if row:
                row[random.randrange(len(row))] = random.choice(CELLS)
    separator = random.choice((",", ",", ",", ";", "\t"))
    return "\n".join(separator.join(row) for row in rows).encode("utf-8", "surrogatepass") + b"\n"


def one_of(samples: Sequence[bytes], mutate: Mutator) -> Callable[[Random], bytes]:
    """Cases from a few good inputs; one in fifty stays good."""

    def make(random: Random) -> bytes:
        sample = random.choice(samples)
        return sample if not random.randrange(50) else mutate(random, sample)

    return make


def _other_value(random: Random, line: str) -> str:
    key, found, _ = line.partition("=")
    return f"{key}= {random.choice(TOML_VALUES)}" if found else line


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with each of its keys; a secret is one value, whatever is in it."""
    if isinstance(node, dict) and SECRET_KEY in node:
        return
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in pairs:
        yield node, key
        yield from _places(inner)


def _change(random: Random, holder: Any, key: Any) -> None:
    if key not in (holder if isinstance(holder, dict) else range(len(holder))):
        return
    match random.randrange(8):
        case 0 if isinstance(holder, dict):
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[random.choice(("", "\x1b", "x" * 300, "id", "type", "urn", "\ud800"))] = holder.pop(key)
        case 2:
            holder[key] = [holder[key]]
        case 3:
            holder[key] = {"value": holder[key]}
        case 4 if isinstance(holder, list) and len(holder) < 50:
            holder.insert(key, json.loads(json.dumps(holder[key])))
        case _:
            holder[key] = copy.deepcopy(random.choice(VALUES))  # or the next case would change the pool
