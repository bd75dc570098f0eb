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
        copy_of_emitted(postgres, events, "backlog")

    def load(self, *before, keep_archive=False):
        """`before` writes what else is to be there, on an outbox that is empty."""
        if keep_archive:
            self.postgres.run("delete from pawl.outbox_archive a using backlog b where b.id = a.id",
                              f"truncate {EMPTIED.replace('pawl.outbox_archive, ', '')}")
        else:
            empty(self.postgres)
        for write in before:
            write()
        insert_copy(self.postgres, "backlog")
        settle_down(self.postgres)


class Leased:
    """Events before the backlog that another worker holds, which lives on and never finishes them.

    Made before the backlog, so that theirs are the lower positions."""

    def __init__(self, postgres, events):
        self.postgres, self.events = postgres, events
        copy_of_emitted(postgres, events, "leased_events")
        postgres.run("update leased_events set lease_epoch = 1, deliveries = 1")

    def load(self, count):
        """So many of them."""
        self.postgres.run("insert into pawl.workers (epoch, store, host, pid, version, expires_at)"
                          " overriding system value"
                          " values (1, gen_random_uuid(), 'another host', 1, 'bench', now() + interval '1 day')")
        insert_copy(self.postgres, f"(select * from leased_events order by position limit {count}) as lowest")


def copy_of_emitted(postgres, events, table):
    """A table of the outbox's rows for so many failed syncs; leaves the outbox empty."""
    empty(postgres)
    if events:
        fail_syncs(postgres, events)
    postgres.run(f"drop table if exists {table}", f"create table {table} as select * from pawl.outbox",
                 f"alter table {table} set (autovacuum_enabled = off)")
    empty(postgres)


def insert_copy(postgres, table):
    columns = postgres.ask(
        "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute"
        " where attrelid = 'pawl.outbox'::regclass and attnum > 0 and not attisdropped and attgenerated = ''")
    postgres.run(f"insert into pawl.outbox ({columns}) overriding system value select {columns} from {table}")


def fill_archive(postgres, rows):
    """Events that were done over the last days: what retention has not dropped yet."""
    postgres.run(
        f"insert into pawl.outbox_archive (position, id, created_at, finished_at, deliveries, resumes, store, status,"
        f" workflow, type, aggregatetype, aggregateid, payload, headers)"
        f" select -n, gen_random_uuid(), moment, moment, 1, 0, '00000000-0000-4000-8000-000000000000', 'done',"
        f" 'notify-sync-failure', '{TYPE}', 'pms_connection', gen_random_uuid()::text, b.payload, b.headers"
        f" from generate_series(1, {rows}) n, (select * from backlog limit 1) b,"
        f" lateral (select now() - n * interval '100 milliseconds' as moment) m")
