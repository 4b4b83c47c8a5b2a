"""The emulator answers as AWS does where moto does not; the engine's tests stand on it."""

import boto3
import botocore.exceptions
import pytest

from infra.emulator import emulator


def test_launch_templates_are_listed_however_many_there_are() -> None:
    with emulator() as aws:
        session = boto3.Session(aws["AWS_ACCESS_KEY_ID"], aws["AWS_SECRET_ACCESS_KEY"], None, aws["AWS_REGION"])
        ec2 = session.client("ec2", endpoint_url=aws["AWS_ENDPOINT_URL"])
        names = {f"listed-{number}" for number in range(20)}
        data = {"ImageId": "ami-12345678", "InstanceType": "m5.large"}
        for name in names:
            ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
        found = {row["LaunchTemplateName"] for row in ec2.describe_launch_templates()["LaunchTemplates"]}
        for name in names:
            ec2.delete_launch_template(LaunchTemplateName=name)
        assert names <= found


def test_a_firewall_tells_what_it_hides_also_after_a_change() -> None:
    hidden = {"DataProtections": [{"Action": "SUBSTITUTION", "Field": {"FieldType": "BODY"}}]}
    shown = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}
    with emulator() as aws:
        session = boto3.Session(aws["AWS_ACCESS_KEY_ID"], aws["AWS_SECRET_ACCESS_KEY"], None, aws["AWS_REGION"])
        waf = session.client("wafv2", endpoint_url=aws["AWS_ENDPOINT_URL"])
        common = {"Name": "hides", "Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": shown}
        made = waf.create_web_acl(**common, DataProtectionConfig=hidden)["Summary"]
        place = {"Name": "hides", "Scope": "REGIONAL", "Id": made["Id"]}

        def kinds() -> list[str]:
            rows = waf.get_web_acl(**place)["WebACL"].get("DataProtectionConfig", {}).get("DataProtections", [])
            return [row["Field"]["FieldType"] for row in rows]

        assert kinds() == ["BODY"]
        lock = waf.get_web_acl(**place)["LockToken"]
        waf.update_web_acl(**place, LockToken=lock, DefaultAction={"Allow": {}}, VisibilityConfig=shown)
        assert kinds() == []
        waf.delete_web_acl(**place, LockToken=waf.get_web_acl(**place)["LockToken"])


def test_a_role_that_is_taken_out_of_a_profile_again_is_told_as_aws_tells_it() -> None:
    with emulator() as aws:
        session = boto3.Session(aws["AWS_ACCESS_KEY_ID"], aws["AWS_SECRET_ACCESS_KEY"], None, aws["AWS_REGION"])
        iam = session.client("iam", endpoint_url=aws["AWS_ENDPOINT_URL"])
        pair = {"InstanceProfileName": "taken-out", "RoleName": "taken-out"}
        iam.create_role(RoleName="taken-out", AssumeRolePolicyDocument="{}")
        iam.create_instance_profile(InstanceProfileName="taken-out")
        iam.add_role_to_instance_profile(**pair)
        iam.remove_role_from_instance_profile(**pair)
        with pytest.raises(iam.exceptions.NoSuchEntityException):
            iam.remove_role_from_instance_profile(**pair)
        iam.delete_instance_profile(InstanceProfileName="taken-out")
        iam.delete_role(RoleName="taken-out")


def test_a_rule_that_is_taken_out_of_a_group_again_is_told_by_its_id() -> None:
    with emulator() as aws:
        session = boto3.Session(aws["AWS_ACCESS_KEY_ID"], aws["AWS_SECRET_ACCESS_KEY"], None, aws["AWS_REGION"])
        ec2 = session.client("ec2", endpoint_url=aws["AWS_ENDPOINT_URL"])
        network = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        group = ec2.create_security_group(GroupName="taken-out", Description="x", VpcId=network)["GroupId"]
        open_to = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.9.0.0/16"}]}
        made = ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[open_to])
        rule = {"GroupId": group, "SecurityGroupRuleIds": [made["SecurityGroupRules"][0]["SecurityGroupRuleId"]]}
        ec2.revoke_security_group_egress(**rule)
        with pytest.raises(botocore.exceptions.ClientError, match=r"InvalidSecurityGroupRuleId\.NotFound"):
            ec2.revoke_security_group_egress(**rule)
        ec2.delete_security_group(GroupId=group)
        ec2.delete_vpc(VpcId=network)
