"""The emulator answers as AWS does where moto does not; the engine's tests stand on it."""

import boto3

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
