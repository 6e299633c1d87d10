#!/usr/bin/env python3
"""Draws the growth curves of benches/README.md: benches/curves.json to benches/curves/*.svg. `python3 benches/curves.py`, no library needed.

Each curve has a title, what its axes say, and series of points; both axes are logarithmic where `log` says so.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).resolve().parent
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 70, 24, 48, 52
COLOURS = ["#1f5fa8", "#b3541e", "#3c7a3c", "#7a3c7a"]


def number(value: float) -> str:
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


class Axis:
    """From values to places."""

    def __init__(self, values: list[float], log: bool, start: float, end: float):
        self.log, self.start, self.end = log, start, end
        low, high = min(values), max(values)
        if log:
            self.low, self.high = math.floor(math.log10(low)), math.ceil(math.log10(high))
            self.high = max(self.high, self.low + 1)
            self.ticks = [10.0**power for power in range(int(self.low), int(self.high) + 1)]
        else:
            step = 10 ** math.floor(math.log10(high or 1))
            step = next(step * part for part in (0.2, 0.5, 1, 2) if high / (step * part) <= 6)
            self.low, self.high = 0, math.ceil(high / step) * step
            self.ticks = [step * count for count in range(int(round(self.high / step)) + 1)]

    def at(self, value: float) -> float:
        value = math.log10(value) if self.log else value
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def draw(curve: dict) -> str:
    points = [point for series in curve["series"] for point in series["points"]]
    log = curve.get("log", "")
    x = Axis([point[0] for point in points], "x" in log, LEFT, WIDTH - RIGHT)
    y = Axis([point[1] for point in points], "y" in log, HEIGHT - BOTTOM, TOP)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif" font-size="12">',
        f"<title>{escape(curve['title'])}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="22" font-size="15" font-weight="bold">{escape(curve["title"])}</text>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{escape(curve["x"])}</text>',
        f'<text x="{LEFT}" y="{TOP - 8}">{escape(curve["y"])}</text>',
    ]
    for tick in x.ticks:
        out.append(f'<line x1="{x.at(tick):.1f}" x2="{x.at(tick):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        out.append(f'<text x="{x.at(tick):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{number(tick)}</text>')
    for tick in y.ticks:
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y.at(tick):.1f}" y2="{y.at(tick):.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y.at(tick) + 4:.1f}" text-anchor="end">{number(tick)}</text>')
    for place, series in enumerate(curve["series"]):
        colour = COLOURS[place % len(COLOURS)]
        path = " ".join(f"{x.at(a):.1f},{y.at(b):.1f}" for a, b in series["points"])
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x.at(a):.1f}" cy="{y.at(b):.1f}" r="3.5" fill="{colour}"/>' for a, b in series["points"]]
        out.append(f'<text x="{WIDTH - RIGHT}" y="{20 + 14 * place}" text-anchor="end" fill="{colour}">{escape(series["name"])}</text>')
    return "\n".join([*out, "</svg>", ""])


def main():
    folder = HERE / "curves"
    folder.mkdir(exist_ok=True)
    for curve in json.loads((HERE / "curves.json").read_text()):
        (folder / f"{curve['file']}.svg").write_text(draw(curve))


if __name__ == "__main__":
    main()
