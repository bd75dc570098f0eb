"""Faults of the relay as a whole; those of single commands fall at random all the time."""
import time

from chaos.fault import Fault


class RelayDown(Fault):
    kind = "relay: down"

    def inject(self, world, rng):
        before = world.relay.ask("down")["mails"]
        time.sleep(rng.uniform(0.5, 3))
        nothing_came = world.relay.ask("counts")["mails"] == before
        world.relay.ask("up")
        return nothing_came


class Always(Fault):
    """Every command of one phase fails for a while, and until that has hit somebody."""
    phase, action = "", ""
    patience = 12

    def inject(self, world, rng):
        before = self.count(world.relay)
        world.relay.ask(f"always {self.phase} {self.action}")
        time.sleep(rng.uniform(0.5, 2))
        deadline = time.monotonic() + self.patience
        while self.count(world.relay) == before and time.monotonic() < deadline:
            time.sleep(0.1)
        world.relay.ask("always off")
        return self.count(world.relay) > before

    def count(self, relay):
        return relay.ask("counts")["faults"].get(f"{self.phase}: {self.action}", 0)


class Stalls(Always):
    kind, phase, action = "relay: stalls at every final dot", "dot", "stall, kept"


class Drops(Always):
    kind, phase, action = "relay: drops at every final dot", "dot", "drop, kept"


class Throttles(Always):
    kind, phase, action = "relay: throttles everything", "dot", "454 4.7.1 throttled"


class Crawls(Always):
    kind, phase, action = "relay: slow in everything", "mail", "slow"


class Greylists(Always):
    kind, phase, action = "relay: greylists everybody", "rcpt", "greylist"


class LoginFails(Always):
    """Connections that are open stay so: they are dropped first."""
    kind, phase, action = "relay: refuses the login", "auth", "535 5.7.8 bad credentials"

    def inject(self, world, rng):
        world.relay.ask("down")
        world.relay.ask("up")
        return super().inject(world, rng)


class Storm(Fault):
    kind = "relay: every fifth command fails"

    def inject(self, world, rng):
        before = world.relay.fired()
        world.relay.ask("faults 0.2")
        time.sleep(rng.uniform(1, 3))
        world.relay.ask(f"faults {world.calm}")
        return world.relay.fired() > before


ALL = [RelayDown, Stalls, Drops, Throttles, Crawls, Greylists, LoginFails, Storm]
