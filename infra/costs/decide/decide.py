"""Host it or pay for the API: the answer for one situation, with everything it rests on."""

from collections.abc import Sequence

from infra.costs.compare import break_even
from infra.costs.curves import Curve
from infra.costs.decide.answer import Answer, BreakEvenRow, Numbers, OptionRow
from infra.costs.decide.board import Board, lay_out
from infra.costs.decide.candidates import Candidate
from infra.costs.decide.choice import choose, too_much
from infra.costs.decide.found import Found
from infra.costs.decide.guide import next_steps, reasons_of
from infra.costs.decide.options import Amounts, Option, amounts
from infra.costs.decide.ranges import Totals, ranges_of
from infra.costs.decide.sensitivity import flips_of
from infra.costs.decide.situation import Situation
from infra.costs.decide.unknown import unknown_of
from infra.costs.decide.varied import Varied


def decide(situation: Situation, candidates: Sequence[Candidate], *, sensitivity: bool = True) -> Answer:
    """Recommend an option for a situation, among managed APIs and these ways to host.

    The deciding figure is what an option costs over the months of the workload's [ownership], people included, among
    those that the hard rules, capacity and the budget leave; a rule that decides otherwise names itself. Raises
    InputError for values that cannot be.
    """
    board = lay_out(situation, candidates)
    costs = [amounts(option, board.volumes) for option in board.options]
    choice = choose(situation, board.options, costs)
    totals = Totals.of(board)
    ranges = ranges_of(totals)
    found = Found(board=board, choice=choice, costs=costs, ranges=ranges)
    numbers = Numbers(
        unit=situation.unit,
        volume=situation.volume_per_month,
        months=len(board.volumes),
        options=tuple(_row(board, o, c) for o, c in zip(board.options, costs, strict=True)),
        break_evens=tuple(_break_evens(board)),
        ranges=ranges,
    )
    return Answer(
        situation=situation,
        recommendation=choice.name,
        option=choice.option.name if choice.option else "",
        rule=choice.rule,
        reasons=reasons_of(found),
        next_steps=next_steps(found),
        numbers=numbers,
        flips=flips_of(Varied(board=board, choice=choice), totals, ranges) if sensitivity else (),
        unknown=unknown_of(board, choice),
    )


def _row(board: Board, option: Option, costs: Amounts) -> OptionRow:
    volume = board.volumes[0]
    served = costs.first is not None
    return OptionRow(
        key=option.key,
        name=option.name,
        with_people=costs.first,
        without_people=option.without_people.at(volume) if served else None,
        once=option.scenario.paid_once,
        total=costs.total,
        blocks=(*option.blocks, *too_much(option, costs, board.situation, board.volumes)),
    )


def _break_evens(board: Board) -> list[BreakEvenRow]:
    """Each stack on its own beside each API, in the month's bill."""
    hosts = [o for o in board.options if o.key == "self-hosted" and o.estimate and o.estimate.groups]
    return [
        BreakEvenRow(
            stack=host.name,
            api=api.name,
            with_people=break_even(host.scenario.curve, api.scenario.curve).volumes,
            without_people=break_even(_stack_alone(host), _api_alone(api, board)).volumes,
        )
        for host in hosts
        for api in board.options
        if api.key == "api"
    ]


def _stack_alone(host: Option) -> Curve:
    assert host.estimate is not None  # noqa: S101
    return host.estimate.curve("expected")


def _api_alone(api: Option, board: Board) -> Curve:
    assert api.api is not None  # noqa: S101
    return api.api.curve(board.workload)
