"""How much personal data `--redact` finds, and how much else it takes: generated sentences with known answers.

    .venv/bin/python scripts/bench/redact.py [--sentences 4000] [--seed 7]

Each sentence holds one value of a kind in one of its usual forms, or one that only looks like it. A value counts as
found when its every character is gone and nothing of the words around it is. Precision is counted by placeholders:
those that stand for a value of their kind, of all that were set.
"""

import argparse
import platform
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from serving.redact import KINDS, redactor
from serving.redact_types import CARD, CREDENTIALS, EMAIL, IBAN, IP, NATIONAL_ID, PHONE, SSN

Make = Callable[[random.Random], str]

FIRST = ("anna", "ben", "carla", "dmitri", "eve", "fatima", "george", "hiro", "ines", "jonas")
LAST = ("keller", "smith", "ito", "garcia", "dubois", "rossi", "novak", "larsen", "silva", "khan")


@dataclass(frozen=True)
class Example:
    """A sentence around a value; `kind` is empty for a look-alike, which must stay."""

    before: str
    value: str
    after: str
    kind: str
    name: str

    @property
    def text(self) -> str:
        """The whole sentence."""
        return f"{self.before}{self.value}{self.after}"


def digits(draw: random.Random, count: int) -> str:
    """So many digits."""
    return "".join(draw.choices("0123456789", k=count))


def email(draw: random.Random) -> str:
    """First and last name, initials or a tag, at domains of one to three parts."""
    first, last = draw.choice(FIRST), draw.choice(LAST)
    name = draw.choice([f"{first}.{last}", f"{first[0]}{last}", f"{first}_{last}{digits(draw, 2)}", f"{first}+news"])
    host = draw.choice(["example.com", "mail.example.org", "example.co.uk", "firma-example.de", "post.example.io"])
    return draw.choice([name, name.upper()]) + "@" + host


def phone(draw: random.Random) -> str:
    """An example number of a country, of a random line, in one of the forms people write."""
    import phonenumbers as pn

    while True:
        region = draw.choice(["US", "US", "GB", "DE", "FR", "ES", "IT", "NL", "AU", "IN", "JP", "BR", "SE", "CH", "PL"])
        kind = draw.choice([pn.PhoneNumberType.MOBILE, pn.PhoneNumberType.FIXED_LINE])
        known = pn.example_number_for_type(region, kind)
        if known is None:
            continue
        national = str(known.national_number)
        number = pn.parse(f"+{known.country_code}{national[:-4]}{digits(draw, 4)}")
        if pn.is_valid_number(number):
            form = draw.choice(
                [pn.PhoneNumberFormat.INTERNATIONAL, pn.PhoneNumberFormat.E164, pn.PhoneNumberFormat.NATIONAL]
            )
            return _as_written(draw, pn.format_number(number, form))


def _as_written(draw: random.Random, number: str) -> str:
    """In three of ten cases as people write it who do not know the usual form."""
    if draw.random() < 0.7:
        return number
    other = draw.choice(["dots", "dashes", "one piece", "zero", "slash"])
    if other == "zero" and number.startswith("+") and " " in number:
        return number.replace(" ", " (0)", 1)
    if other == "slash":
        return number.replace(" ", "/", 1)
    return number.replace(" ", {"dots": ".", "dashes": "-"}.get(other, ""))


def iban(draw: random.Random) -> str:
    """A right one of five countries, in one piece or in groups of four."""
    country, form = draw.choice(
        [("DE", "n18"), ("GB", "a4n14"), ("NL", "a4n10"), ("AT", "n16"), ("DK", "n14"), ("IE", "a4n14")]
    )
    from stdnum import iban as rules

    while True:
        body = "".join(draw.choices("ABCDEFGH", k=4)) if form.startswith("a4") else ""
        body += digits(draw, int(form.rpartition("n")[2]))
        number = country + rules.calc_check_digits(f"{country}00{body}") + body
        if rules.is_valid(number):
            grouped = " ".join(number[i : i + 4] for i in range(0, len(number), 4))
            return draw.choice([number, grouped])


def card(draw: random.Random) -> str:
    """Of four schemes, in one piece, with blanks or with dashes."""
    from stdnum import luhn

    start, length = draw.choice([("4", 16), ("51", 16), ("2221", 16), ("37", 15), ("6011", 16)])
    body = start + digits(draw, length - len(start) - 1)
    number = body + luhn.calc_check_digit(body)
    sizes = (4, 6, 5) if length == 15 else (4, 4, 4, 4)
    parts, place = [], 0
    for size in sizes:
        parts.append(number[place : place + size])
        place += size
    return draw.choice(["", " ", "-"]).join(parts)


def ip(draw: random.Random) -> str:
    """Version four or six."""
    if draw.random() < 0.7:
        return f"{draw.randint(1, 223)}.{draw.randint(0, 255)}.{draw.randint(0, 255)}.{draw.randint(1, 254)}"
    groups = [f"{draw.randrange(1, 65536):x}" for _ in range(8)]
    return draw.choice([":".join(["2001", *groups[1:]]), f"2001:db8:{groups[2]}::{groups[3]}"])


