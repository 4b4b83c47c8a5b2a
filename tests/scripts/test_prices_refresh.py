"""`breakeven prices refresh` against recorded answers: a book that prices, a diff that tells, errors in one line."""

import json
from datetime import date
from pathlib import Path

import pytest

from infra.costs.estimate import estimate
from infra.costs.prices import PriceBook
from infra.costs.readers import parse_stack
from tests.infra.account.answers import Aws, shape
from tests.scripts.account import account
from tests.scripts.command import breakeven

REGION = "eu-central-1"
NAT = "aws:ec2/natGateway:NatGateway"
STACK = json.dumps([{"urn": f"urn:pulumi:dev::p::{NAT}::nat", "type": NAT, "custom": True, "inputs": {}}])


def refresh(*arguments: str) -> tuple[int, str, str]:
    done = breakeven("prices", "refresh", "--region", REGION, *arguments)
    return done.returncode, done.stdout, done.stderr


def test_a_refreshed_book_prices_what_the_shipped_one_cannot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    book = tmp_path / "eu.toml"
    before = estimate(parse_stack(STACK, "stack", REGION))
    assert not before.items
    assert before.unpriced
    with account(Aws(), monkeypatch, tmp_path):
        code, output, error = refresh("--out", str(book))
    assert (code, error) == (0, "")
    after = estimate(parse_stack(STACK, "stack", REGION), book=PriceBook((book,)))
    assert float(after.monthly("expected")) == pytest.approx(37.96)
    item = after.items[0]
    assert (item.label, str(item.unit_price("expected"))) == ("NAT gateway", "0.052")
    assert item.price.source == "AWS Price List API, AmazonEC2 20261119202557 of 2026-11-19"
    assert item.price.checked == date.today()
    shown = breakeven("estimate", "-", "--prices", str(book), "--region", REGION, stdin=STACK)
    assert shown.returncode == 0
    assert "37.96" in shown.stdout
    assert f"wrote {book}" in output


