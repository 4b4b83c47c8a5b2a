"""What can go wrong with a real stack, with the code the command line ends with."""

from infra.costs.errors import CostError, InputError


class AccountError(InputError):
    """Credentials, permissions or a region that cannot be used; nothing was changed."""

    exit_code = 3


class NotDeployedError(InputError):
    """A stack that the state backend does not know."""


class BudgetError(CostError):
    """A stack whose budget is below what it costs at the least; nothing was changed."""

    exit_code = 5


class DeploymentError(CostError):
    """The engine, the provider or the endpoint failed; the state says how far it came."""

    exit_code = 7
