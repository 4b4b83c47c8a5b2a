"""What goes wrong while an endpoint is called, told apart by whose mistake it is."""

from serving.client.results import ItemFailure
from serving.errors import ServingError


class EndpointError(ServingError):
    """The endpoint is not there, refuses the caller, or fails. `status` is its last HTTP status, 0 without one."""

    exit_code = 7

    def __init__(self, thing: str, reason: str, action: str, status: int = 0) -> None:
        self.status = status
        super().__init__(thing, reason, action)


class EndpointTimeoutError(EndpointError):
    """No answer within the time that was given."""


class PredictionError(ServingError):
    """One instance that the endpoint cannot predict; `failure` says which and why."""

    exit_code = 3

    def __init__(self, failure: ItemFailure) -> None:
        self.failure = failure
        super().__init__(
            f"instance {failure.index}",
            f"{failure.message.rstrip('.')} ({failure.code})",
            'mend or leave it out, or call with failures="return"',
        )
