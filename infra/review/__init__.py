"""A pull request's comment: what a change adds to each stack's bill, and which rules it breaks."""

from infra.review.commits import Commit, at_commit
from infra.review.forges import Conversation, github, gitlab
from infra.review.sides import Side, head, of_commit
from infra.review.types import Review, StackReview, review

__all__ = [
    "Commit",
    "Conversation",
    "Review",
    "Side",
    "StackReview",
    "at_commit",
    "github",
    "gitlab",
    "head",
    "of_commit",
    "review",
]
