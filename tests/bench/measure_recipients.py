"""How the cost of an event grows with the people it is told to."""
from bench import jobs
from bench.figures import Series

WHAT = "how cost grows with 1, 10, 100 and 1,000 recipients an event"
RECIPIENTS = (1, 10, 100, 1000)
NOTIFICATIONS = 50_000  # of each job
LEAST, MOST = 50, 20_000  # events


def run(world):
    rates = {recipients: [] for recipients in RECIPIENTS}
    memory = {recipients: [] for recipients in RECIPIENTS}
    told = 2 * world.options.events or NOTIFICATIONS
    for recipients in RECIPIENTS:
        world.found(recipients)
        backlog = world.backlog(min(max(told // recipients, LEAST), MOST))
        for number in range(1, world.options.rounds + 1):
            job = jobs.by_pawl(world, backlog, recipients)
            rates[recipients].append(job.rate())
            memory[recipients].append(job.usage.peak_bytes / 2**20)
        world.say(f"  {recipients:,} recipients: {rates[recipients][-1]:,.0f} events/s")
    costs = {recipients: [1e6 / rate / recipients for rate in samples] for recipients, samples in rates.items()}
    over = "recipients an event"
    return [
        Series("pawl", "events/s", over, list(rates.items())),
        Series("clock time for each recipient", "us", over, list(costs.items()), chart="recipients"),
        Series("highest memory of the worker", "MiB", over, list(memory.items())),
    ]
