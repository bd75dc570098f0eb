"""Draws a line chart or horizontal bars as SVG text, by hand: readable on a light and on a dark page, no dependency."""
import math
from xml.sax.saxutils import escape

from bench.figures import number

WIDTH, LINE_HEIGHT, BAR_HEIGHT = 760, 380, 34
COLOURS = ("#2f81d0", "#d9822b", "#3a9d5d", "#a371d9", "#c94f5c", "#7a8691")
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f } .title { font-size: 15px; font-weight: 600 }
.grid { stroke: #8c959f; stroke-opacity: .3 } .axis { stroke: #8c959f } .whisker { stroke: #57606a; stroke-width: 1.5 }
.reach { stroke: #c94f5c; stroke-dasharray: 5 4 } .line { fill: none; stroke-width: 2.5 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .whisker { stroke: #b1bac4 } }
"""


def svg(height, title, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
            f' role="img" aria-label="{escape(title, {chr(34): "&quot;"})}">\n<style>{STYLE}</style>\n'
            + text(16, 24, title, kind="title") + "\n".join(parts) + "\n</svg>\n")


def text(x, y, words, anchor="start", kind="", more=""):
    attributes = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{attributes}{more}>{escape(words)}</text>\n'


def rule(x1, y1, x2, y2, kind):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def ticks(highest, about=5):
    """Round values from 0 to the first one that is not below the highest."""
    rough = (highest or 1) / about
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)
    return [step * place for place in range(math.ceil(highest / step - 1e-9) + 1 or 1)]


def lines(title, unit, over, series):
    """Of [(name, [(label, [samples], median)])]; places on the x axis are equally far apart, whatever their values."""
    keys = (len(series) + 1) // 2 if len(series) > 1 else 0
    left, right, top, bottom = 78, WIDTH - 24, 50 + 18 * keys, LINE_HEIGHT - 52
    labels = [label for label, _, _ in series[0][1]]
    marks = ticks(max(max(samples) for _, points in series for _, samples, _ in points))

    def x(place):
        return left + (right - left) * (place + 0.5) / len(labels)

    def y(value):
        return bottom - (bottom - top) * value / marks[-1]

    drawn = [rule(left, y(mark), right, y(mark), "grid") + text(left - 8, y(mark) + 4, f"{mark:,g}", "end")
             for mark in marks]
    drawn += [text(x(place), bottom + 20, label, "middle") for place, label in enumerate(labels)]
    drawn.append(rule(left, bottom, right, bottom, "axis") + text((left + right) / 2, bottom + 42, over, "middle"))
    middle = (top + bottom) / 2
    drawn.append(text(18, middle, unit, "middle", more=f' transform="rotate(-90 18 {middle:.1f})"'))
    for place, (name, points) in enumerate(series):
        drawn += [key(place, name)] * (len(series) > 1)
        drawn += [line(points, COLOURS[place % len(COLOURS)], x, y)]
    return svg(LINE_HEIGHT, title, drawn)


def key(place, name):
    x, y = 24 + 370 * (place % 2), 48 + 18 * (place // 2)
    return f'<rect x="{x}" y="{y - 9}" width="14" height="4" fill="{COLOURS[place % len(COLOURS)]}"/>' + text(
        x + 22, y, name)


def line(points, colour, x, y):
    """The medians, with a whisker from the lowest to the highest sample."""
    path = " ".join(f"{x(place):.1f},{y(median):.1f}" for place, (_, _, median) in enumerate(points))
    drawn = [f'<polyline points="{path}" class="line" stroke="{colour}"/>']
    for place, (_, samples, median) in enumerate(points):
        drawn.append(rule(x(place), y(min(samples)), x(place), y(max(samples)), "whisker"))
        drawn.append(f'<circle cx="{x(place):.1f}" cy="{y(median):.1f}" r="4" fill="{colour}"/>')
    return "\n".join(drawn)


def bars(title, unit, rows, reach=None):
    """Of [(name, [samples], median)]; `reach` is where a dashed line stands."""
    left, right, top = 290, WIDTH - 100, 44
    bottom = top + BAR_HEIGHT * len(rows)
    marks = ticks(max([max(samples) for _, samples, _ in rows] + ([reach] if reach else [])))

    def x(value):
        return left + (right - left) * value / marks[-1]

    drawn = [rule(x(mark), top, x(mark), bottom, "grid") + text(x(mark), bottom + 18, f"{mark:,g}", "middle")
             for mark in marks]
    drawn.append(text((left + right) / 2, bottom + 38, unit, "middle"))
    for place, (name, samples, median) in enumerate(rows):
        y = top + BAR_HEIGHT * place
        drawn.append(text(left - 10, y + 22, name, "end"))
        drawn.append(f'<rect x="{left}" y="{y + 7}" width="{max(x(median) - left, 1):.1f}" height="{BAR_HEIGHT - 14}"'
                     f' fill="{COLOURS[0]}"/>')
        drawn.append(rule(x(min(samples)), y + BAR_HEIGHT / 2, x(max(samples)), y + BAR_HEIGHT / 2, "whisker"))
        drawn.append(text(x(max(max(samples), median)) + 8, y + 22, number(median)))
    if reach:
        drawn.append(rule(x(reach), top, x(reach), bottom, "reach"))
        drawn.append(text(x(reach), top - 4, f"reach {reach:,g}", "middle"))
    return svg(bottom + 52, title, drawn)
