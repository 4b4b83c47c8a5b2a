"""Where a node stands: its instance, its group, its entry in the registry."""

import logging
from dataclasses import dataclass

from serving.errors import ServingError
from serving.node.cloud import ABANDON, CONTINUE, GONE, Group, Registry
from serving.node.metadata import Metadata
from serving.node.settings import NodeSettings

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Place:
    """The instance of a group, and what its group and the registry are told about it."""

    settings: NodeSettings
    metadata: Metadata
    group: Group
    registry: Registry | None
    address: str

    @classmethod
    def of(cls, settings: NodeSettings) -> "Place | None":
        """This instance's place, None where there is no group; raises MetadataError."""
        if not settings.on_instance:
            return None
        metadata = Metadata(settings.metadata_endpoint)
        instance_id = metadata.instance_id()
        service = settings.registry_service
        return cls(
            settings=settings,
            metadata=metadata,
            group=Group(name=settings.group, region=settings.region, instance_id=instance_id),
            registry=Registry(service=service, region=settings.region) if service else None,
            address=metadata.address(),
        )

    @property
    def instance_id(self) -> str:
        """The instance's id."""
        return self.group.instance_id

    def wanted(self) -> bool:
        """Whether the group wants this instance to take requests; where nobody can say, it does."""
        state = self.target_state()
        return not (state or "").startswith(GONE)

    def target_state(self) -> str | None:
        """Where the group moves the instance; None where nobody says."""
        return self.metadata.target_state()

    def ready(self) -> None:
        """The launch hook ends; raises CloudError."""
        if not self.group.complete(self.settings.launch_hook, CONTINUE):
            log.info("no launch hook waits for %s: it was completed at an earlier start", self.instance_id)

    def enter(self) -> None:
        """Take requests: an entry in the registry; a load balancer's target group is the group's own work."""
        if self.registry:
            self.registry.register(self.instance_id, self.address, self.settings.port)

    def leave(self) -> None:
        """No more requests through the registry."""
        if self.registry:
            self.registry.deregister(self.instance_id)

    def drained(self) -> bool:
        """The termination hook ends; False while none waits."""
        return self.group.complete(self.settings.terminate_hook, CONTINUE)

    def give_up(self) -> None:
        """This instance will not serve: the launch hook is abandoned; where none waits, the health says it."""
        try:
            hooked = bool(self.settings.launch_hook) and self.group.complete(self.settings.launch_hook, ABANDON)
            if not hooked:
                self.group.set_unhealthy()
        except ServingError as error:
            log.error("%s", error)
