"""The article's order of steps as rules over numbers: stay; better data; ask the provider; an expert; an engineer."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Final

from infra.costs.finetuning.compared import FineTuned
from infra.costs.finetuning.known import TITLES, Kind, Known, Step, f1, percent
from infra.costs.finetuning.learning import Rise, rise_of
from infra.costs.finetuning.quality import FEW_OF_A_CLASS, MANY_LEFT_OUT, Quality
from infra.costs.reports.report import verdict
from infra.costs.reports.words import money

UNSCORED: Final = "not known: the API's answers have not been scored on this test set"
NO_SCORE: Final = "not known: no score of our model"


def advice(quality: Quality, found: FineTuned | None = None) -> tuple[Step, ...]:
    """Every step in the article's order, each applying or not, with its numbers; `found` adds what things cost.

    Raises InputError where `quality.api` names an API that is unknown or answers something else.
    """
    known = Known(quality=quality, found=found)
    return tuple(rung(known) for rung in LADDER)


def stay(known: Known) -> Step:
    """The API does the job and costs no more."""
    kind: Kind = "stay-with-api"
    enough, why = _good_enough(known)
    if enough is None:
        return _not(kind, why)
    if known.their_cost is None or known.found is None:
        return _not(kind, f"{why}; not known: what either side costs")
    if not enough:
        return _not(kind, f"{why}; {known.costs}" if known.costs else why)
    if known.our_cost is None:
        costs = f"{known.at_volume} it costs {money(known.their_cost)} USD, and the stack cannot answer that many"
    elif known.their_cost <= known.our_cost:
        costs = known.costs
    else:
        return _not(kind, f"{why}, and {known.costs}")
    text = f"{TITLES[kind]}: {why}, and {costs}."
    return Step(kind=kind, applies=True, text=text, because="it does the job, and costs no more")


def better_data(known: Known) -> Step:
    """The learning curve rises, many rows are bad, or a class has few examples; nothing where the goal is met."""
    kind: Kind = "invest-in-data"
    if _goal_is_met(known.quality):
        return _not(kind, f"macro F1 of {known.ours} reaches the goal of {f1(known.quality.goal)}")
    found = tuple(_data_trouble(known))
    if not found:
        return _not(kind, "; ".join(_data_is_fine(known.quality)))
    text = f"{TITLES[kind]}: {'; '.join(said for _, said in found)}."
    return Step(kind=kind, applies=True, text=text, because=", ".join(why for why, _ in found))


def ask_provider(known: Known) -> Step:
    """The API's answers are poor although the data is fine, or they are better than ours."""
    kind: Kind = "ask-provider"
    held = known.quality
    if held.api_f1 is None:
        return _not(kind, UNSCORED)
    if stay(known).applies:
        return _not(kind, _done(known))
    theirs = f"{known.scored} macro F1 is {f1(held.api_f1)}"
    training = f"; {known.beside.training}" if known.beside else ""
    if held.high is not None and held.api_f1 > held.high:
        text = f"{TITLES[kind]}: {theirs}, above ours of {known.ours}; ask what it does otherwise{training}."
        return Step(kind=kind, applies=True, text=text, because="the API's answers are better than ours")
    poor = _is_poor(known)
    if poor is None:
        return _not(kind, f"{theirs}; not known whether that is poor: neither a goal nor a score of our model")
    if not poor:
        return _not(kind, f"{theirs}, not poor: it is not below {_aim(known)}")
    if tuple(_data_trouble(known)):
        return _not(kind, f"{theirs}, below {_aim(known)}, but better data comes first")
    if not _data_is_known(held):
        return _not(kind, f"{theirs}, below {_aim(known)}; not known whether the data is at fault")
    fine = "; ".join(_data_is_fine(held))
    text = f"{TITLES[kind]}: {theirs}, below {_aim(known)}, and the data does not explain it ({fine}){training}."
    return Step(kind=kind, applies=True, text=text, because="the API's answers are poor and the data is fine")


