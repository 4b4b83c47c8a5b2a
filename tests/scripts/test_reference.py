"""docs/reference is what the code says, and the code says what every verb, option, setting, key and type means."""

from pathlib import Path

import pytest

from infra.costs.pricing import FREE, PRICERS
from infra.settings import fields_by_key
from scripts.cli.examples import EXAMPLES
from scripts.docs import __main__ as docs
from scripts.docs import resource_types, settings, verbs, workload

ROOT = Path(__file__).resolve().parents[2]
LARGEST_BYTES = 150_000


@pytest.mark.parametrize("name", docs.PAGES)
def test_a_page_is_what_the_code_says(name: str) -> None:
    made = docs.PAGES[name]()
    assert (docs.REFERENCE / name).read_text(encoding="utf-8") == made, "run python -m scripts.docs"
    assert len(made.encode()) < LARGEST_BYTES


def test_the_folder_has_no_page_that_nothing_makes() -> None:
    assert {path.name for path in docs.REFERENCE.iterdir()} == set(docs.PAGES)


def test_every_verb_option_and_argument_says_what_it_is_for() -> None:
    silent = []
    for name, command in verbs.commands():
        asked = [*verbs.own_options(command), *(p for p in command.params if p.param_type_name == "argument")]
        silent += [f"{name} {param.name}" for param in asked if not verbs.help_of(param).strip()]
        silent += [name] if not (command.help or "").strip() or name not in EXAMPLES else []
    assert silent == []


def test_every_setting_says_what_it_is_for_and_has_a_typed_field() -> None:
    rows = dict(settings.rows())
    assert len(rows) > 50
    assert [key for key, row in rows.items() if not str(row.get("description", "")).strip()] == []
    assert set(rows) - set(fields_by_key()) <= {"tags", "allowedRegions", "deletionProtection"}


def test_every_workload_key_says_what_it_is() -> None:
    keys = {f"{section}.{one.name}": one for section, _, found in workload.sections() for one in found}
    assert len(keys) > 50
    assert [key for key, one in keys.items() if not one.metadata.get("about", "").strip()] == []
    assert set(workload.remarks_of_the_file()) <= set(keys)


def test_every_resource_type_says_what_is_priced_or_why_it_is_free() -> None:
    assert [kind for kind in PRICERS if not resource_types.about(kind)] == []
    assert [kind for kind, reason in FREE.items() if not reason.strip()] == []
