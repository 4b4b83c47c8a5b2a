"""The page as people meet it: offline, by keyboard, by ear, in the dark, on paper, with hostile names."""

import shlex
from pathlib import Path

import pytest

from infra.costs.readers import parse_stack
from infra.costs.reports.words import exact, money
from scripts.cli.session import Inputs
from tests.infra.costs.stacks import INSTANCE, export, group, mixed, row
from tests.infra.page.conftest import Open
from tests.infra.page.probes import CONTRAST, LINES, spoken
from tests.infra.page.writing import READ, as_figures, of_page, of_stack, write
from tests.scripts.command import breakeven

HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"


def test_it_opens_without_a_network_a_word_on_the_console_or_a_request(opened: Open) -> None:
    found = opened(of_stack("prod"))
    found.page.fill("#volume", "9000000")
    found.page.wait_for_timeout(300)
    assert found.said == []
    assert [url.split("#")[0] for url in found.asked] == [found.url]


def test_it_may_not_ask_anybody_even_if_it_wanted(opened: Open) -> None:
    page = opened(of_stack("small")).page
    asking = """() => new Promise((done) => {
      addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective), { once: true });
      fetch("https://example.com").then(() => done("answered"), () => {});
    })"""
    assert page.evaluate(asking) == "connect-src"
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), { text: 'window.ran = 1' }))")
    assert page.evaluate("window.ran") is None


