"""The registry as this node keeps it: its own entry while it can answer, and no entries of instances that are gone."""

import logging

from serving.node.cloud import GONE
from serving.node.place import Place

log = logging.getLogger(__name__)


class Registrar:
    """One node's part in the registry: `entered` is whether it has ever taken requests, `listed` whether it does."""

    def __init__(self, place: Place, *, entered: bool) -> None:
        self.entered = self.listed = entered
        self._place = place
        self._suspects: frozenset[str] = frozenset()

    def settle(self, ready: bool) -> None:
        """In while the server answers and the group wants the instance, out while its server is down."""
        if ready and not self.listed and self._place.wanted():
            self._place.enter()
            self.entered = self.listed = True
        elif not ready and self.listed:
            self.leave()

    def leave(self) -> None:
        """Out."""
        self._place.leave()
        self.listed = False

    def tidy(self) -> None:
        """Remove entries of instances that crashed or were ended without leaving.

        Every node does this, without a lock: removing twice does no harm. No entry of a node that serves goes, because
        the entries are read before the group (who stands in the first was in the second before), instances that still
        start are kept, the same must be seen in two looks in a row, and an answer without this very instance is not
        trusted. An entry that should be there and is not is written again.
        """
        registry, group = self._place.registry, self._place.group
        if not registry:
            return
        entries, states = registry.entries(), group.states()
        if self._place.instance_id not in states:
            return
        if self.listed and self._place.instance_id not in entries:
            self._place.enter()
        others = entries - {self._place.instance_id}
        gone = frozenset(entry for entry in others if states.get(entry, "Terminated").startswith(GONE))
        for entry in sorted(gone & self._suspects):
            registry.deregister(entry)
            log.warning("removed the registry entry of %s: the instance is gone", entry)
        self._suspects = gone
