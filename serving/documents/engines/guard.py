"""Nothing stays behind: worker processes and their temporary files go even when the run itself is killed with -9."""

import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

# It is told the process groups that live; the end of its input is the end of the run, however that came.
SCRIPT = """
while IFS= read -r line; do groups=$line; done
for group in $groups; do kill -s KILL -- "-$group"; done 2>/dev/null
rm -rf -- "$1"
"""


class Guard:
    """A small shell that outlives the run by a moment; `temporary` is the folder that goes with it."""

    def __init__(self) -> None:
        self.temporary = Path(tempfile.mkdtemp(prefix="breakeven-documents-"))
        self._shell = subprocess.Popen(  # noqa: S603 - the script above
            ["/bin/sh", "-c", SCRIPT, "guard", str(self.temporary)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._input = cast(IO[bytes], self._shell.stdin)

    def watch(self, groups: Iterable[int]) -> None:
        """Tell it which process groups live now."""
        with suppress(BrokenPipeError):
            self._input.write(f"{' '.join(map(str, groups))}\n".encode())
            self._input.flush()

    def close(self) -> None:
        """The run is over, and its processes with it."""
        self.watch(())
        with suppress(BrokenPipeError):
            self._input.close()
        self._shell.wait()