def test_every_kind_of_price_comes_over_in_the_price_files_units(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    book = tmp_path / "eu.toml"
    with account(Aws(), monkeypatch, tmp_path):
        assert refresh("--out", str(book))[0] == 0
    prices = PriceBook((book,)).region(REGION)
    amounts = {
        "load_balancing.alb_hour": "0.027",
        "load_balancing.nlb_lcu_hour": "0.006",
        "ebs.gp3_mbps_month": "0.0478",
        "kms.requests_per_10000": "0.03",
        "kms.requests_asymmetric_per_10000": "0.15",
        "data_transfer.other_regions_gb": "0.02",
        "cloudwatch.dashboard_month": "3",
        "secrets.secret_month": "0.4",
    }
    assert {key: str(prices[key].amount) for key in amounts} == amounts
    http = prices["api_gateway.http_million"]
    assert [(str(t.amount), t.up_to and int(t.up_to), t.label) for t in http.tiers] == [
        ("1.2", 300, "first 300M"),
        ("1.08", None, "over 300M"),
    ]
    assert [int(t.up_to or 0) for t in prices["data_transfer.internet_gb"].tiers] == [10240, 51200, 153600, 0]
    sns = prices["sns.api_requests_million"]
    assert (str(sns.amount), sns.free, sns.free_period) == ("0.5", 1, "always")
    assert prices["data_transfer.internet_gb"].free == 100
    rows = {name: prices.row("ec2_on_demand", "linux", name) for name in ("g4dn.xlarge", "t3.medium")}
    assert {name: str(row.amount) for name, row in rows.items() if row} == {
        "g4dn.xlarge": "0.658",
        "t3.medium": "0.048",
    }
    windows = prices.row("ec2_windows", "windows", "t3.medium")
    assert windows is not None
    assert str(windows.amount) == "0.0664"


def test_the_diff_tells_changed_new_missing_and_not_refreshed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with account(Aws(), monkeypatch, tmp_path):
        code, output, _ = refresh("--type", "c5.large", "--type", "t3.medium")
    assert code == 0
    assert max(map(len, output.splitlines())) <= 80
    # What is too long for a line goes on below, further in.
    whole = output.replace("\n  ", " ").splitlines()
    lines = {" ".join(line.split()) for line in whole}
    assert "changed eu-central-1.ec2_on_demand.c5.large 0.097 -> 0.099 +2.1 %" in lines
    assert "new eu-central-1.network.nat_gateway_hour 0.052" in lines
    assert "missing eu-central-1.data_transfer.intra_region_gb 0.01" in lines
    reasons = [line for line in whole if line.startswith("not refreshed")]
    assert any(
        "2 products of AWSSecretsManager fit, at different prices): secrets.requests_per_10000" in r for r in reasons
    )
    assert any("add --spot): ec2_spot.spot" in r for r in reasons)
    named = {key for r in reasons for key in r.split("): ")[1].split(", ")}
    assert {"ec2_reserved.linux", "cloud_map.discovery_calls_million", "lambda.requests_million"} <= named


def test_check_ends_with_4_beyond_the_percentage_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with account(Aws(), monkeypatch, tmp_path):
        some = ("--service", "ec2_on_demand", "--type", "c5.large")
        assert refresh(*some, "--check", "1")[0] == 4
        assert refresh(*some, "--check", "3")[0] == 0


def test_only_the_services_named_are_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with account(Aws(), monkeypatch, tmp_path) as aws:
        assert refresh("--service", "kms")[0] == 0
        assert {asked["ServiceCode"] for _, asked in aws.asked} == {"awskms"}
        code, _, error = refresh("--service", "kmss")
        assert (code, error.count("\n")) == (3, 1)
        assert "did you mean 'kms'?" in error


def test_every_page_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with account(Aws(), monkeypatch, tmp_path) as aws:
        assert refresh("--service", "load_balancing")[0] == 0
        assert [asked.get("NextToken") for _, asked in aws.asked] == [None, "3"]


def test_spot_is_the_range_over_the_zones_without_local_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    book = tmp_path / "spot.toml"
    seen = [("g4dn.xlarge", f"{REGION}a", "0.2100"), ("g4dn.xlarge", f"{REGION}b", "0.2600")]
    seen.append(("g4dn.xlarge", f"{REGION}-ham-1a", "0.9000"))
    with account(Aws(spot=seen), monkeypatch, tmp_path):
        only = ("--type", "g4dn.xlarge", "--service", "ec2_spot", "--service", "ec2_on_demand")
        code, output, error = refresh("--spot", *only, "--out", str(book))
    assert (code, error) == (0, "")
    assert "0.267 / 0.2737 -> 0.21 / 0.26" in output
    for price in ("NaN", "free"):
        with account(Aws(spot=[*seen, ("g4dn.xlarge", f"{REGION}a", price)]), monkeypatch, tmp_path):
            code, _, error = refresh("--spot", "--service", "ec2_spot")
        assert (code, error.count("\n")) == (3, 1)
        assert f"'{price}' is no amount" in error
    machine = "aws:ec2/instance:Instance"
    urn = f"urn:pulumi:dev::p::{machine}::one"
    inputs = {"instanceType": "g4dn.xlarge", "instanceMarketOptions": {"marketType": "spot"}}
    stack = parse_stack(json.dumps([{"urn": urn, "type": machine, "custom": True, "inputs": inputs}]), "s", REGION)
    priced = estimate(stack, book=PriceBook((book,)))
    first = priced.items[0]
    assert first.spread is not None
    assert [float(bound) for bound in first.spread] == [0.21, 0.26]


def test_a_file_that_is_there_is_kept_unless_forced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    book = tmp_path / "eu.toml"
    book.write_text("mine", encoding="utf-8")
    with account(Aws(), monkeypatch, tmp_path) as aws:
        code, _, error = refresh("--service", "kms", "--out", str(book))
        assert (code, error.count("\n")) == (3, 1)
        assert "--force" in error
        assert book.read_text(encoding="utf-8") == "mine"
        assert not aws.asked
        assert refresh("--service", "kms", "--out", str(book), "--force")[0] == 0
    assert str(PriceBook((book,)).region(REGION)["kms.key_month"].amount) == "1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["eu.toml"]


def test_where_no_book_can_be_written_nothing_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with account(Aws(), monkeypatch, tmp_path) as aws:
        for out, says in ((tmp_path, "is a folder"), (tmp_path / "none" / "eu.toml", "its folder is not there")):
            code, output, error = refresh("--service", "kms", "--out", str(out), "--force")
            assert (code, output, error.count("\n"), aws.asked) == (3, "", 1, [])
            assert says in error


def test_throttling_is_waited_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with account(Aws(faults=[(400, "ThrottlingException")]), monkeypatch, tmp_path) as aws:
        assert refresh("--service", "kms")[0] == 0
        assert len(aws.asked) == 2


@pytest.mark.parametrize(
    ("faults", "says"),
    [
        ([(400, "AccessDeniedException")], "allow pricing:GetProducts"),
        ([(400, "UnrecognizedClientException")], "credentials are not accepted"),
    ],
)
def test_a_refusal_is_one_line(
    faults: list[tuple[int, str]], says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with account(Aws(faults=faults), monkeypatch, tmp_path):
        code, output, error = refresh("--service", "kms", "--out", str(tmp_path / "x.toml"))
    assert (code, output, error.count("\n")) == (3, "", 1)
    assert says in error
    assert not (tmp_path / "x.toml").exists()


def test_the_spot_permission_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with account(Aws(faults=[(403, "UnauthorizedOperation")]), monkeypatch, tmp_path):
        code, _, error = refresh("--spot", "--service", "ec2_spot")
    assert (code, error.count("\n")) == (3, 1)
    assert "allow ec2:DescribeSpotPriceHistory" in error


def test_without_credentials_the_error_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with account(Aws(), monkeypatch, tmp_path, credentials=False) as aws:
        code, _, error = refresh("--service", "kms")
        assert (code, error.count("\n"), aws.asked) == (3, 1, [])
    assert "no AWS credentials were found" in error


def test_another_currency_and_broken_items_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    yuan = json.loads(
        json.dumps([p for p in shape("price_list") if p["serviceCode"] == "awskms"]).replace('"USD"', '"CNY"')
    )
    broken = ["{not json", '{"product": {"sku": "1"}}', "[]"]
    with account(Aws(products=yuan), monkeypatch, tmp_path) as aws:
        code, _, error = refresh("--service", "kms")
        assert (code, error.count("\n")) == (3, 1)
        assert "in CNY, not USD" in error
        for text in broken:
            aws.products = [text]
            code, _, error = refresh("--service", "kms")
            assert (code, error.count("\n")) == (3, 1)
            assert "not as the API documents it" in error


def test_a_region_without_products_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    everywhere = [p for p in shape("price_list") if "regionCode" not in p["product"]["attributes"]]
    sold = [p for p in everywhere if p["serviceCode"] == "AmazonCloudWatch"]
    assert sold
    for products in ([], sold):
        with account(Aws(products=products), monkeypatch, tmp_path):
            code, output, error = refresh()
        assert (code, output, error.count("\n")) == (3, "", 1)
        assert "check the region's name" in error


def test_a_product_without_an_instance_type_is_none_of_an_instance(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    products = shape("price_list")
    bare = next(p for p in products if p["product"]["attributes"].get("instanceType") == "g4dn.xlarge")
    del bare["product"]["attributes"]["instanceType"]
    with account(Aws(products=products), monkeypatch, tmp_path):
        code, output, error = refresh("--service", "ec2_on_demand", "--out", str(tmp_path / "eu.toml"))
    assert (code, error) == (0, "")
    rows = PriceBook((tmp_path / "eu.toml",)).region(REGION).table("ec2_on_demand", "linux")
    assert str(rows["c5.large"]) == "0.099"
    assert "changed  eu-central-1.ec2_on_demand.c5.large" in output
