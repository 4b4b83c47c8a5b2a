"""A new stack from five answers: its settings and its workload, each line with its meaning and its reason.

What is chosen is chosen by `infra.choose`; what is written is read back before it counts.
"""

from infra.init.answers import Answers, Question, fitting, parsed, questions, refuse_name, refuse_outside
from infra.init.chosen import Chosen, choose
from infra.init.documents import stack_document, workload_document
from infra.init.files import read_back, refuse_present, workload_path, write
from infra.init.models import TASKS, task_of
from infra.init.rules import RULES
from infra.record import declared

__all__ = [
    "Answers",
    "Chosen",
    "Question",
    "RULES",
    "TASKS",
    "choose",
    "declared",
    "fitting",
    "parsed",
    "questions",
    "read_back",
    "refuse_name",
    "refuse_outside",
    "refuse_present",
    "stack_document",
    "task_of",
    "workload_document",
    "workload_path",
    "write",
]
