"""The ways a benchmark ends without figures."""


class Refused(Exception):
    """The outcome of the work is not what it must be, so its figure would mean nothing."""


class Skipped(Exception):
    """A part cannot be run on this machine; the reason is printed in place of its figures."""
