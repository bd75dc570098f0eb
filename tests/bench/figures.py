"""What a part hands back: figures with every sample, and series of them over one variable."""
import math
import statistics
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reach:
    """What docs/performance.md promises: the median stays on this side of the limit."""
    limit: float
    at_least: bool

    def met(self, value):
        return value >= self.limit if self.at_least else value < self.limit

    def text(self):
        return f"{'>=' if self.at_least else '<'} {number(self.limit)}"


def at_least(limit):
    return Reach(limit, True)


def below(limit):
    return Reach(limit, False)


@dataclass
class Measured:
    """What a figure and a series have in common."""
    name: str
    unit: str
    reach: Reach = field(default=None, kw_only=True)
    note: str = field(default="", kw_only=True)
    chart: str = field(default="", kw_only=True)  # the SVG it belongs to; those of one chart share their units


@dataclass
class Figure(Measured):
    """One measured quantity; `samples` holds a value a round."""
    samples: list

    def median(self):
        return statistics.median(self.samples)

    def missed(self):
        return self.reach is not None and not self.reach.met(self.median())


@dataclass
class Series(Measured):
    """How one quantity grows; `points` are (x, [samples])."""
    over: str
    points: list
    labels: dict = field(default_factory=dict)  # of points whose x is no number to be shown

    def label(self, x):
        return self.labels.get(x, f"{x:,}")

    def medians(self):
        return [(x, statistics.median(samples)) for x, samples in self.points]


def percentile(values, percent):
    """The nearest rank: a value that was seen, never an interpolation."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def interval(samples):
    """(lowest, highest, confidence) between two samples that enclose the median of all such rounds: the narrowest pair of
    order statistics of 95 % at least, or all of the samples where they are too few. Assumes nothing of their distribution.
    """
    ordered, n = sorted(samples), len(samples)
    outside, left_out = 2 / 2**n, 0  # the chance that all are on one side of it
    while left_out + 1 < n / 2:
        more = outside + 2 * math.comb(n, left_out + 1) / 2**n
        if more > 0.05:
            break
        outside, left_out = more, left_out + 1
    return ordered[left_out], ordered[n - 1 - left_out], 1 - outside


def number(value):
    """Three significant digits, thousands separated."""
    if value == 0 or abs(value) >= 99.5:
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"
