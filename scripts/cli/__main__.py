"""The command line: one file per verb beside this one; errors become one line and an exit code."""

import os
import sys

import typer

from scripts.cli import (
    access,
    archive,
    backup,
    bundle,
    cheapest,
    check,
    compare,
    decide,
    destroy,
    diff,
    doctor,
    estimate,
    explain,
    explain_alarm,
    finetune,
    load,
    measure,
    new_model,
    outputs,
    plan,
    predict,
    preview,
    prices,
    privacy,
    reconcile,
    refresh,
    report,
    restore,
    rollback,
    rollout,
    sentiment,
    serve,
    simulate,
    sweep,
    tco,
    timeline,
    up,
    versions,
)

app = typer.Typer(
    name="breakeven",
    help="Host an open-source model yourself, or pay for a managed API? Numbers before anything is deployed.",
    epilog="Exit codes: 0 fine, 2 wrong arguments, 3 input that cannot be used, 4 a price is missing, 5 over budget, "
    "6 not everything priced (--strict), 7 a deployment or an endpoint failed, 8 something billable is left, "
    "9 doctor found something, 10 a mandatory security rule is violated, 11 documents have no result, "
    "12 an objective is missed, 13 a fine-tuned version is not better.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (
    preview,
    estimate,
    explain,
    decide,
    tco,
    report,
    compare,
    cheapest,
    simulate,
    plan,
    prices,
    reconcile,
    check,
    access,
    privacy,
    diff,
    up,
    outputs,
    refresh,
    destroy,
    sweep,
    explain_alarm,
    backup,
    restore,
    timeline,
    doctor,
    archive,
    bundle,
    serve,
    predict,
    sentiment,
    load,
    measure,
    new_model,
    finetune,
    versions,
    rollout,
    rollback,
):
    verb.add_to(app)


def main() -> None:
    """Run the command line; end with a code that says what happened."""
    from infra.costs.errors import CostError, InputError
    from serving.errors import ServingError

    try:
        app(prog_name="breakeven")
    except (CostError, ServingError) as error:
        print(f"breakeven: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader (head, a pager) has seen enough; Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        if error.filename is None:
            raise
        # A name too long, a folder that may not be read, a disk that is full: no mistake of the program.
        refused = InputError(str(error.filename), str(error.strerror), "check the path and what may be done there")
        print(f"breakeven: {refused}", file=sys.stderr)
        sys.exit(refused.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