def credentials(draw: random.Random) -> str:
    """User and password, as they stand before a host."""
    return f"{draw.choice(FIRST)}:{''.join(draw.choices('abcdefghkmnpqrstuvwxyz23456789!$_', k=12))}"


def ssn(draw: random.Random) -> str:
    """Of an area that was given out."""
    area = draw.choice([draw.randint(1, 665), draw.randint(667, 899)])
    return f"{area:03}-{draw.randint(1, 99):02}-{draw.randint(1, 9999):04}"


def national(draw: random.Random) -> str:
    """Spain, France, Switzerland, Finland, Brazil, Germany, the United Kingdom."""
    return draw.choice([_dni, _nir, _ahv, _hetu, _cpf, _idnr, _nino])(draw)


def _dni(draw: random.Random) -> str:
    number = digits(draw, 8)
    return number + "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23]


def _nir(draw: random.Random) -> str:
    number = (
        f"{draw.choice('12')}{draw.randint(40, 99)}{draw.randint(1, 12):02}{draw.randint(1, 19):02}{digits(draw, 6)}"
    )
    key = 97 - int(number) % 97
    parts = (number[0], number[1:3], number[3:5], number[5:7], number[7:10], number[10:13], f"{key:02}")
    return draw.choice(["", " "]).join(parts)


def _ahv(draw: random.Random) -> str:
    from stdnum import ean

    body = "756" + digits(draw, 9)
    whole = body + ean.calc_check_digit(body)
    return f"{whole[:3]}.{whole[3:7]}.{whole[7:11]}.{whole[11:]}"


def _hetu(draw: random.Random) -> str:
    born, number = (
        f"{draw.randint(1, 28):02}{draw.randint(1, 12):02}{draw.randint(40, 99)}",
        f"{draw.randint(2, 899):03}",
    )
    return f"{born}-{number}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(born + number) % 31]}"


def _cpf(draw: random.Random) -> str:
    from stdnum.br import cpf

    body = digits(draw, 9)
    return str(cpf.format(body + cpf._calc_check_digits(body)))


def _idnr(draw: random.Random) -> str:
    from stdnum.de import idnr
    from stdnum.iso7064 import mod_11_10

    while True:
        first = draw.sample("123456789", 1) + draw.sample("0123456789", 9)
        first[draw.randrange(1, 10)] = first[0]
        body = "".join(first)
        whole = body + mod_11_10.calc_check_digit(body)
        if idnr.is_valid(whole):
            return f"{whole[:2]} {whole[2:5]} {whole[5:8]} {whole[8:]}"


def _nino(draw: random.Random) -> str:
    pairs = " ".join(digits(draw, 2) for _ in range(3))
    return f"{draw.choice(['AB', 'CE', 'JG', 'PW', 'SX'])} {pairs} {draw.choice('ABCD')}"


VALUES: dict[str, Make] = {
    EMAIL: email,
    PHONE: phone,
    IBAN: iban,
    CARD: card,
    IP: ip,
    CREDENTIALS: credentials,
    SSN: ssn,
    NATIONAL_ID: national,
}
LOOK_ALIKES: dict[str, Make] = {
    "order number": lambda d: d.choice(
        [f"#{digits(d, 10)}", digits(d, 10), digits(d, 12), f"PO-{digits(d, 4)}-{digits(d, 5)}"]
    ),
    "long number": lambda d: digits(d, 16),
    "version": lambda d: f"version {d.randint(0, 20)}.{d.randint(0, 30)}.{d.randint(0, 99)}.{d.randint(0, 99)}",
    "short version": lambda d: f"v{d.randint(0, 20)}.{d.randint(0, 30)}.{d.randint(0, 9999)}",
    "date": lambda d: d.choice(
        [
            f"{d.randint(1990, 2030)}-{d.randint(1, 12):02}-{d.randint(1, 28):02}",
            f"{d.randint(1, 28):02}/{d.randint(1, 12):02}/{d.randint(1990, 2030)}",
            f"{d.randint(1, 28):02}.{d.randint(1, 12):02}.{d.randint(1990, 2030)}",
            f"{d.randint(1990, 2030)}{d.randint(1, 12):02}{d.randint(1, 28):02}",
        ]
    ),
    "time": lambda d: f"2026-11-{d.randint(10, 28)} {d.randint(10, 23)}:{d.randint(10, 59)}:{d.randint(10, 59)}",
    "price": lambda d: d.choice(
        [
            f"${d.randint(1, 999):,}.{digits(d, 2)}",
            f"EUR {d.randint(1000, 9999999):,}.00",
            f"{d.randint(1000, 99999999):,}",
        ]
    ),
    "years": lambda d: f"{d.randint(1900, 1990)} - {d.randint(1991, 2030)}",
    "ISBN": lambda d: f"978-3-16-{digits(d, 6)}-{digits(d, 1)}",
    "EAN": lambda d: f"4{digits(d, 12)}",
    "tracking number": lambda d: f"1Z{digits(d, 3)}AA{digits(d, 10)}",
    "hash": lambda d: "".join(d.choices("0123456789abcdef", k=40)),
    "account of no bank": lambda d: f"DE{digits(d, 20)}",
    "grouped reference": lambda d: f"{digits(d, 3)}-{digits(d, 3)}-{digits(d, 4)}",
    "section": lambda d: f"section {d.randint(1, 9)}.{d.randint(1, 9)}.{d.randint(1, 9)}.{d.randint(1, 9)}",
    "bare section": lambda d: ".".join(str(d.choice([d.randint(1, 9), d.randint(1, 15)])) for _ in range(4)),
    "serial number": lambda d: f"{digits(d, 3)}-{digits(d, 4)}-{digits(d, 2)}",
    "hardware address": lambda d: ":".join(f"{d.randrange(256):02x}" for _ in range(6)),
    "code": lambda d: f"std::{d.choice(['vector', 'map', 'array'])}<int>",
    "handle": lambda d: f"@{d.choice(FIRST)}_{digits(d, 2)}",
    "URL": lambda d: f"https://example.com/{d.choice(FIRST)}/{digits(d, 6)}?page={d.randint(1, 99)}",
    "coordinates": lambda d: f"{d.randint(-89, 89)}.{digits(d, 6)}, {d.randint(-179, 179)}.{digits(d, 6)}",
    "score": lambda d: f"{d.randint(0, 9)}-{d.randint(0, 9)}, {d.randint(100, 999)} of {d.randint(1000, 9999)}",
}
FRAMES = (
    ("Please use ", " from now on."),
    ("We noted ", ", thank you"),
    ("It was sent to ", " twice; nobody answered."),
    ("(", ")"),
    ("Reference: ", "\nKind regards"),
    ("The customer gave ", " and was not happy with the service."),
)


