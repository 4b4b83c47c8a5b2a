"""A recording has the shape of `pulumi stack export`, repeats, holds no secret, and fails with one line."""

import hashlib
import json
from pathlib import Path

import pytest

from infra.costs.errors import InputError
from infra.record import RecordError, Recording, record, stacks
from infra.settings_values import SettingsError
from tests.infra.stack_variants import committed, trial_project


@pytest.fixture(scope="module")
def prod() -> Recording:
    return committed("prod")


def test_the_stacks_are_the_files_beside_pulumi_yaml() -> None:
    assert stacks() == ("dev", "prod", "small")


def test_resources_start_with_the_stack_and_the_provider_of_its_region(prod: Recording) -> None:
    stack, provider = prod.resources[:2]
    assert stack == {
        "urn": "urn:pulumi:prod::breakeven::pulumi:pulumi:Stack::breakeven-prod",
        "custom": False,
        "type": "pulumi:pulumi:Stack",
    }
    assert provider["type"] == "pulumi:providers:aws"
    assert provider["inputs"]["region"] == prod.region == "us-east-1"


def test_a_resource_carries_its_parents_chain_its_provider_and_its_references(prod: Recording) -> None:
    group = next(row for row in prod.resources if row["type"] == "aws:autoscaling/group:Group")
    fleet = "urn:pulumi:prod::breakeven::breakeven:infra:Fleet"
    assert group["urn"] == f"{fleet}$aws:autoscaling/group:Group::fleet"
    assert group["parent"] == f"{fleet}::fleet"
    assert group["custom"] is True
    assert group["provider"] == f"{prod.resources[1]['urn']}::{prod.resources[1]['id']}"
    template = f"{fleet}$aws:ec2/launchTemplate:LaunchTemplate::node"
    assert group["propertyDependencies"]["mixedInstancesPolicy"] == [template]
    assert group["propertyDependencies"]["minSize"] == []
    assert template in group["dependencies"]


def test_references_resolve_by_physical_id(prod: Recording) -> None:
    by_id = {row["id"]: row["type"] for row in prod.resources if row["custom"]}
    group = next(row for row in prod.resources if row["type"] == "aws:autoscaling/group:Group")
    launch = group["inputs"]["mixedInstancesPolicy"]["launchTemplate"]["launchTemplateSpecification"]
    assert by_id[launch["launchTemplateId"]] == "aws:ec2/launchTemplate:LaunchTemplate"
    assert {by_id[subnet] for subnet in group["inputs"]["vpcZoneIdentifiers"]} == {"aws:ec2/subnet:Subnet"}


def test_inputs_are_camel_case_and_whole_numbers_are_whole(prod: Recording) -> None:
    group = next(row for row in prod.resources if row["type"] == "aws:autoscaling/group:Group")
    assert group["inputs"]["minSize"] == 2
    assert isinstance(group["inputs"]["minSize"], int)


def test_urns_and_physical_ids_are_unique(prod: Recording) -> None:
    urns = [row["urn"] for row in prod.resources]
    assert len(set(urns)) == len(urns)


def test_components_are_recorded_without_provider_and_id(prod: Recording) -> None:
    components = [row for row in prod.resources if row["type"].startswith("breakeven:")]
    assert {row["custom"] for row in components} == {False}
    assert not any("id" in row or "provider" in row for row in components)


def test_a_recording_is_json_and_the_same_each_time_in_one_process(prod: Recording) -> None:
    for name in ("small", "dev"):
        assert all(f"urn:pulumi:{name}::" in row["urn"] for row in record(name).resources)
    again = record("prod")
    assert json.dumps(again.resources) == json.dumps(prod.resources)
    assert again.outputs == prod.outputs


def test_a_secret_is_never_in_a_recording(prod: Recording, tmp_path: Path) -> None:
    assert prod.outputs["apiKey"] == "[secret]"
    folder = trial_project(tmp_path, budgetUsd=1)
    file = folder / "Pulumi.trial.yaml"
    file.write_text(file.read_text() + "  aws:accessKey: AKIATRIAL\n  aws:secretKey: verysecret\n")
    text = json.dumps(record("trial", folder).resources)
    assert "AKIATRIAL" not in text
    assert "verysecret" not in text


