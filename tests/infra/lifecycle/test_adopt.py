"""Whatever the program makes has a stated way to be found again when the engine is killed while it is made."""

import pytest

from infra.lifecycle.adopt_ways import WAYS
from tests.infra.stack_variants import committed, trial

# Settings that make what no committed stack has.
MORE = (
    {"auth": "jwt", "jwtIssuer": "https://issuer.example.com", "jwtAudience": ["callers"]},
    {"alarmEmail": "someone@example.com"},
    {"modelArchive": "workload.toml"},
)


def made(recording: object) -> set[str]:
    return {row["type"] for row in recording.resources if row["custom"] and row["type"].startswith("aws:")}  # type: ignore[attr-defined]


@pytest.mark.parametrize("stack", ["small", "dev", "prod"])
def test_every_type_of_a_committed_stack_has_a_way(stack: str) -> None:
    assert made(committed(stack)) - set(WAYS) == set()


def test_every_type_of_the_other_settings_has_a_way_and_no_way_is_for_nothing() -> None:
    every = {type_ for stack in ("small", "dev", "prod") for type_ in made(committed(stack))}
    every |= {type_ for changes in MORE for type_ in made(trial(**changes))}
    assert every == set(WAYS)
