"""
Draws the pictures of the documents: `make pictures` runs this file, `make test` does not.

Each is what a browser shows of the sample, through the fixtures of the tests beside it.
"""

import subprocess
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images"
LIMIT_BYTES = 150_000
COLOURS = 160
SHARPNESS = 1.5  # pixels a point, as scripts/picture has it: text stays sharp on a good screen
V2 = "model=flight-delay&version=2"
SHIFTED = "window=2013-11-14T00:00:00Z/2013-11-15T00:00:00Z&column=sched_duration_min"
OUTAGE = "window=2013-10-16T00:00:00Z/2013-10-17T00:00:00Z&span=7d"
# the page's address, and the heading above which its picture ends
PICTURES = {
    "fleet": ("/", None),
    "drift": (f"/drift?{V2}&{SHIFTED}", None),
    "slo": (f"/slo?{V2}&{OUTAGE}", "Error budget"),
    "versions": (f"/versions?{V2}", "Latency of the versions"),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PICTURES)
def test_draw_a_page(served, visit, tmp_path, name, scheme):
    path, above = PICTURES[name]
    visitor = visit(served, path, scheme=scheme, sharpness=SHARPNESS)
    visitor.picture(tmp_path / "drawn.png", above=above)
    target = IMAGES / f"{name}-{scheme}.png"
    with Image.open(tmp_path / "drawn.png") as drawn:
        few = drawn.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(target, optimize=True)
    assert target.stat().st_size <= LIMIT_BYTES


def test_draw_the_report(demo):
    subprocess.run(["sh", ROOT / "scripts" / "picture", demo / "report.html"], check=True)
