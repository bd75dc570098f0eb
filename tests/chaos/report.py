"""The report of a soak: what was done to it, what came of it, and whether that is right."""
import json
import os

from chaos.producers import COUNTED


def facts(world, oracle, drain, seconds):
    """Everything that the report says, for programs."""
    relay = world.relay_counts
    kinds = {kind: [world.tally.effective[kind], tried] for kind, tried in sorted(world.tally.tried.items())}
    return {
        "options": vars(world.options), "seconds_of_faults": round(seconds, 1), "figures": oracle.figures,
        "events_made": world.journal.events(), "faults": kinds, "relay_faults": dict(sorted(relay["faults"].items())),
        "points": dict(sorted(world.points.items())),
        "produced": {kind: world.journal.counts[kind] for kind in COUNTED},
        "churn": dict(world.churn.counts), "replayed": world.replayed,
        "in_doubt_by_kills": sorted(world.in_doubt_by_kills), "noticed_deletions": world.noticed_deletions,
        "worker_starts": {worker.name: worker.starts for worker in world.workers},
        "worker_ends": [incident for worker in world.workers for incident in worker.incidents],
        "drain": {"backlog": drain.backlog, "seconds": drain.seconds, "resumed": drain.resumed,
                  "seconds_after_resume": drain.seconds_resumed},
        "violations": world.violations,
    }


def text(facts):
    lines = [f"{facts['events_made']} events made in {facts['seconds_of_faults']:.0f} s of faults, "
             f"{len(facts['worker_ends'])} ends of workers that no fault ordered", ""]
    lines += [f"  {end['worker']} ended with {end['exit']}: {' '.join(end['last'])[:300]}" for end in facts["worker_ends"]]
    lines += table("what was checked", facts["figures"])
    lines += ["faults, by kind (took effect / tried)"]
    lines += [f"  {effective:7} / {tried:<6} {kind}" for kind, (effective, tried) in facts["faults"].items()]
    lines += table("killed at", facts["points"]) + table("the relay's answers", facts["relay_faults"])
    lines += table("made by producers", facts["produced"]) + table("changed meanwhile", facts["churn"])
    kills = facts["in_doubt_by_kills"]
    lines += [f"mails that one SIGKILL left in doubt: at most {max(kills, default=0)}, "
              f"{sum(kills) / max(len(kills), 1):.1f} on average over {len(kills)}",
              f"runs replayed meanwhile: {facts['replayed']}; deleted stores that a worker noticed by itself: "
              f"{facts['noticed_deletions']}"]
    lines += [explained(facts["figures"]), drained(facts["drain"]), ""]
    return "\n".join(lines + judgement(facts["violations"]))


def table(title, counts):
    return [title] + [f"  {count:>16,} {name}" for name, count in counts.items()]


def explained(figures):
    return (f"second and further copies of mails: {figures['second and further copies']}, each of a mail in doubt; "
            f"in doubt: {figures['mails in doubt']} mails, {figures['times in doubt']} times")


def drained(drain):
    if drain["seconds"] is None:
        return f"drain: {drain['backlog']} events waited when the faults stopped; it did not come to an end"
    return (f"drain: {drain['backlog']} events waited when the faults stopped, none {drain['seconds']} s later; then "
            f"the failed were resumed, and came to their end within {drain['seconds_after_resume']} s")


def judgement(violations):
    if not violations:
        return ["CLEAN: no violation"]
    lines = []
    for violation in violations:
        lines.append(f"VIOLATION {violation['invariant']}: {violation['what']} ({len(violation['ids'])})")
        lines += [f"    {id[:400]}" for id in violation["ids"][:10]]
    return lines


def write(facts, folder):
    with open(os.path.join(folder, "report.json"), "w") as file:
        json.dump(facts, file, indent=1, default=str)
    with open(os.path.join(folder, "report.txt"), "w") as file:
        file.write(text(facts) + "\n")
