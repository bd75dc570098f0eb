"""Which charts the figures of a run give: one file for each name in their `chart`."""
import os

from bench import chart
from bench.figures import Series


def draw(folder, results):
    """Writes them; the paths. What was not measured leaves its file alone."""
    os.makedirs(folder, exist_ok=True)
    paths = []
    for measured in results.values():
        for name in dict.fromkeys(line.chart for line in measured if line.chart):
            paths.append(os.path.join(folder, name + ".svg"))
            with open(paths[-1], "w") as file:
                file.write(drawn([line for line in measured if line.chart == name]))
    return paths


def drawn(chosen):
    if isinstance(chosen[0], Series):
        return line_chart(chosen)
    reaches = {line.reach.limit for line in chosen if line.reach}
    rows = [(line.name, line.samples, line.median()) for line in chosen]
    return chart.bars(TITLES[chosen[0].chart], chosen[0].unit, rows, reach=next(iter(reaches), None))


def line_chart(chosen):
    series = [(line.name, [(line.label(x), samples, median) for (x, samples), (_, median) in
                           zip(line.points, line.medians())]) for line in chosen]
    return chart.lines(TITLES[chosen[0].chart], chosen[0].unit, chosen[0].over, series)


TITLES = {
    "throughput": "Two recipients an event, null mailer, fsync on",
    "latency": "From commit of an event to commit of its notifications, idle worker",
    "memory": "Resident memory of the worker",
    "smtp": "Mails to a local smtp-sink",
    "producers": "Producers beside a busy worker, one event a transaction",
    "recipients": "What each recipient costs",
    "backlog": "Throughput behind a backlog",
    "archive": "Throughput beside an archive",
    "leased": "What a claim costs beside events that another worker holds",
    "workers": "Workers on one outbox",
}
