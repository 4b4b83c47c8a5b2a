"""Whether the account writes down who did what: CloudTrail belongs to the account, so no stack creates a trail."""

from dataclasses import dataclass

from infra.lifecycle.aws import Account, told


@dataclass(frozen=True, kw_only=True)
class Trail:
    """A trail that covers the stack's region, and whether it is writing now and checks its files."""

    name: str
    is_logging: bool
    validates_files: bool


def trails(account: Account) -> tuple[Trail, ...]:
    """The trails that cover the region: its own, and those of every region. Raises AccountError."""
    client = account.client("cloudtrail")
    with told("cloudtrail describe_trails"):
        # Shadow trails are those of other regions or of the organisation that also write down this region.
        found = client.describe_trails(includeShadowTrails=True)["trailList"]
    covering = [row for row in found if row.get("IsMultiRegionTrail") or row.get("HomeRegion") == account.region]
    return tuple(_trail(account, row) for row in covering)


def _trail(account: Account, row: dict[str, object]) -> Trail:
    with told(f"cloudtrail get_trail_status {row.get('Name')}"):
        status = account.client("cloudtrail").get_trail_status(Name=str(row["TrailARN"]))
    return Trail(
        name=str(row.get("Name")),
        is_logging=bool(status.get("IsLogging")),
        validates_files=bool(row.get("LogFileValidationEnabled")),
    )
