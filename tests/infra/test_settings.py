"""Settings are typed, refused one by one and together, and declared in Pulumi.yaml."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml

from infra.record import ROOT, read_config, stacks
from infra.settings import Schedule, kinds, parse
from infra.settings_values import SettingsError

DECLARED_TYPES: dict[object, str] = {
    str: "string",
    int: "integer",
    # The engine knows no numbers but whole ones.
    float: "string",
    bool: "boolean",
    Sequence[str]: "array",
    Sequence[Schedule]: "array",
    Mapping[str, str]: "object",
}


def declared() -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    return found


def raw(**changes: object) -> dict[str, object]:
    return {**{key: row["default"] for key, row in declared().items()}, **changes}


def test_every_setting_is_declared_with_its_type_a_default_and_a_description() -> None:
    rows = declared()
    assert sorted(rows) == sorted(kinds())
    for key, kind in kinds().items():
        assert rows[key]["type"] == DECLARED_TYPES[kind], key
        assert "default" in rows[key], key
        assert str(rows[key]["description"]).endswith("."), key


def test_the_defaults_alone_make_a_stack() -> None:
    assert parse(raw()).model.model == "resnet50"


@pytest.mark.parametrize("stack", stacks())
def test_each_stack_file_is_accepted_and_names_only_known_settings(stack: str) -> None:
    assert read_config(stack).settings().fleet.max_size > 1


def test_values_come_as_texts_from_the_engine_and_typed_from_yaml() -> None:
    typed = parse(
        raw(
            maxSize=3,
            waf=False,
            availabilityObjectivePercent=99.95,
            instanceTypes=["g4dn.xlarge", "g5.xlarge"],
            tags={"team": "ml"},
        )
    )
    texts = parse(
        raw(
            maxSize="3",
            waf="false",
            availabilityObjectivePercent="99.95",
            instanceTypes='["g4dn.xlarge","g5.xlarge"]',
            tags='{"team":"ml"}',
        )
    )
    assert typed == texts


SCHEDULE = {"name": "day", "recurrence": "0 7 * * *", "minSize": 1, "maxSize": 2}
NIGHT = {"name": "night", "recurrence": "0 19 * * *", "minSize": 0, "maxSize": 0}
JWT = {"auth": "jwt", "jwtIssuer": "https://id.example.com", "jwtAudience": ["callers"]}
CANARY = {"modelArchive": "a.mar", "canaryArchive": "b.mar", "nodeBundle": "n.tar.gz"}
REFUSED = [
    ({"minSize": 5}, "minSize: 5 is above maxSize 4; use 0 to 4, or raise maxSize"),
    ({"onDemandBase": 9}, "onDemandBase: 9 is above maxSize 4"),
    ({"warmPoolSize": 9}, "warmPoolSize: 9 is above maxSize 4"),
    ({"maxSize": 0}, "maxSize: 0 is out of range; use 1 to 1000"),
    ({"maxSize": "many"}, "maxSize: 'many' is not a whole number"),
    ({"maxSize": True}, "maxSize: True is not a whole number"),
    ({"maxSize": 2.5}, "maxSize: 2.5 is not a whole number"),
    ({"onDemandPercentAboveBase": 101}, "onDemandPercentAboveBase: 101 is out of range; use 0 to 100"),
    ({"waf": "yes"}, "waf: 'yes' is neither true nor false"),
    ({"model": 7}, "model: 7 is not a text"),
    ({"instanceTypes": "g5.xlarge"}, "instanceTypes: 'g5.xlarge' is not a list of texts"),
    ({"instanceTypes": []}, "instanceTypes: the list is empty"),
    ({"instanceTypes": ["g5"]}, "instanceTypes: 'g5' has not the shape of one; write it like g4dn.xlarge"),
    ({"instanceTypes": ["m5.large"]}, "instanceTypes: no capacity of m5.large with resnet50 is known"),
    ({"model": "resnet5"}, "model: 'resnet5' is not one of this project's models; did you mean resnet50?"),
    ({"minSzie": 1}, "minSzie: no such setting; did you mean minSize"),
    ({"instanceTypes": ["g5.xlarge", "g5g.xlarge"]}, "instanceTypes: g5.xlarge is x86_64 and g5g.xlarge arm64"),
    ({"instanceTypes": ["g5g.xlarge"], "targetRequestsPerMinute": 9}, "amiParameter: an x86_64 image, and g5g.xlarge"),
    ({"egress": "vpn"}, "egress: 'vpn' is not allowed; use one of nat, nat-per-zone, endpoints, public"),
    ({"vpcCidr": "10.0.0.0/30"}, "vpcCidr: '10.0.0.0/30' cannot be used; use an IPv4 block of /16 to /22"),
    ({"vpcCidr": "ten"}, "vpcCidr: 'ten' cannot be used"),
    ({"allowedRegions": ["mars"]}, "allowedRegions: 'mars' has not the shape of one; write it like eu-central-1"),
    ({"allowedRegions": ["eu-central-1"] * 20}, "allowedRegions: 20 regions do not fit into a tag; name fewer: 256"),
    ({"zones": 1}, "zones: 1 with balancer true; a load balancer needs 2 zones or more"),
    ({"waf": True}, "waf: true needs a REST API, and entry is http; set entry to rest, or leave it"),
    ({"quotaPerMonth": 10}, "quotaPerMonth: 10 needs a REST API"),
    ({"auth": "api-key"}, "auth: api-key needs a REST API"),
    ({"entry": "rest", "quotaPerMonth": 10}, "quotaPerMonth: 10 with auth iam; use auth api-key"),
    ({"entry": "rest", "balancer": False}, "balancer: false with entry rest"),
    ({"entry": "rest", "auth": "jwt"}, "auth: jwt with entry rest"),
    ({"auth": "jwt"}, "jwtIssuer: '' with auth jwt; give the issuer's https:// address"),
    ({"auth": "jwt", "jwtIssuer": "https://id.example.com"}, "jwtAudience: the list is empty with auth jwt"),
    ({"scaleToZero": True}, "scaleToZero: true with minSize 1; set minSize to 0"),
    ({"scaleToZero": True, "minSize": 0, "balancer": False}, "scaleToZero: true with nothing that could wake"),
    ({**CANARY, "balancer": False}, "canaryArchive: 'b.mar' with balancer false; set balancer to true"),
    ({**CANARY, "modelArchive": ""}, "canaryArchive: 'b.mar' with modelArchive empty; give modelArchive too"),
    ({**CANARY, "nodeBundle": ""}, "canaryArchive: 'b.mar' with nodeBundle empty; give nodeBundle too"),
    ({"canaryArchive": 7}, "canaryArchive: 7 is not a text"),
    ({"canaryWeightPercent": 51}, "canaryWeightPercent: 51 is out of range; use 0 to 50"),
    ({"canaryWeightPercent": -1}, "canaryWeightPercent: -1 is out of range; use 0 to 50"),
    ({"canarySize": 0}, "canarySize: 0 is out of range; use 1 to 100"),
    ({"budgetUsd": -1}, "budgetUsd: -1 is out of range"),
    ({"alarmEmail": "nobody"}, "alarmEmail: 'nobody' has not the shape of one; write it like ops@example.com"),
    ({"logRetentionDays": 8}, "logRetentionDays: 8 is not allowed; use one of 1, 3, 5, 7"),
    ({"latencyObjectiveMs": 60000}, "latencyObjectiveMs: 60000 is out of range; use 1 to 29000"),
    ({"availabilityObjectivePercent": "high"}, "availabilityObjectivePercent: 'high' is not a number; write it like"),
    ({"availabilityObjectivePercent": True}, "availabilityObjectivePercent: True is not a number"),
    ({"availabilityObjectivePercent": 90}, "availabilityObjectivePercent: 90.0 is out of range; use 95 to 99.99"),
    ({"latencyObjectivePercent": "100"}, "latencyObjectivePercent: 100.0 is out of range; use 95 to 99.99"),
    ({"objectiveDays": 7}, "objectiveDays: 7 is not allowed; use one of 28, 30"),
    ({"probeMinutes": 0}, "probeMinutes: 0 is out of range; use 1 to 60"),
    ({**JWT, "probe": True}, "probe: true with auth jwt; leave it: nothing in this stack can issue a token"),
    ({"probe": True, "minSize": 0}, "probe: true with minSize 0; leave it, or set minSize to 1"),
    ({"schedules": [7]}, "schedules[0]: 7 is not a schedule"),
    ({"schedules": [{**SCHEDULE, "recurrence": "daily"}]}, "schedules[0].recurrence: 'daily' has not the shape"),
    ({"schedules": [{**SCHEDULE, "min": 1}]}, "schedules[0].min: no such setting"),
    ({"schedules": [{**SCHEDULE, "minSize": 3}]}, "schedules.day.minSize: 3 is above maxSize 2"),
    ({"schedules": "[{]"}, "schedules: '[{]' is not a list of schedules"),
    ({"tags": {"team": 1}}, "tags.team: 1 is not a text"),
]


@pytest.mark.parametrize(("changes", "message"), REFUSED, ids=[message.split(";")[0] for _, message in REFUSED])
def test_what_cannot_be_used_is_refused_in_one_line_that_names_key_value_and_remedy(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(raw(**changes))
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert "; " in str(caught.value)


def test_a_setting_that_is_not_there_is_named() -> None:
    values = raw()
    del values["minSize"]
    with pytest.raises(SettingsError, match="minSize: not set"):
        parse(values)


WARNED = [
    ({"instanceTypes": ["g4dn.xlarge"]}, "spot with g4dn.xlarge alone"),
    ({"model": "efficientnet_lite0", "instanceTypes": ["t3.medium"], "cpuCredits": "unlimited"}, "cpuCredits: unlim"),
    ({"minSize": 0}, "minSize: 0 without scaleToZero"),
    ({"schedules": [NIGHT]}, "minSize: 0 without scaleToZero or a schedule above 0"),
    ({"schedules": [SCHEDULE, NIGHT], "probe": True}, "alarm fires, while a schedule (night) keeps the group empty"),
    ({"egress": "public"}, "egress: public"),
    ({"scaleToZero": True, "minSize": 0}, "first callers get 503"),
    ({"probe": True}, "probe: its calls fail"),
    ({"budgetUsd": 0}, "budgetUsd: 0"),
    ({"budgetUsd": 5, "budgetScope": "stack"}, "budgetScope: stack counts only"),
    ({"instanceTypes": ["g4dn.xlarge", "p5.48xlarge"]}, "no capacity of p5.48xlarge with resnet50"),
    ({"modelArchive": ""}, "modelArchive and nodeBundle: empty"),
    ({**CANARY, "canaryArchive": "a.mar"}, "canaryArchive: the same file as modelArchive"),
    ({**CANARY, "scaleToZero": True, "minSize": 0}, "canarySize: 1 runs all the time"),
]


@pytest.mark.parametrize(("changes", "text"), WARNED, ids=[text for _, text in WARNED])
def test_what_is_doubtful_is_a_warning(changes: dict[str, object], text: str) -> None:
    assert any(text in warning for warning in parse(raw(**changes)).warnings)


def test_a_warning_goes_away_with_its_cause() -> None:
    settings = parse(raw(budgetUsd=9, alarmEmail="ops@example.com", modelArchive="a.mar", nodeBundle="b.tar.gz"))
    assert settings.warnings == ()


@pytest.mark.parametrize(
    ("changes", "per_minute"),
    [
        ({}, 75 * 60 * 70 // 100),
        ({"instanceTypes": ["g5.xlarge"]}, 150 * 60 * 70 // 100),
        ({"targetUtilisationPercent": 50}, 75 * 60 // 2),
        ({"targetRequestsPerMinute": 99}, 99),
        ({"targetRequestsPerMinute": 99, "instanceTypes": ["m5.large"]}, 99),
    ],
)
def test_the_scaling_target_is_the_slowest_types_requests_a_minute(changes: dict[str, object], per_minute: int) -> None:
    assert parse(raw(**changes)).requests_per_minute == per_minute


def test_models_are_read_from_the_folder_that_is_given(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'resnet50' is not one of this project's models"):
        parse(raw(), models=tmp_path)