def test_everything_can_be_reached_and_moved_by_keyboard(opened: Open) -> None:
    page = opened(of_stack("prod")).page
    reached, outlines = [], []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
        outlines.append(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
        if reached[-1] == "BODY":
            break
    controls = page.evaluate("[...document.querySelectorAll('input:not(:disabled), button')].map((node) => node.id)")
    assert set(controls) <= set(reached)
    assert "none" not in outlines[: reached.index("BODY")]
    before = page.text_content("#own-monthly")
    page.focus("#share-slider")
    page.keyboard.press("ArrowRight")
    assert page.input_value("#share") == "11"
    assert page.text_content("#own-monthly") != before
    page.focus("#reset")
    page.keyboard.press("Enter")
    assert page.text_content("#own-monthly") == before
    page.focus("details summary")
    page.keyboard.press("Space")
    assert page.locator("#chart-rows").is_visible()


def test_every_control_and_picture_has_a_name_and_movements_are_announced(opened: Open) -> None:
    found = opened(of_stack("prod"))
    page = found.page
    page.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    names = spoken(found.context, page)
    assert {"slider", "spinbutton", "button", "checkbox", "region", "image"} <= {role for role, _ in names}
    assert [role for role, name in names if not name] == []
    page.fill("#volume", "9000000")
    page.get_by_role("status").filter(has_text="9,000,000").wait_for(state="attached")
    assert page.get_attribute("#announce", "aria-live") == "polite"
    assert page.locator("h1").count() == 1
    assert page.get_attribute("html", "lang") == "en"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_and_lines_differ_by_more_than_colour(scheme: str, opened: Open) -> None:
    page = opened(of_stack("prod"), color_scheme=scheme).page
    page.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    assert page.evaluate(CONTRAST) == []
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (max(paper) < 128) == (scheme == "dark")
    lines, ways = page.evaluate(LINES), page.locator("#offer-rows tr").count()
    assert len({line.split("|", 1)[1] for line in lines}) == len(lines) == ways
    marks = page.locator("#chart .mark").all_text_contents()
    assert len({*marks}) == len(marks) == ways


def test_the_toggle_changes_the_colours_and_the_address_keeps_them(opened: Open) -> None:
    page = opened(of_stack("small"), color_scheme="light").page
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.click("#theme")
    assert page.evaluate(paper) != light
    page.reload()
    assert page.evaluate(paper) != light


@pytest.mark.parametrize("width", [1280, 768, 375])
def test_nothing_runs_out_of_the_window(width: int, opened: Open, tmp_path: Path) -> None:
    page = opened(of_stack("prod"), viewport={"width": width, "height": 800}).page
    page.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert len(page.screenshot(path=tmp_path / f"{width}.png", full_page=True)) > 50_000


def test_on_paper_it_is_light_complete_and_without_controls(opened: Open) -> None:
    page = opened(of_stack("prod"), color_scheme="dark").page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("#volume-slider").is_visible()
    assert page.locator("code", has_text="utilisation").is_visible()
    assert page.evaluate(CONTRAST) == []
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0


def test_the_printed_document_holds_what_was_folded_and_no_button(opened: Open) -> None:
    pdfium = pytest.importorskip("pypdfium2")
    page = opened(of_stack("prod")).page
    page.wait_for_selector("#chart-rows tr", state="attached")
    folded = page.locator("details:not([open]) table th[scope=row]").all_text_contents()
    printed = pdfium.PdfDocument(page.pdf())
    text = _unspaced("".join(sheet.get_textpage().get_text_bounded() for sheet in printed))
    assert folded
    assert [name for name in folded if _unspaced(name) not in text] == []
    assert _unspaced(page.text_content("#headline")) in text
    assert _unspaced(page.text_content("#reset")) not in text


def _unspaced(text: str) -> str:
    """Without what a line break adds on paper."""
    return "".join(text.split())


def test_the_address_keeps_the_settings(opened: Open) -> None:
    page = opened(of_stack("prod")).page
    page.fill("#volume", "12345678.5")
    page.fill("#peak", "7.25")
    page.fill("#spot", "20")
    page.wait_for_url(lambda url: "spot=20" in url)
    before = page.evaluate(READ)
    page.reload()
    assert page.evaluate(READ) == before
    assert page.input_value("#volume") == "12345678.5"


def test_an_address_with_nonsense_is_the_page_as_written(opened: Open) -> None:
    written = of_stack("prod")
    found = opened(written, "#volume=-5&peak=0.5&spot=33&share=abc&people&theme=<b>")
    assert found.page.evaluate(READ) == opened(written).page.evaluate(READ)
    assert found.said == []


@pytest.mark.parametrize(
    ("control", "value"),
    [("volume", "-1"), ("volume", ""), ("peak", "0.5"), ("share", "101"), ("spot", "33"), ("salary", "0")],
)
def test_a_value_that_cannot_be_is_explained_and_changes_nothing(control: str, value: str, opened: Open) -> None:
    page = opened(of_stack("prod")).page
    before = page.evaluate(READ)
    page.fill(f"#{control}", value)
    assert page.locator(f"#{control}-problem").is_visible()
    assert page.text_content(f"#{control}-problem").startswith("Give ")
    assert page.get_attribute(f"#{control}", "aria-invalid") == "true"
    assert page.evaluate(READ) == before


def test_the_command_line_it_shows_gives_its_figures(opened: Open) -> None:
    page = opened(of_stack("prod")).page
    for volume, peak, share, spot in (("3500000", "4", "25", "10"), ("999999999", "1.5", "0", "100")):
        for control, value in (("volume", volume), ("peak", peak), ("share", share), ("spot", spot)):
            page.fill(f"#{control}", value)
        words = shlex.split(page.text_content("#command").replace("\\\n", ""))
        done = breakeven(*words[1:], "--format", "json")
        assert done.returncode == 0, done.stderr
        assert of_page(page.evaluate(READ)) == as_figures(done.stdout)


def test_what_the_sliders_do_not_move_says_so_once_they_are(opened: Open) -> None:
    page = opened(of_stack("prod")).page
    notes = page.locator("[data-when-moved]")
    assert notes.count() >= 2
    assert not notes.first.is_visible()
    page.fill("#volume", "3000000")
    assert all(note.is_visible() for note in notes.all())
    page.click("#reset")
    assert not notes.first.is_visible()


def test_beyond_capacity_it_says_so(opened: Open) -> None:
    page = opened(of_stack("small")).page
    page.fill("#volume", "1000000000")
    assert page.text_content("#headline") == "This stack cannot serve 1,000,000,000 images a month."
    assert "fleet at its maximum of 3 x t3.medium" in page.text_content("#explanation")
    assert "not served" in page.text_content("#chart-rows")


def test_names_of_a_stack_are_text_wherever_they_stand(opened: Open) -> None:
    rows = [row(INSTANCE, HOSTILE, instanceType="t3.micro", tags={"Name": HOSTILE}), row("evil:<b>/x:Y", HOSTILE)]
    found = opened(write(parse_stack(export(*rows), "file", ""), name=HOSTILE))
    assert found.page.title() == f"breakeven: {HOSTILE}"
    assert found.page.locator("img").count() == 0
    assert HOSTILE in found.page.text_content("h1")
    assert found.page.locator("#unpriced li").count() == 1
    assert found.said == []


def test_a_stack_without_traffic_has_its_costs_and_no_break_even(opened: Open) -> None:
    stack = parse_stack(export(row(INSTANCE, "web", instanceType="t3.micro")), "file", "")
    found = opened(write(stack))
    costs = money(Inputs().price(stack).monthly("expected"))
    assert found.page.text_content("#headline") == f"The stack costs {costs} USD a month."
    assert found.page.locator("#volume").count() == 0
    assert found.page.locator("#spot").is_disabled()
    assert "no group with a purchase mix" in found.page.text_content("#spot-help")
    assert found.said == []


def test_the_spot_slider_prices_a_foreign_group_too(opened: Open) -> None:
    rows = group("m5.large", 4, 4, mixedInstancesPolicy=mixed(["m5.large"], 1, 50), launchTemplate=None)
    stack = parse_stack(export(*rows), "file", "")
    page = opened(write(stack)).page
    page.fill("#spot", "100")
    told = Inputs(spot_share="1").price(stack)
    assert page.get_attribute("#total-expected", "data-exact") == exact(told.monthly("expected"))


def test_without_scripts_it_shows_the_report_as_text(opened: Open) -> None:
    page = opened(of_stack("prod"), java_script_enabled=False).page
    assert "Break-even" in page.locator("noscript pre").inner_text()


def test_still_for_those_who_want_no_motion(opened: Open) -> None:
    page = opened(of_stack("prod"), reduced_motion="reduce").page
    assert page.evaluate("getComputedStyle(document.querySelector('.bar')).transitionDuration") == "0s"


def test_a_large_group_takes_positions_from_the_spot_slider_and_the_page_stays_below_half_a_megabyte(
    tmp_path: Path,
) -> None:
    # Slow instances: every one of the group is a step of the cost.
    workload = tmp_path / "workload.toml"
    workload.write_text('[capacity]\n"g4dn.xlarge" = 0.01\n', encoding="utf-8")
    written = []
    for most in (12, 1_000, 5_000):
        rows = group("g4dn.xlarge", 1, most, mixedInstancesPolicy=mixed(["g4dn.xlarge"], 1, 50), launchTemplate=None)
        written.append(write(parse_stack(export(*rows), "file", ""), Inputs(workload=workload)))
    steps = [len(page.variants.estimates[page.variants.own].curve("expected").pieces) for page in written]
    assert steps == sorted({*steps})
    assert max(len(page.html.encode()) for page in written) < 500_000
    small, large, huge = (len(page.variants.percents) for page in written)
    assert small > large > huge == 1
    assert [page.variants.off for page in written] == ["", "", "the group is too large; use --spot-share"]
