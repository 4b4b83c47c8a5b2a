"""Stack files that no YAML editor would write: one line, no hang, and no secret in it."""

import json
from pathlib import Path

import pytest

from infra.costs.errors import LONGEST, InputError
from infra.record import RecordError, read_config
from infra.settings import parse
from infra.settings_values import SettingsError
from infra.stack_file import changed

DEEP = "[" * 3_000 + "]" * 3_000


def values() -> dict[str, object]:
    config = read_config("dev")
    return {
        key.removeprefix(f"{config.project}:"): value
        for key, value in config.values.items()
        if key.startswith(config.project)
    }


SECRET = {"secure": "v1:sealed-in-the-stack-file"}


@pytest.mark.parametrize("value", [1, 0, 1.0, "yes", None])
def test_a_number_is_neither_true_nor_false(value: object) -> None:
    with pytest.raises(SettingsError, match="neither true nor false"):
        parse({**values(), "waf": value})


@pytest.mark.parametrize(
    "key", ["instanceTypes", "tags", "schedules", "waf", "minSize", "model", "entry", "alarmEmail"]
)
@pytest.mark.parametrize("value", [DEEP, json.loads("[" * 900 + "]" * 900), SECRET, "9" * 6_000, "a\nb\x1b"])
def test_what_is_no_value_is_one_line_of_bearable_length_without_a_secret(key: str, value: object) -> None:
    if (key, value) == ("tags", SECRET):  # a tag may be called so
        assert parse({**values(), key: value}).tags == SECRET
        return
    with pytest.raises(InputError) as told:
        parse({**values(), key: value})
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 3 * LONGEST
    assert "sealed" not in str(told.value)


@pytest.mark.parametrize("text", [f"config: {DEEP}\n", "config:\n  a: 2026-13-45\n", f"config:\n  a: {'9' * 6_000}\n"])
def test_a_stack_file_that_yaml_chokes_on_is_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: breakeven\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(text)
    with pytest.raises(RecordError, match=r"not readable as YAML|is no map of keys"):
        read_config("dev", tmp_path)
    with pytest.raises(InputError, match="write it yourself"):
        changed(text, "breakeven", {"model": "minilm"})
