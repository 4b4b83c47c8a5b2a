"""Who reaches what, by which port or action, and with which credential: derived from the resources alone.

What is on the way: the calls of the entry, security groups and routes, endpoints of the VPC, trust and permissions of
roles, and the policies of buckets, queues, topics and keys. Answers on open connections are no way of their own.
"""

from infra.costs.stack import Stack
from infra.policy.documents import own_account
from infra.policy.reach_entry import entry_ways
from infra.policy.reach_identity import identity_ways
from infra.policy.reach_names import Names
from infra.policy.reach_network import network_ways
from infra.policy.reach_types import ADMINISTRATORS, INTERNET, NOTHING, OTHER_ACCOUNTS, Way, beyond


def reach(stack: Stack) -> tuple[Way, ...]:
    """Every way in the stack, sorted.

    Raises Unreadable where a policy or a rule is known only after deployment.
    """
    names, account = Names(stack), own_account(stack)
    found = {
        *entry_ways(stack, names),
        *network_ways(stack, names, account),
        *identity_ways(stack, names, account),
    }
    return tuple(sorted(found, key=_order))


def _order(way: Way) -> tuple[bool, bool, str, str, str]:
    """Strangers first, then what is inside, by name."""
    return way.source != INTERNET, way.source == ADMINISTRATORS, way.source, way.target, way.how


__all__ = ["ADMINISTRATORS", "INTERNET", "NOTHING", "OTHER_ACCOUNTS", "Way", "beyond", "reach"]
