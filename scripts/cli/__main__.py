"""The command line: one file per verb beside this one; errors become one line and an exit code."""

import sys
from typing import Any

from scripts.cli.exit_codes import ExitCode


def __getattr__(name: str) -> Any:
    """`app`, with all verbs: for programs that look at them."""
    if name == "app":
        from scripts.cli import verbs

        return verbs.app_of()
    raise AttributeError(name)


def main() -> None:
    """Run the command line; end with a code that says what happened."""
    try:
        _run()
    except KeyboardInterrupt:
        # Also one that comes while modules are still being loaded, which takes most of a short verb's time.
        sys.exit(ExitCode.INTERRUPTED)


def _run() -> None:
    from infra.costs.errors import CostError, InputError
    from scripts.cli import verbs
    from serving.errors import ServingError

    try:
        verbs.asked(sys.argv[1:])(prog_name="breakeven")
    except (CostError, ServingError) as error:
        print(f"breakeven: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.filename is None:
            raise
        # A name too long, a folder that may not be read, a disk that is full: no mistake of the program.
        refused = InputError(str(error.filename), str(error.strerror), "check the path and what may be done there")
        print(f"breakeven: {refused}", file=sys.stderr)
        sys.exit(refused.exit_code)


if __name__ == "__main__":
    main()
