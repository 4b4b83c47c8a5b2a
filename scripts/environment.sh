# shellcheck shell=bash
# Sourced by the scripts beside it: makes .venv on first use, and again when what it should hold has changed.
# `ensure_environment CORE_OR_EXTRA` leaves `python` set to the environment's interpreter; BREAKEVEN_PYTHON names one that
# has all that is needed (a container's), and then nothing is set up.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv="$root/.venv"
python="$venv/bin/python"

_find_python() {
  local name
  for name in python3.11 python3.12 python3.13 python3 python; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  echo "breakeven: no Python 3.11 or newer on PATH; install one" >&2
  return 1
}

ensure_environment() {
  local wanted="$1" stamp="$venv/.holds-$1" found
  if [[ -n "${BREAKEVEN_PYTHON:-}" ]]; then
    python="$BREAKEVEN_PYTHON"
    export PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}"
    return
  fi
  # A file test, not a checksum: this runs before every command.
  if [[ -x "$python" && "$stamp" -nt "$root/pyproject.toml" && "$stamp" -nt "$root/constraints.txt" ]]; then
    return
  fi
  found=$(_find_python) || return
  local wait="some minutes"
  [[ "$wanted" != core ]] || wait="about a minute"
  echo "breakeven: setting up $venv ($wanted; once, $wait)" >&2
  [[ -x "$python" ]] || "$found" -m venv "$venv" || return
  local target="$root"
  [[ "$wanted" == core ]] || target="$root[$wanted]"
  # pip's own progress bar shows what is being fetched; its notices about itself do not help here. What is compiled to
  # bytecode for it is mostly never loaded: thousands of files of pulumi_aws alone.
  if ! "$python" -m pip install --disable-pip-version-check -q --progress-bar on --no-compile \
    -c "$root/constraints.txt" -e "$target" >&2; then
    echo "breakeven: the set-up failed; mend what pip says above and run the command again" >&2
    return 1
  fi
  # Without compiled bytecode the first preview takes seconds longer; other modules are compiled when they are first loaded.
  "$python" -m compileall -q -j 0 "$venv"/lib/python*/site-packages/pulumi "$venv"/lib/python*/site-packages/pulumi_aws/{ec2,s3,iam,lb,autoscaling} >/dev/null 2>&1 || true
  touch "$stamp"
}
