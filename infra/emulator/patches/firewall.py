"""WAF: moto forgets what an access list hides in logs and samples."""

from typing import Any

from moto.wafv2.models import FakeWebACL
from moto.wafv2.responses import WAFV2Response

from infra.emulator.patches.patching import after

HIDDEN = "DataProtectionConfig"


def apply() -> None:
    """Change moto."""
    after(WAFV2Response, "create_web_acl", _keep)
    after(WAFV2Response, "update_web_acl", _keep)
    after(FakeWebACL, "to_dict", _tell)


def _keep(_: Any, response: Any) -> None:
    name = response._get_param("Name")
    for acl in response.wafv2_backend.wacls.values():
        if acl.name == name:
            acl.hidden = response._get_param(HIDDEN)


def _tell(answer: dict[str, Any], acl: FakeWebACL) -> None:
    """AWS answers the two exceptions as false where they were left out."""
    rows = (getattr(acl, "hidden", None) or {}).get("DataProtections", [])
    if rows:
        defaults = {"ExcludeRuleMatchDetails": False, "ExcludeRateBasedDetails": False}
        answer[HIDDEN] = {"DataProtections": [{**defaults, **row} for row in rows]}