def test_the_region_and_settings_are_those_of_the_folder_that_is_given(tmp_path: Path) -> None:
    found = record("trial", trial_project(tmp_path, maxSize=7))
    assert found.region == "eu-west-1"
    assert found.settings.fleet.max_size == 7
    zones = {row["inputs"]["availabilityZone"] for row in found.resources if row["type"] == "aws:ec2/subnet:Subnet"}
    assert zones == {"eu-west-1a", "eu-west-1b"}


def test_an_unknown_stack_is_refused_with_the_known_ones() -> None:
    with pytest.raises(RecordError, match="stack prd: no such stack; did you mean prod"):
        record("prd")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("config: {", "not readable as YAML"),
        ("- a", "holds no map of keys"),
        ("config: {'aws:region': us-east-1, 'breakeven:minSize': 9}", "minSize: 9 is above maxSize 4"),
        (
            "config: {'aws:region': us-east-1, 'breakeven:modelArchive': none.mar}",
            "modelArchive: none.mar cannot be read",
        ),
    ],
)
def test_what_goes_wrong_comes_as_one_line(tmp_path: Path, text: str, message: str) -> None:
    folder = trial_project(tmp_path)
    (folder / "Pulumi.trial.yaml").write_text(text)
    with pytest.raises(InputError) as caught:
        record("trial", folder)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_stack_without_a_region_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    folder = trial_project(tmp_path)
    (folder / "Pulumi.trial.yaml").write_text("config: {}\n")
    with pytest.raises(SettingsError, match="aws:region: not set"):
        record("trial", folder)


def test_a_built_archive_is_uploaded_under_a_key_with_its_digest(tmp_path: Path) -> None:
    file = tmp_path / "m.mar"
    file.write_bytes(b"archive")
    found = record("trial", trial_project(tmp_path, modelArchive=str(file)))
    (uploaded,) = [row for row in found.resources if row["type"] == "aws:s3/bucketObjectv2:BucketObjectv2"]
    digest = hashlib.sha256(b"archive").hexdigest()
    assert uploaded["inputs"]["key"] == f"models/resnet50/{digest[:12]}.mar"
    assert uploaded["inputs"]["sourceHash"] == digest
    versioning = next(row["urn"] for row in found.resources if row["type"].endswith(":BucketVersioning"))
    assert versioning in uploaded["dependencies"]


def test_overrides_are_as_if_they_stood_in_the_file(tmp_path: Path) -> None:
    written = record("trial", trial_project(tmp_path, instanceTypes=["g5.xlarge"], maxSize=7, egress="public"))
    given = {"instanceTypes": ["g5.xlarge"], "maxSize": 7, "egress": "public"}
    asked = record("trial", trial_project(tmp_path), {f"breakeven:{key}": value for key, value in given.items()})
    assert asked.resources == written.resources
    assert asked.settings == written.settings


def test_the_region_can_be_overridden(tmp_path: Path) -> None:
    found = record("trial", trial_project(tmp_path), {"aws:region": "ap-south-1"})
    assert found.region == "ap-south-1"
    assert found.resources[1]["inputs"]["region"] == "ap-south-1"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("breakeven:minSise", 1, "minSise: no such setting; did you mean minSize"),
        ("breakeven:minSize", 9, "minSize: 9 is above maxSize 4"),
        ("breakeven:egress", "none", "egress: 'none' is not allowed"),
        ("minSize", 1, "override minSize: not a key of this project; use breakeven:KEY or aws:region"),
        ("aws:accessKey", "x", "override aws:accessKey: not a key of this project"),
        ("aws:region", "Virginia", "aws:region: 'Virginia' has not the shape of one"),
    ],
)
def test_an_override_is_refused_as_in_the_file(tmp_path: Path, key: str, value: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        record("trial", trial_project(tmp_path), {key: value})
    assert str(caught.value).startswith(message)
