"""`breakeven privacy`: what data goes where in a stack and how long it stays, beside what vendors say of the same."""

from typing import TYPE_CHECKING, Annotated

import typer

from scripts.cli import options

if TYPE_CHECKING:
    from infra.costs.vendors import Vendor
    from infra.costs.workload import Workload


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(privacy)


def privacy(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A stack file in place of the program; - for stdin.")] = "",
    stack: options.StackName = "dev",
    workload: options.WorkloadFile = None,
    region: options.Region = "",
    form: options.OutputFormat = options.Format.TEXT,
) -> None:
    """Show where data rest and pass, for how long, under which key and who may read them, beside the vendors' facts."""
    from infra.privacy import dataflow
    from infra.privacy.report import as_document, as_markdown, as_text
    from scripts.cli import session

    if file and options.stated(context, "stack"):
        raise typer.BadParameter("give a file or --stack, not both")
    vendors = _vendors(session.read_workload(workload, None))
    read, name, _ = session.stack_of(file, stack, region)
    flow = dataflow(read)
    session.tell(
        form,
        text=lambda: as_text(flow, name, vendors),
        markdown=lambda: as_markdown(flow, name, vendors),
        document=lambda: as_document(flow, vendors),
    )


def _vendors(workload: "Workload") -> "tuple[Vendor, ...]":
    """Vendors of the APIs that the workload is compared with, each once; of others no facts are known."""
    from infra.costs.managed.offers import offers_for
    from infra.costs.vendors import vendors

    known = vendors()
    return tuple(known[key] for key in dict.fromkeys(api.vendor for api in offers_for(workload)) if key in known)
