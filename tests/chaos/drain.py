"""The liveness phase: no fault any more, both workers up, and all that waits must come to its end in time."""
import json
import signal
import subprocess
import time
from contextlib import closing

from chaos.snapshots import read_only


class Drain:
    """Its figures are in seconds, from the moment the faults stopped."""

    def __init__(self, world):
        self.world = world
        self.backlog, self.seconds, self.seconds_resumed, self.resumed = 0, None, None, 0

    def run(self):
        self.stop_faults()
        began = time.monotonic()
        deadline = began + self.world.options.drain_minutes * 60
        self.backlog = self.unfinished()
        self.seconds = self.emptied(began, deadline)
        if self.seconds is not None:
            self.resumed = self.resume_failed()
            again = time.monotonic()
            self.seconds_resumed = self.emptied(again, deadline)
        if self.seconds_resumed is None:
            minutes = self.world.options.drain_minutes
            self.world.violate("I8", f"not drained within {minutes:g} minutes", self.what_waits())
        self.stop_workers()
        return self

    def stop_faults(self):
        world = self.world
        world.stopping.set()
        world.postgres.reset()
        world.relay.ask("faults 0")
        for thread in [*world.producers, world.churn]:
            thread.join(60)
        for worker in world.workers:
            worker.look_after()

    def unfinished(self):
        return self.world.postgres.ask("select count(*) from pawl.outbox")

    def emptied(self, began, deadline):
        """Seconds until nothing is unfinished; None when that did not come in time."""
        while time.monotonic() < deadline:
            for worker in self.world.workers:
                worker.look_after()
            if self.unfinished() == 0:
                return round(time.monotonic() - began, 2)
            time.sleep(0.1)
        return None

    def resume_failed(self):
        """As an operator would, once all is well again; those with a reason that stays fail again."""
        worker = self.world.workers[0]
        words = ["resume", "--failed", "--since", "24h", "--yes", "--note", "after the faults", "-o", "json"]
        made = self.told(worker, words)
        if "batch" not in made:  # nothing has failed
            return 0
        ended = self.told(worker, ["batch", "watch", str(made["batch"]), "-o", "json"])
        return sum(outcome["runs"] for outcome in ended["outcomes"] if outcome["outcome"] == "resumed")

    @staticmethod
    def told(worker, words):
        done = subprocess.run([worker.pawl, *words], env=worker.variables({}), text=True, stdout=subprocess.PIPE)
        return json.loads(done.stdout)

    def what_waits(self):
        with self.world.postgres.admin() as cursor:
            cursor.execute("select event_id || ': ' || status || ', epoch ' || coalesce(epoch::text, '-') || ', ' "
                           "|| coalesce(reason, '') from pawl.v1_events where status not in ('done', 'failed') "
                           "limit 20")
            waiting = [row[0] for row in cursor.fetchall()]
        for worker in self.world.workers:
            with closing(read_only(worker.checkpoints)) as store:
                waiting += store.execute("select ? || ': ' || run_id || ' ' || why || ', ' || reason || ', ' ||"
                                         "coalesce(next_at, '') from v1_waiting limit 20", (worker.name,)).fetchall()
        return waiting

    def stop_workers(self):
        for worker in self.world.workers:
            worker.signal(signal.SIGTERM)
        for worker in self.world.workers:
            if (code := worker.wait()) != 0:
                self.world.violate("exit", f"{worker.name} ended with {code} when it was asked to stop in peace", [])
            worker.history.copy_of_dead(worker.checkpoints)