def examples(count: int, seed: int) -> list[Example]:
    """Half of them values, evenly over the kinds, half look-alikes."""
    draw = random.Random(seed)
    found = []
    for index in range(count // 2):
        kind = KINDS[index % len(KINDS)]
        before, after = draw.choice(FRAMES)
        if kind == CREDENTIALS:
            before, after = f"{before}https://", f"@host.example.com/{after}"
        found.append(Example(before, VALUES[kind](draw), after, kind, kind))
        name = list(LOOK_ALIKES)[index % len(LOOK_ALIKES)]
        before, after = draw.choice(FRAMES)
        found.append(Example(before, LOOK_ALIKES[name](draw), after, "", name))
    return found


def measure(rows: list[Example]) -> tuple[Counter[str], Counter[str], Counter[str], Counter[str], list[Example]]:
    """By kind: values, found ones, placeholders set, placeholders that were right; and what went wrong."""
    there, found, placed, right = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    wrong = []
    for row in rows:
        spans = redactor().spans(row.text)
        whole = (len(row.before), len(row.before) + len(row.value), row.kind)
        placed.update(span.kind for span in spans)
        hit = [span for span in spans if (span.start, span.end, span.kind) == whole]
        right.update(span.kind for span in hit)
        if row.kind:
            there[row.kind] += 1
            found[row.kind] += bool(hit)
        if bool(row.kind) != bool(hit) or len(spans) != len(hit):
            wrong.append(row)
    return there, found, placed, right, wrong


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sentences", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--show", type=int, default=0, help="so many of what went wrong")
    given = parser.parse_args()
    rows = examples(given.sentences, given.seed)
    redactor().redact("warm 1.2.3.4 +44 20 7946 0958 536-90-4399")
    start = time.process_time()
    there, found, placed, right, wrong = measure(rows)
    seconds = time.process_time() - start
    print("| kind | values | recall | placeholders | precision |")
    print("|---|---:|---:|---:|---:|")
    for kind in KINDS:
        recall, precision = 100 * found[kind] / there[kind], 100 * right[kind] / max(1, placed[kind])
        print(f"| {kind} | {there[kind]:,} | {recall:.1f} % | {placed[kind]:,} | {precision:.1f} % |")
    recall, precision = 100 * found.total() / there.total(), 100 * right.total() / placed.total()
    print(f"| all | {there.total():,} | {recall:.1f} % | {placed.total():,} | {precision:.1f} % |")
    taken = Counter(row.name for row in wrong if not row.kind)
    alike = sum(not row.kind for row in rows)
    print(f"\nLook-alikes taken: {taken.total():,} of {alike:,}: {dict(taken.most_common())}")
    size = sum(len(row.text) for row in rows)
    machine = platform.processor() or platform.machine()
    print(f"{len(rows):,} sentences, seed {given.seed}, {size / seconds / 1e3:.0f} kB a second of one core ({machine})")
    for row in wrong[: given.show]:
        print(row.name, repr(row.text), redactor().redact(row.text).text)


if __name__ == "__main__":
    main()
