"""What operators do meanwhile: none of it may harm, and some of it must have no effect at all."""
import re
import subprocess

from chaos.fault import Fault

DONE = """
select coalesce(array_agg(id::text), '{}') from pawl.outbox_archive where id = any(%s::uuid[]) and status = 'done'
and aggregateid <> 'x' and not exists (select from pawl.outbox o where o.id = outbox_archive.id)"""
# Everything that the runs have written, to the version of each row; but people may read their notifications meanwhile.
WRITTEN = """
select string_agg(row, ' ' order by row) from (
  select md5((id, event_id, user_id, kind, urgency, title, body, link, data, created_at)::text) as row
    from notifications where event_id = any(%s::uuid[])
  union all select 'm' || event_id || user_id || xmin || ctid
    from pawl.email_deliveries where event_id = any(%s::uuid[])
  union all select 'a' || id || finished_at || xmin from pawl.outbox_archive where id = any(%s::uuid[])) as rows"""


class OperatorFault(Fault):
    def pawl(self, store, *words, given="", **more):
        environment = store.variables(more)
        return subprocess.run([store.pawl, *words], env=environment, input=given, text=True, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)


class FailedResumed(OperatorFault):
    kind = "operator: resume --failed"

    def inject(self, world, rng):
        done = self.pawl(rng.choice(world.workers), "resume", "--failed", "--since", "1h", "--rate", "200/s",
                         "--yes", "--note", "chaos")
        return done.returncode == 0 and "nothing to resume" not in done.stderr


class Replayed(OperatorFault):
    """I9: on a live store, runs that are done and runs that move. What the former wrote must be the very same rows
    afterwards, and nobody may have knocked at the relay that replay was given."""
    kind = "operator: replay"

    def inject(self, world, rng):
        store = rng.choice(world.workers)
        ids = self.pawl(store, "runs", "--limit", "60", "-o", "ids").stdout.split()
        done = world.postgres.ask(DONE, ids)
        if not done:
            return False
        before = world.postgres.ask(WRITTEN, done, done, done)
        ended = self.pawl(store, "replay", "-", given="\n".join(ids), PAWL_MAIL=world.trap.url(user=False),
                          PAWL_POSTGRES="host=/nowhere dbname=trap")
        if world.postgres.ask(WRITTEN, done, done, done) != before:
            world.violate("I9", "replay changed rows that the runs had written", done)
        if ended.returncode == 5:
            world.violate("I9", f"replay found a mismatch: {ended.stdout[-500:]}", ids)
        world.replayed += len(ids) * (ended.returncode == 0)
        return ended.returncode == 0


class Looked(OperatorFault):
    kind = "operator: runs, show, sql"

    def inject(self, world, rng):
        store = rng.choice(world.workers)
        runs = self.pawl(store, "runs", "-o", "ids").stdout.split()
        if not runs:
            return False
        shown = self.pawl(store, "show", rng.choice(runs))
        asked = self.pawl(store, "sql", "select count(*) from v1_runs")
        return shown.returncode == 0 and re.search(r"\d", asked.stdout) is not None


ALL = [FailedResumed, Replayed, Looked]
