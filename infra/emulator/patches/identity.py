"""IAM: a role that a profile no longer has is told as such, as AWS does; a call that is sent again ends with it."""

from collections.abc import Callable
from typing import Any

from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend

from infra.emulator.patches.patching import replace


def apply() -> None:
    """Change moto."""
    replace(IAMBackend, "remove_role_from_instance_profile", _told)


def _told(original: Callable[..., None]) -> Callable[..., None]:
    def removed(backend: Any, profile_name: str, role_name: str) -> None:
        # moto takes the role out of a list, and fails with a page of HTML where it is not in it.
        if role_name not in {role.name for role in backend.get_instance_profile(profile_name).roles}:
            raise NotFoundException(f"Role {role_name} is not in instance profile {profile_name}.")
        original(backend, profile_name, role_name)

    return removed
