"""The component package from TypeScript: compiled against the schema's types, and previewed by the real engine.

Needs node and npm beside the engine; the packages are installed once a machine.
"""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from infra.emulator import emulator
from tests.infra.engine import PROVIDER_SETTINGS, needs_engine
from tests.infra.package_callers import PACKAGE, REGION, block, expected, program, typescript_sdk

# The SDK of the engine that the tests use; the compiler that this SDK is built with.
PACKAGES = ("@pulumi/pulumi@3.259.0", "typescript@5.9.3")
OPTIONS = ("--strict", "--skipLibCheck", "--target", "es2020", "--module", "commonjs", "--moduleResolution", "node10")
# No language plugin is needed where the program runs in the process that asks the engine.
HOST = """
import { LocalWorkspace } from "@pulumi/pulumi/automation";
async function main() {
    const settings: any = { name: "shop", runtime: "nodejs", packages: { breakeven: process.argv[2] } };
    const program = async () => require("./index");
    const where = { projectSettings: settings, workDir: process.argv[3] };
    const stack = await LocalWorkspace.createStack({ projectName: "shop", stackName: "dev", program }, where);
    for (const [key, value] of Object.entries(JSON.parse(process.argv[4]))) {
        await stack.setConfig(key, { value: String(value) });
    }
    const types: string[] = [];
    const outputs: any[] = [];
    await stack.preview({ onEvent: event => {
        const step: any = event.resourcePreEvent?.metadata;
        if (step?.op === "create") { types.push(step.type); }
        const done: any = event.resOutputsEvent?.metadata;
        if (done?.type === "pulumi:pulumi:Stack") { outputs.push(done.new?.outputs); }
    } });
    console.log(JSON.stringify({ types, outputs }));
}
main().catch(error => { console.error(error); process.exit(1); });
"""
absent = [name for name in ("node", "npm") if not shutil.which(name)]
pytestmark = [*needs_engine, pytest.mark.skipif(bool(absent), reason=f"no {' and no '.join(absent)} on PATH")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's program, what asks the engine, and the packages of both."""
    folder = tmp_path_factory.mktemp("typescript")
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "@pulumi").mkdir()
    installed = modules()
    for source in (*installed.iterdir(), *(installed / "@pulumi").iterdir()):
        if source.name != "@pulumi":
            (folder / source.relative_to(installed.parent)).symlink_to(source)
    typescript_sdk(folder)
    (folder / "index.ts").write_text(block("typescript"))
    (folder / "host.ts").write_text(HOST)
    return folder


def modules() -> Path:
    """The installed packages."""
    place = (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        / "breakeven"
        / "-".join(name.rpartition("@")[2] for name in PACKAGES)
    )
    if not (place / "complete").is_file():
        place.mkdir(parents=True, exist_ok=True)
        quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--prefix", str(place))
        done = subprocess.run(
            [shutil.which("npm") or "npm", "install", *quiet, *PACKAGES], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            pytest.skip(f"npm cannot install {', '.join(PACKAGES)} here")
        (place / "complete").touch()
    return place / "node_modules"


def compiled(folder: Path, *files: str) -> str:
    """What the compiler says; empty where it is content."""
    compiler = folder / "node_modules" / "typescript" / "bin" / "tsc"
    done = subprocess.run(
        [shutil.which("node") or "node", "--preserve-symlinks", str(compiler), *OPTIONS, "--preserveSymlinks", *files],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_a_program_with_a_wrong_name_or_type_does_not_compile(project: Path) -> None:
    text = (project / "index.ts").read_text()
    (project / "wrong_type.ts").write_text(text.replace("maxSize: 2,", 'maxSize: "two",'))
    (project / "wrong_name.ts").write_text(text.replace("alarms:", "alarm:"))
    said = compiled(project, "--noEmit", "wrong_type.ts", "wrong_name.ts")
    assert "Type 'string' is not assignable to type 'number'" in said
    assert "'alarm' does not exist in type 'ModelStackArgs'" in said
    assert said.count("error TS") == 2


def test_a_typescript_program_gets_the_resources_and_the_bill_of_the_program(project: Path, tmp_path: Path) -> None:
    assert compiled(project, "host.ts", "index.ts", "node_modules/@pulumi/breakeven/index.ts") == ""
    (tmp_path / "state").mkdir()
    (tmp_path / "work").mkdir()
    settings = json.dumps({"aws:region": REGION, **PROVIDER_SETTINGS})
    with emulator() as aws:
        done = subprocess.run(
            [
                shutil.which("node") or "node",
                "--preserve-symlinks",
                "host.js",
                str(PACKAGE),
                str(tmp_path / "work"),
                settings,
            ],
            cwd=project,
            env={
                **os.environ,
                **aws,
                "BREAKEVEN_PYTHON": sys.executable,
                "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
                "PULUMI_CONFIG_PASSPHRASE": "for the tests",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    created = Counter(type_ for type_ in found["types"] if not type_.startswith("pulumi:"))
    assert created == expected()
    assert found["outputs"][-1]["cost"] == program().outputs["costPerMonth"]
