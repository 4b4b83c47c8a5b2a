"""What a browser knows of a page that no file shows: contrast as drawn, names as spoken."""

from typing import Any

CONTRAST = """() => {
  const rgb = (text) => {
    const n = text.match(/[\\d.]+/g).map(Number);
    return { c: n.slice(0, 3), a: n.length > 3 ? n[3] : 1 };
  };
  const linear = (v) => (v <= 0.03928 * 255 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = (node) => {
    for (let n = node; n; n = n.parentElement) {
      const found = rgb(getComputedStyle(n).backgroundColor);
      if (found.a > 0) return found.c;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const node of document.querySelectorAll("body *")) {
    const text = [...node.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent.trim()).join("");
    if (!text || !node.getClientRects().length || node.disabled) continue;
    const style = getComputedStyle(node);
    const ink = light(rgb(node instanceof SVGElement ? style.fill : style.color).c), paper = light(behind(node));
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5) bad.push(`${text.slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return bad;
}"""
LINES = """() => [...document.querySelectorAll("#chart .line")].map((node) => {
  const style = getComputedStyle(node);
  return [style.stroke, style.strokeDasharray, style.strokeWidth].join("|");
})"""
CONTROLS = {"slider", "spinbutton", "button", "checkbox", "link", "image", "img", "region", "DisclosureTriangle"}


def spoken(context: Any, page: Any) -> list[tuple[str, str]]:
    """Role and name of everything a screen reader would stop at."""
    session = context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    found = []
    for node in nodes:
        role = node.get("role", {}).get("value", "")
        if not node.get("ignored") and role in CONTROLS:
            found.append((role, node.get("name", {}).get("value", "")))
    return found
