"""The application beside pawl: who is to be told, and the failures that are written."""
TYPE = "pms/connection.sync.failed"
ERROR = "401 Unauthorized: token revoked"
MEMBERS = 3  # of each organisation, who are never told
EMPTIED = ("pms_sync_logs, notifications, pawl.outbox, pawl.outbox_archive, pawl.email_deliveries, pawl.workers")


def found(postgres, organisations, recipients):
    """Makes the organisations anew: of each, one owner, recipients - 1 admins, and a few members."""
    postgres.run(
        f"truncate {EMPTIED}, organisations, users, org_members, pms_connections cascade",
        f"insert into organisations (name, slug) select 'Acme Lettings ' || n, 'acme-' || n"
        f" from generate_series(1, {organisations}) n",
        f"create temp table people as select o.id as org_id, gen_random_uuid() as user_id, o.slug, n"
        f" from organisations o, generate_series(1, {recipients + MEMBERS}) n;"
        f"insert into users (id, email, full_name)"
        f" select user_id, 'user' || n || '@' || slug || '.example', 'User ' || n from people;"
        f"insert into org_members (org_id, user_id, role) select org_id, user_id,"
        f" case when n = 1 then 'owner' when n <= {recipients} then 'admin' else 'member' end from people",
        "insert into pms_connections (org_id, provider, label, status) select id, 'Reapit', 'Main', 'active'"
        " from organisations",
        "analyze")


def empty(postgres):
    postgres.run(f"truncate {EMPTIED}")


def fail_syncs(postgres, count):
    """Failed syncs, spread over the connections, in the application's own words: the trigger emits their events."""
    postgres.run(
        f"insert into pms_sync_logs (id, connection_id, status, error_message, started_at, finished_at)"
        f" select gen_random_uuid(), c.ids[1 + n % cardinality(c.ids)], 'error', '{ERROR}', now(), now()"
        f" from generate_series(1, {count}) n, (select array_agg(id) as ids from pms_connections) c")


def settle_down(postgres):
    """So that no measurement pays for what was written before it."""
    postgres.run("vacuum analyze", "checkpoint")


class Backlog:
    """The same pending events for every measurement: written once through the trigger, then copied back."""

    def __init__(self, postgres, events):
        self.postgres, self.events = postgres, events
        empty(postgres)
        fail_syncs(postgres, events)
        postgres.run("drop table if exists backlog", "create table backlog as select * from pawl.outbox",
                     "alter table backlog set (autovacuum_enabled = off)")

    def load(self):
        empty(self.postgres)
        columns = self.postgres.ask(
            "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute"
            " where attrelid = 'pawl.outbox'::regclass and attnum > 0 and not attisdropped and attgenerated = ''")
        self.postgres.run(f"insert into pawl.outbox ({columns}) overriding system value select {columns} from backlog")
        settle_down(self.postgres)