def expert(known: Known) -> Step:
    """More examples do not help any more, and the score is still too low."""
    kind: Kind = "invest-in-ml"
    held, rise = known.quality, rise_of(known.quality)
    if held.macro_f1 is None:
        return _not(kind, NO_SCORE)
    if stay(known).applies:
        return _not(kind, _done(known))
    aims = tuple(_above_ours(held))
    if not aims:
        missing = held.goal is None and held.api_f1 is None
        unknown = "not known: neither a goal nor a score of the API says what is needed"
        return _not(kind, unknown if missing else f"macro F1 of {known.ours} is not below {_targets(held)}")
    if rise is None:
        return _not(kind, f"macro F1 of {known.ours} is below {aims[0]}; not known whether more data would help")
    if rise.goes_on:
        return _not(kind, f"more examples still help ({_step(rise)}): better data comes first")
    if tuple(_data_trouble(known)):
        return _not(kind, f"macro F1 of {known.ours} is below {aims[0]}, but better data comes first")
    month = f"; a month of one costs {money(known.found.workload.people.salary / 12)} USD" if known.found else ""
    below = " and ".join(aims)
    text = f"{TITLES[kind]}: {_step(rise)}, within its noise, and {known.ours} is still below {below}{month}."
    return Step(kind=kind, applies=True, text=text, because="more data does not help, and the score is too low")


def engineer(known: Known) -> Step:
    """The quality is there and the volume makes self-hosting the cheaper side: production is what is missing."""
    kind: Kind = "invest-in-mlops"
    there, why = _quality_is_there(known)
    if not there:
        return _not(kind, why)
    if known.found is None or known.result is None:
        return _not(kind, f"{why}; not known: what either side costs")
    if not known.found.sized:
        return _not(kind, f"{why}; not known: how many instances the volume needs")
    if known.our_cost is None or known.their_cost is None:
        limit = known.found.limit
        return _not(kind, f"{why}; {known.at_volume} the stack cannot answer{f': {limit.reason}' if limit else ''}")
    if known.our_cost >= known.their_cost:
        return _not(kind, f"{why}, but {known.costs}: {verdict(known.result)}")
    text = f"{TITLES[kind]}: {why}, and {known.costs}: {verdict(known.result)}."
    return Step(
        kind=kind, applies=True, text=text, because="the quality is there, and at this volume self-hosting wins"
    )


Rung = Callable[[Known], Step]
LADDER: Final[tuple[Rung, ...]] = (stay, better_data, ask_provider, expert, engineer)
"""The article's order."""


def _not(kind: Kind, why: str) -> Step:
    return Step(kind=kind, applies=False, text=f"{TITLES[kind]}: not now, {why}.", because=why)


def _done(known: Known) -> str:
    """Why nothing more is to be asked for: the API does the job."""
    return f"the API does the job and costs no more ({_good_enough(known)[1]})"


def _good_enough(known: Known) -> tuple[bool | None, str]:
    """Whether the API's answers do, and against what; None where that is not known."""
    held = known.quality
    if held.api_f1 is None:
        return None, UNSCORED
    score = f"{known.scored} macro F1 of {f1(held.api_f1)}"
    if held.goal is not None:
        reaches = held.api_f1 >= held.goal
        return reaches, f"{score} {'reaches' if reaches else 'is below'} the goal of {f1(held.goal)}"
    if held.low is None:
        return None, f"{score} is known; not known whether it is enough: neither a goal nor a score of our model"
    near = held.api_f1 >= held.low
    between = f", {f1(held.low)} at the least" if held.interval else ""
    return near, f"{score} is {'not ' if near else ''}below ours{between}"


def _is_poor(known: Known) -> bool | None:
    """Whether the API's answers are below the goal, else below what ours is at the least."""
    held = known.quality
    aim = held.goal if held.goal is not None else held.low
    return None if aim is None or held.api_f1 is None else held.api_f1 < aim


def _aim(known: Known) -> str:
    held = known.quality
    return f"the goal of {f1(held.goal)}" if held.goal is not None else f"ours of {known.ours}"


def _goal_is_met(held: Quality) -> bool:
    return held.goal is not None and held.low is not None and held.low >= held.goal


