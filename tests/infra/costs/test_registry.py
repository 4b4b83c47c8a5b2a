"""The registry of pricers is complete and well formed, and the engine stays light."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.costs.pricers.storage import CLASS_USAGE, CLASSES
from infra.costs.pricers.transfer import TRANSFER_USAGE
from infra.costs.pricing import FREE, PRICERS, free, prices
from tests.infra.costs.stacks import SAMPLES

ROOT = Path(__file__).parents[3]
TOKEN = re.compile(r"aws:[a-z0-9]+/([a-z][A-Za-z0-9]*):([A-Z][A-Za-z0-9]*)")


def words(text: str) -> list[str]:
    return text.split()


# The vocabulary of the golden cases.
VOCABULARY = words(
    """
monthly_hours instances operating_system reserved_instance_type reserved_instance_term reserved_instance_payment_option
monthly_cpu_credit_hours vcpu_count monthly_standard_io_requests monthly_list_block_requests
monthly_get_block_requests monthly_put_block_requests monthly_fast_snapshot_restore_hours new_connections_per_second
active_connections_per_minute rule_evaluations_per_second monthly_data_processed_gb monthly_requests request_size_kb
request_duration_ms monthly_messages message_size_kb monthly_connection_minutes storage_gb monthly_data_ingested_gb
monthly_data_scanned_gb http_subscriptions email_subscriptions kinesis_subscriptions mobile_push_subscriptions
macos_subscriptions sms_subscriptions sms_notification_price_usd rule_group_rules managed_rule_group_rules
monthly_standard_queries monthly_latency_based_queries monthly_geo_queries api_throughput_limit
monthly_api_interactions monthly_parameter_storage_hours
    """
)
STORAGE_CLASSES = words(
    """
standard intelligent_tiering standard_infrequent_access one_zone_infrequent_access glacier_flexible_retrieval
glacier_deep_archive
    """
)
OF_A_CLASS = words(
    """
storage_gb frequent_access_storage_gb infrequent_access_storage_gb archive_access_storage_gb
deep_archive_access_storage_gb monitored_objects monthly_tier_1_requests monthly_tier_2_requests
monthly_lifecycle_transition_requests monthly_data_retrieval_gb monthly_standard_data_retrieval_gb
monthly_expedited_data_retrieval_gb monthly_bulk_data_retrieval_gb monthly_standard_data_retrieval_requests
monthly_expedited_data_retrieval_requests monthly_bulk_data_retrieval_requests monthly_select_data_scanned_gb
monthly_standard_select_data_scanned_gb monthly_expedited_select_data_scanned_gb
monthly_bulk_select_data_scanned_gb monthly_select_data_returned_gb monthly_standard_select_data_returned_gb
monthly_expedited_select_data_returned_gb monthly_bulk_select_data_returned_gb monthly_early_delete_gb
    """
)
OF_TRANSFER = words(
    """
region monthly_intra_region_gb monthly_outbound_us_east_to_us_east_gb monthly_outbound_other_regions_gb
monthly_outbound_internet_gb
    """
)


@pytest.mark.parametrize("token", [*PRICERS, *FREE])
def test_a_type_token_names_package_module_and_type(token: str) -> None:
    found = TOKEN.fullmatch(token)
    assert found
    # The file part is the type in lower camel case.
    assert found[1].lower() == found[2].lower()


def test_no_type_is_both_priced_and_free_and_none_is_registered_twice() -> None:
    assert not set(PRICERS) & set(FREE)
    with pytest.raises(ValueError, match="registered twice"):
        prices(next(iter(PRICERS)))(lambda resource, pricing: iter(()))
    with pytest.raises(ValueError, match="registered twice"):
        free("a reason", next(iter(FREE)))


@pytest.mark.parametrize("token", FREE)
def test_every_free_type_says_why(token: str) -> None:
    assert len(FREE[token].split()) >= 3


@pytest.mark.parametrize(
    ("keys", "known"),
    [
        (VOCABULARY, {key for pricer in PRICERS.values() for key in pricer.usage}),
        (STORAGE_CLASSES, set(CLASSES)),
        (OF_A_CLASS, set(CLASS_USAGE)),
        (OF_TRANSFER, set(TRANSFER_USAGE)),
    ],
    ids=["resources", "storage classes", "inside a storage class", "data transfer"],
)
def test_every_key_of_the_usage_vocabulary_is_known(keys: list[str], known: set[str]) -> None:
    assert not set(keys) - known


def _loaded_by(code: str) -> set[str]:
    """The top-level modules a fresh interpreter has after running some code that prints nothing itself."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


HEAVY = {"pulumi", "pulumi_aws", "boto3", "botocore", "grpc", "torch"}
SAMPLE = str(SAMPLES / "stack-export.json")


@pytest.mark.parametrize("arguments", [["estimate", SAMPLE], ["explain", "asg", "--file", SAMPLE], ["prices"]])
def test_a_verb_that_reads_a_file_imports_neither_pulumi_nor_boto(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        f"sys.argv = ['breakeven', *{arguments!r}]\n"
        "from scripts.cli.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit as done:\n    assert not done.code, done.code"
    )
    assert not _loaded_by(code) & HEAVY


def test_the_engine_imports_the_standard_library_alone() -> None:
    modules = [p.with_suffix("").relative_to(ROOT) for p in (ROOT / "infra" / "costs").rglob("*.py")]
    names = [".".join(p.parts).removesuffix(".__init__") for p in modules]
    assert len(names) > 25
    bare = _loaded_by("pass")
    added = _loaded_by("\n".join(f"import {name}" for name in names)) - bare
    assert added - set(sys.stdlib_module_names) == {"infra"}


def test_the_engine_neither_prints_nor_exits() -> None:
    calls = [
        (path.name, node.func.id)
        for path in (ROOT / "infra" / "costs").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "exit", "input")
    ]
    assert calls == []
