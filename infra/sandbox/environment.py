"""The environment in which every client of this process and of its children meets the emulated account alone."""

import os
from collections.abc import Mapping
from typing import Final

from infra.emulator import KEY_ID, REGION, SECRET
from infra.lifecycle.entry import ENTRY
from infra.sandbox.place import Place, Running

# Guards nothing: the state holds what an emulator made.
PASSPHRASE: Final = "sandbox"  # noqa: S105
REAL: Final = ("AWS_", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN", "PULUMI_BACKEND_URL", "PULUMI_STACK")
PROXIES: Final = ("NO_PROXY", "no_proxy")


def without_account() -> Mapping[str, str]:
    """This process's environment without a trace of a real account; what is local goes by no proxy.

    A user's own files might name another endpoint, or a program that fetches real keys.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(REAL)}
    kept |= {name: ",".join(filter(None, (kept.get(name, ""), "127.0.0.1"))) for name in PROXIES}
    return kept | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def point(place: Place, running: Running) -> None:
    """Point this process at a sandbox. Its keys are worth nothing at AWS: a call that went astray would be refused."""
    found = without_account()
    for name in os.environ.keys() - found.keys():
        del os.environ[name]
    os.environ |= {
        **found,
        "AWS_ENDPOINT_URL": running.aws,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "PULUMI_BACKEND_URL": f"file://{place.state}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        ENTRY: running.entry,
    }