def _data_trouble(known: Known) -> Iterator[tuple[str, str]]:
    """What of the data would be worth mending, each with its numbers: a few words, and the whole of it."""
    held, rise = known.quality, rise_of(known.quality)
    if rise and rise.goes_on:
        yield "the learning curve still rises", _carried_on(known, rise)
    if held.left_out is not None and held.left_out >= MANY_LEFT_OUT:
        said = f"{percent(held.left_out)} of the rows contradict each other or were left out"
        yield "many rows are left out", f"{said} ({percent(MANY_LEFT_OUT)} or more are many, assumed)"
    if held.smallest_class is not None and held.smallest_class < FEW_OF_A_CLASS:
        more = known.labels(FEW_OF_A_CLASS - held.smallest_class)
        said = f"the smallest class has {held.smallest_class} examples (below {FEW_OF_A_CLASS} are few, assumed)"
        yield "a class has few examples", f"{said}: {more}"


def _carried_on(known: Known, rise: Rise) -> str:
    examples, score = rise.twice
    more = known.labels(rise.after.examples)
    text = (
        f"{_step(rise)}, more than its noise of {f1(rise.noise)}; at that pace {examples:,} give {f1(score)} ({more})"
    )
    goal = known.quality.goal
    if goal is None or goal <= rise.after.macro_f1:
        return text
    needed = rise.examples_for(Fraction(goal))
    if needed is None:
        return f"{text}, and no number of examples to be had reaches the goal of {f1(goal)}"
    return f"{text}, and {needed:,} reach the goal of {f1(goal)} ({known.labels(needed - rise.after.examples)})"


def _step(rise: Rise) -> str:
    """The last step of the learning curve in words."""
    sizes = f"from {rise.before.examples:,} to {rise.after.examples:,} examples"
    sign = "+" if rise.gain >= 0 else ""
    return f"{sizes} macro F1 changed by {sign}{f1(rise.gain)} to {f1(rise.after.macro_f1)}"


def _data_is_known(held: Quality) -> bool:
    return held.left_out is not None or held.smallest_class is not None or held.last is not None


def _data_is_fine(held: Quality) -> Iterator[str]:
    """What of the data is known to be fine, and what is not known."""
    rise = rise_of(held)
    yield f"{_step(rise)}, within its noise of {f1(rise.noise)}" if rise else "no learning curve is known"
    yield f"{percent(held.left_out)} of the rows left out" if held.left_out is not None else "rows left out: not known"
    smallest = held.smallest_class
    yield f"the smallest class has {smallest:,} examples" if smallest is not None else "class sizes: not known"


def _above_ours(held: Quality) -> Iterator[str]:
    """What our score is below."""
    ours = held.macro_f1
    if ours is not None and held.goal is not None and ours < held.goal:
        yield f"the goal of {f1(held.goal)}"
    if ours is not None and held.api_f1 is not None and ours < held.api_f1:
        yield f"the API's {f1(held.api_f1)}"


def _targets(held: Quality) -> str:
    aims = ((held.goal, "the goal of"), (held.api_f1, "the API's"))
    return " and ".join(f"{words} {f1(value)}" for value, words in aims if value is not None)


def _quality_is_there(known: Known) -> tuple[bool, str]:
    """Whether the score reaches the goal, without one whether it is above the API's, by its interval; in words."""
    held = known.quality
    if held.macro_f1 is None or held.low is None:
        return False, NO_SCORE
    if held.current_f1 is not None and held.current_f1 >= held.macro_f1:
        return False, f"the version in use has {f1(held.current_f1)}, the new one {known.ours}: it would be no better"
    score = f"macro F1 of {known.ours}"
    if _goal_is_met(held):
        return True, f"{score} reaches the goal of {f1(held.goal)}"
    if held.goal is None and held.api_f1 is not None and held.low > held.api_f1:
        return True, f"{score} is above the API's {f1(held.api_f1)}"
    if held.goal is None and held.api_f1 is None:
        return False, f"not known whether {score} is enough: neither a goal nor a score of the API"
    aim = f"the goal of {f1(held.goal)}" if held.goal is not None else f"the API's {f1(held.api_f1)}"
    return False, f"{score} is not certainly above {aim}"
