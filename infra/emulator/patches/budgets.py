"""Budgets: moto keeps them with their notices, and lacks what the provider reads back and changes."""

from copy import deepcopy
from typing import Any

from moto.budgets.models import Budget
from moto.budgets.responses import BudgetsResponse
from moto.core.responses import ActionResult

from infra.emulator.patches.patching import add, after


def apply() -> None:
    """Change moto."""
    add(
        BudgetsResponse,
        describe_subscribers_for_notification=_subscribers,
        create_subscriber=_add_subscriber,
        delete_subscriber=_remove_subscriber,
        update_budget=_update,
        list_tags_for_resource=_tags,
        tag_resource=_tag,
        untag_resource=_untag,
    )
    after(BudgetsResponse, "create_budget", _keep_tags)
    after(Budget, "__init__", _price)
    after(Budget, "add_notification", lambda _, budget, **__: _price(None, budget))


def _price(_: None, budget: Budget, *__: Any, **___: Any) -> None:
    """AWS answers a threshold as the number it is, and the kind where it was left out."""
    for notice in budget.notifications:
        notice.details = {"ThresholdType": "PERCENTAGE", **notice.details}


def _budget(response: Any) -> Any:
    account, name = response._get_param("AccountId"), response._get_param("BudgetName")
    response.backend.describe_budget(account_id=account, budget_name=name)  # raises the error AWS would answer
    return response.backend.budgets[account][name]


def _notice(response: Any) -> Any:
    asked = {"ThresholdType": "PERCENTAGE", **response._get_param("Notification")}
    keys = ("NotificationType", "ComparisonOperator", "ThresholdType")
    (found,) = [
        notice
        for notice in _budget(response).notifications
        if all(notice.details[key] == asked[key] for key in keys)
        and float(notice.details["Threshold"]) == float(asked["Threshold"])
    ]
    return found


def _subscribers(response: Any) -> ActionResult:
    return ActionResult({"Subscribers": deepcopy(_notice(response).subscribers)})


def _add_subscriber(response: Any) -> ActionResult:
    _notice(response).subscribers.append(response._get_param("Subscriber"))
    return ActionResult({})


def _remove_subscriber(response: Any) -> ActionResult:
    _notice(response).subscribers.remove(response._get_param("Subscriber"))
    return ActionResult({})


def _update(response: Any) -> ActionResult:
    account, wanted = response._get_param("AccountId"), response._get_param("NewBudget")
    response.backend.budgets[account][wanted["BudgetName"]].budget.update(wanted)
    return ActionResult({})


def _all_tags(response: Any) -> dict[str, dict[str, str]]:
    """Tags by ARN; the backend has no place for them."""
    found: dict[str, dict[str, str]] = response.backend.__dict__.setdefault("tags_by_arn", {})
    return found


def _keep_tags(_: Any, response: Any) -> None:
    name = response._get_param("Budget")["BudgetName"]
    arn = f"arn:{response.partition}:budgets::{response._get_param('AccountId')}:budget/{name}"
    _all_tags(response)[arn] = {row["Key"]: row["Value"] for row in response._get_param("ResourceTags", [])}


def _tags(response: Any) -> ActionResult:
    found = _all_tags(response).get(response._get_param("ResourceARN"), {})
    return ActionResult({"ResourceTags": [{"Key": key, "Value": value} for key, value in found.items()]})


def _tag(response: Any) -> ActionResult:
    tags = _all_tags(response).setdefault(response._get_param("ResourceARN"), {})
    tags.update({row["Key"]: row["Value"] for row in response._get_param("ResourceTags")})
    return ActionResult({})


def _untag(response: Any) -> ActionResult:
    tags = _all_tags(response).get(response._get_param("ResourceARN"), {})
    for key in response._get_param("ResourceTagKeys"):
        tags.pop(key, None)
    return ActionResult({})
