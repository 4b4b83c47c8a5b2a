"""`breakeven compare`: several stacks, regions or instance types in one table, and where they differ."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.cli import options

if TYPE_CHECKING:
    from infra.costs.reports.compared import Row
    from infra.costs.stack import Stack
    from infra.record import StackConfig
    from scripts.cli.session import Inputs

Recorded = tuple["Stack", tuple[str, ...]]

Files = Annotated[list[str] | None, typer.Argument(help="Preview JSON, stack exports, resource lists or events.")]
Stacks = Annotated[list[str] | None, typer.Option("--stack", "-s", help="Which Pulumi.<stack>.yaml; again for more.")]
Regions = Annotated[list[str] | None, typer.Option("--region", help="In this region; may be given again.")]
Types = Annotated[
    list[str] | None,
    typer.Option("--instance-type", help="With this instance type (several: a,b) in the program's stacks; again."),
]


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(compare)


def compare(
    files: Files = None,
    stack: Stacks = None,
    region: Regions = None,
    instance_type: Types = None,
    workload: options.WorkloadFile = None,
    volume: options.Volume = None,
    peak: options.Peak = None,
    people_share: options.PeopleShare = None,
    spot_share: options.SpotShare = None,
    usage: options.UsageFile = None,
    prices: options.PriceBooks = None,
    form: options.OutputFormat = options.Format.TEXT,
) -> None:
    """Put several stacks, regions or instance types beside each other."""
    from infra.costs.reports.compared import Compared
    from infra.costs.reports.compared_forms import compared_document, compared_markdown, compared_text
    from scripts.cli import session

    given = session.Inputs(
        workload=workload,
        volume=volume,
        peak=peak,
        people_share=people_share,
        spot_share=spot_share,
        usage=usage,
        prices=tuple(prices or ()),
    )
    given.assumed()  # what is wrong with the workload is wrong in every row
    names = stack or ([] if files else ["dev"])
    rows = [*_of_files(files or [], region or [""], given), *_of_stacks(names, region or [""], instance_type, given)]
    compared = Compared.of(rows)
    session.tell(
        form,
        text=lambda: compared_text(compared, session.painter()),
        markdown=lambda: compared_markdown(compared),
        document=lambda: compared_document(compared),
    )
    raise typer.Exit(compared.exit_code)


def _of_files(files: Sequence[str], regions: Sequence[str], given: "Inputs") -> Iterator["Row"]:
    from scripts.cli import session

    # Every file is read before one is priced: a slip in a name is told at once.
    read = [(file, session.read_stack(file, regions[0] if len(regions) == 1 else "")) for file in files]
    for (file, found), region in product(read, regions):
        yield _row(file, region, "", partial(_laid, (found, ()), region), given)


def _of_stacks(
    names: Sequence[str], regions: Sequence[str], types: Sequence[str] | None, given: "Inputs"
) -> Iterator["Row"]:
    """The program runs once for each stack and instance types; regions are laid over what it asked for."""
    from infra.record import REGION, read_config
    from scripts.cli import session

    configs = [read_config(name, session.ROOT) for name in names]
    for config, kinds in product(configs, types or [""]):
        named = [kind.strip() for kind in kinds.split(",") if kind.strip()]
        changes: dict[str, object] = {f"{config.project}:instanceTypes": named} if named else {}
        changed = config.with_overrides(changes)
        kept: list[Recorded] = []
        for region in regions:
            placed = changed.with_overrides({REGION: region} if region else {})
            yield _row(config.stack, region, ", ".join(named), partial(_recorded, placed, kept), given)


def _recorded(config: "StackConfig", kept: list[Recorded]) -> Recorded:
    """What the program asks for, from the one recording that is kept for all regions."""
    from infra.record import record_config
    from scripts.cli import progress

    if not kept:
        with progress.waiting(f"Running the program of stack {config.stack}"):
            recording = record_config(config)
        kept.append((recording.as_stack(), recording.warnings))
    return _laid(kept[0], config.region)


def _laid(read: Recorded, region: str) -> Recorded:
    from infra.choose import in_region

    stack, warnings = read
    return in_region(stack, region) if region else stack, warnings


def _row(name: str, region: str, kinds: str, read: Callable[[], Recorded], given: "Inputs") -> "Row":
    """One row; what a stack, its settings or its prices refuse stays in the table as its reason."""
    from infra.costs.errors import CostError
    from infra.costs.reports.compared import Row
    from scripts.cli import session

    try:
        stack, warnings = read()
        priced = replace(given, region=region).price(stack)
        report = session.report_of("compare", name, priced, warnings)
    except CostError as error:
        return Row(name=name, region=region, instance_types=kinds, refused=str(error))
    return Row(name=name, region=region, instance_types=kinds, report=report)
