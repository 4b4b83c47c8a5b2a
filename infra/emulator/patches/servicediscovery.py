"""Cloud Map: services are listed by their namespace."""

import json
from typing import Any

from moto.servicediscovery.responses import ServiceDiscoveryResponse

from infra.emulator.patches.patching import replace


def apply() -> None:
    """Change moto."""
    replace(ServiceDiscoveryResponse, "list_services", _of_namespace)


def _of_namespace(_: Any) -> Any:
    """moto lists them all."""

    def list_services(response: Any) -> str:
        wanted = {
            value
            for row in json.loads(response.body or "{}").get("Filters", ())
            if row["Name"] == "NAMESPACE_ID"
            for value in row["Values"]
        }
        found = response.servicediscovery_backend.list_services()
        rows = [row.to_json() for row in found if not wanted or row.namespace_id in wanted]
        return json.dumps({"Services": rows})

    return list_services
