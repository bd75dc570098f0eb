"""What is printed of a part, and the JSON of all of them."""
import dataclasses
import json

from bench.figures import Series, number


def text(name, what, measured):
    lines = [f"{name}: {what}"]
    width = max(len(line.name) for line in measured)
    for line in measured:
        lines += series(line) if isinstance(line, Series) else [figure(line, width)]
    return "\n".join(lines) + "\n"


def figure(line, width):
    spread = f"  {number(min(line.samples))} .. {number(max(line.samples))}" if len(line.samples) > 1 else ""
    return f"  {line.name:{width}}  {number(line.median()):>9} {line.unit:8}{spread}{reach(line, line.median())}" + (
        f"  ({line.note})" if line.note else "")


def reach(line, value):
    if not line.reach:
        return ""
    return f"  reach {line.reach.text()}: {'met' if line.reach.met(value) else 'MISSED'}"


def series(line):
    lines = [f"  {line.name}, {line.unit}, over {line.over}" + (f"  ({line.note})" if line.note else "")]
    for (x, samples), (_, median) in zip(line.points, line.medians()):
        spread = f"  {number(min(samples))} .. {number(max(samples))}" if len(samples) > 1 else ""
        lines.append(f"    {line.label(x):>14}  {number(median):>9}{spread}{reach(line, median)}")
    return lines


def facts(machine, options, results, skipped):
    return {
        "machine": machine,
        "options": {name: value for name, value in vars(options).items() if name != "build"},
        "parts": {name: [as_json(line) for line in measured] for name, measured in results.items()},
        "skipped": skipped,
    }


def as_json(line):
    fields = {name: value for name, value in dataclasses.asdict(line).items()
              if name not in ("chart", "reach") and value not in (None, "", {})}
    if isinstance(line, Series):
        return fields | ({"reach": line.reach.text()} if line.reach else {})
    median = line.median()
    judged = {"reach": line.reach.text(), "met": line.reach.met(median)} if line.reach else {}
    return fields | {"median": median} | judged


def write(path, facts):
    with open(path, "w") as file:
        json.dump(facts, file, indent=1, default=str)
        file.write("\n")
