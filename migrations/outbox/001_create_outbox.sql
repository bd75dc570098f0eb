-- The outbox: events that no run has finished yet, and the workers that lease them.
--
-- An event is written in the transaction of the business fact it tells about, so neither exists without the other. It
-- stays here until its run is over, then moves to pawl.outbox_archive in the finishing transaction: the table holds
-- unfinished events only, and claiming costs the same however many have passed through.
--
-- A lease is the number of a worker's epoch in the row. Nothing about it lives in a session: a dropped connection, a
-- pooler or a failover changes no lease. Only Postgres' clock judges when an epoch is over (pawl.workers.expires_at);
-- whoever notices first deletes the epoch's row and frees its events in one transaction. Every write of a worker locks
-- its own row in pawl.workers `for key share` first, so it either comes before that deletion or changes nothing.
--
-- A worker gives a claim up when its connection breaks or stays silent, and looks for what it may have leased. The claim
-- itself may still be on its way, in a frozen server process or in the network, and run later, under an epoch that
-- lives: nobody would ever look for the events it leases then. So the worker, before it looks, says in its row from
-- which claim on its claims count (claims_from); a claim checks that while it holds the row's lock.
--
-- A row is a run: of one event, in one workflow. `pawl migrate` writes the workflows of its build into pawl.workflows, and
-- whoever emits an event writes one row for each workflow of its type, in the same transaction. From then on the rows have
-- nothing to do with each other: each has its own lease, deliveries, resumes and end. What is keyed by a run's id stays
-- unique, and with one workflow that id is the event's.
--
-- Column names follow the Debezium outbox convention, so that other consumers can read the table too.

create table pawl.workers (
  epoch bigint generated always as identity primary key,
  store uuid not null,
  host text not null,
  pid int not null,
  version text not null,
  path text not null default '',
  workflows text[] not null default '{}',
  asleep boolean not null default false,
  started_at timestamptz not null default clock_timestamp(),
  heartbeat_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  stopped_at timestamptz,
  claims_from int not null default 1,
  constraint workers_stopped_is_not_asleep check (not asleep or stopped_at is null)
) with (fillfactor = 20);  -- few rows, updated all the time, always in place

comment on table pawl.workers is
  'Living workers, a row an epoch. A row past expires_at is deleted by any other worker, which frees its events.';
comment on column pawl.workers.epoch is 'The fencing token that every write of this worker carries.';
comment on column pawl.workers.store is 'Identity of the SQLite checkpoint store the worker uses.';
comment on column pawl.workers.path is 'Its checkpoint file, on its host.';
comment on column pawl.workers.workflows is 'The workflows that it runs.';
comment on column pawl.workers.asleep is 'True while it waits for the doorbell; only then is pg_notify called.';
comment on column pawl.workers.expires_at is 'When its leases end unless renewed, by the clock of Postgres.';
comment on column pawl.workers.claims_from is 'Claims of this epoch with a lower lease_batch come too late and take nothing.';
comment on column pawl.workers.stopped_at is 'When it stopped cleanly; its waiting events stay leased until expires_at.';

-- An operator removes a workflow that is no more by deleting its row; its unfinished runs stay until they are dismissed.
create table pawl.workflows (
  workflow text primary key,
  type text not null,
  place bigint generated always as identity,
  added_at timestamptz not null default now(),
  constraint workflows_in_order unique (type, place),
  constraint workflows_named check (workflow <> '' and type <> '')
);
comment on table pawl.workflows is 'Which workflows run for events of which type; written by pawl migrate, which removes none.';
comment on column pawl.workflows.workflow is 'Its name, which is of one type of events for ever.';
comment on column pawl.workflows.type is 'The type of event that starts it.';
comment on column pawl.workflows.place is 'Order of registration: runs of the first of a type have the id of their event.';
comment on column pawl.workflows.added_at is 'Events emitted since then have runs of it.';

create function pawl.add_workflow(type text, workflow text) returns boolean
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  known constant text := (select w.type from pawl.workflows w where w.workflow = add_workflow.workflow);
begin
  if known <> add_workflow.type then
    raise exception 'workflow % is registered for events of type %, and not of %', add_workflow.workflow, known,
        add_workflow.type
      using errcode = 'unique_violation', hint = 'Give the workflow for events of another type another name.';
  end if;
  if known is not null then return false; end if;
  insert into pawl.workflows (type, workflow) values (add_workflow.type, add_workflow.workflow);
  analyze pawl.workflows;  -- asked by every emit; of a table this small Postgres does not learn by itself that it is
  return true;
end $$;
comment on function pawl.add_workflow is 'Registers a workflow for events that are emitted from now on; false where it was.';

-- How large a payload is as text, which is what a worker gets of it. The text may be much larger than what is stored: a
-- control character has six bytes, a number of few digits a hundred thousand, and Postgres makes none of a gigabyte. So
-- of a large payload no text is made that surely has more than 16 MiB, which is the most that a worker takes, and the bytes
-- stored are told: a value has at least a fifth of its bytes as text, and a number at least its digits.
--
-- Whoever inserts into the outbox past pawl.emit runs it, and has to be granted it.
create function pawl.payload_bytes(payload jsonb) returns bigint
language plpgsql immutable set search_path = pg_catalog, pawl, pg_temp as $$
declare
  most constant bigint := 5 * 16777216;
  bytes bigint := pg_column_size(payload);
begin
  if bytes <= 2000 and pg_column_compression(payload) is null then return octet_length(payload::text); end if;
  if bytes > most then return bytes; end if;
  bytes := pg_column_size(payload #> '{}');  -- unpacked
  if bytes > most then return bytes; end if;
  begin
    select greatest(bytes, sum(case when abs(v::numeric) >= 1e65536 then 65537
                                    when abs(v::numeric) >= 1e10000 then 10001 else 1001 end)) into bytes
    from jsonb_path_query(payload, 'strict $.** ? (@ >= 1e1000 || @ <= -1e1000)') v;
    if bytes > most then return bytes; end if;
    return octet_length(payload::text);
  exception
    when statement_too_complex then return bytes;  -- nested too deep for the search, and for any worker
    when program_limit_exceeded or internal_error then return greatest(bytes, 1 << 30);  -- the text has a gigabyte
  end;
end $$;
comment on function pawl.payload_bytes is
  'Bytes of a payload as text; of one that surely has more than 16 MiB, as stored or as unpacked.';

-- lease_epoch, lease_batch and deliveries change at every claim. They are in no index, and half of each page is free,
-- so that a claim is a heap-only update. They stand side by side, behind all else of a fixed length, so that WAL has little
-- but them of it: with payload_bytes behind the payload it would have 470 bytes an event more.
create table pawl.outbox (
  position bigint generated always as identity primary key,
  id uuid not null,
  created_at timestamptz not null default now(),
  available_at timestamptz not null default now(),
  payload_bytes bigint generated always as (pawl.payload_bytes(payload)) stored,  -- 2.5 us of a small one, once
  lease_epoch bigint,
  lease_batch int,
  deliveries int not null default 0,
  resumes int not null default 0,
  store uuid,
  only_store boolean not null default false,
  mark text,
  marked_by text,
  marked_at timestamptz,
  mark_note text,
  mark_epoch bigint,
  parent uuid,
  from_step text,
  effects_of uuid,
  stands_for uuid,
  event uuid,
  workflow text,
  type text not null,
  aggregatetype text not null,
  aggregateid text not null,
  payload jsonb not null,
  headers jsonb not null default '{}',
  constraint outbox_id_once unique (id),
  constraint outbox_type_given check (type <> ''),
  constraint outbox_names_short check (octet_length(type) <= 1024 and octet_length(aggregatetype) <= 1024
    and octet_length(aggregateid) <= 1024 and octet_length(headers->>'tenant') <= 1024),
  constraint outbox_deliveries_counted check (deliveries >= 0 and resumes >= 0),
  constraint outbox_leased_was_delivered check (lease_epoch is null or deliveries > 0),
  constraint outbox_leased_has_workflow check (lease_epoch is null or workflow is not null),
  constraint outbox_only_store_given check (not only_store or store is not null),
  constraint outbox_mark_known check (mark in ('cancel', 'retry-now')),
  constraint outbox_mark_epoch_has_mark check (mark_epoch is null or mark is not null),
  constraint outbox_from_step_has_parent check (from_step is null or parent is not null)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);

create index outbox_further_runs on pawl.outbox (event) where event is not null;
create index outbox_effects_of on pawl.outbox (effects_of) where effects_of is not null;
create index outbox_stands_for on pawl.outbox (stands_for) where stands_for is not null;
create index outbox_marked on pawl.outbox (mark_epoch, position) where mark_epoch is not null;  -- few, so claims stay heap-only

comment on table pawl.outbox is
  'Unfinished runs of events in order of position. Written by pawl.emit and by triggers.';
comment on column pawl.outbox.position is 'Order of insertion, not of commit: a lower position can appear later.';
comment on column pawl.outbox.id is 'Identity of the run: the event''s own, but for runs of further workflows.';
comment on column pawl.outbox.event is 'Identity of the event, where that is not `id`.';
comment on column pawl.outbox.workflow is
  'Whose run it is; a worker claims those of its workflows. Null: no workflow of its type was registered yet.';
comment on column pawl.outbox.type is 'What happened.';
comment on column pawl.outbox.aggregatetype is 'What kind of thing the event is about.';
comment on column pawl.outbox.aggregateid is 'Which one.';
comment on column pawl.outbox.payload is 'The facts. pawl hands it to the workflow as text and never reads it in SQL.';
comment on column pawl.outbox.payload_bytes is
  'How large the payload is as text, so that a claim takes no more than fits: counted when it is written, not by each claim.';
comment on column pawl.outbox.headers is
  'For tracing and other consumers. pawl reads `tenant`, so that events of one do not starve those of others, and `traceparent`.';
comment on column pawl.outbox.available_at is 'Not claimed before.';
comment on column pawl.outbox.lease_epoch is 'The worker that has it; null: free.';
comment on column pawl.outbox.lease_batch is 'Which of that worker''s claims took it: finds a claim whose reply was lost.';
comment on column pawl.outbox.deliveries is 'How often it was claimed.';
comment on column pawl.outbox.resumes is 'How often an operator asked its failed run to go on.';
comment on column pawl.outbox.store is 'The checkpoint store that holds its earlier run: claimed there while that worker lives.';
comment on column pawl.outbox.only_store is
  'No worker with checkpoints other than `store` may run it: they know which failures the run has acted on.';
comment on column pawl.outbox.mark is
  'What an operator asks of the run while a worker has it: cancel or retry-now; the worker looks for it once a second.';
comment on column pawl.outbox.marked_by is 'Who asked.';
comment on column pawl.outbox.marked_at is 'When.';
comment on column pawl.outbox.mark_note is 'Why.';
comment on column pawl.outbox.mark_epoch is
  'The worker that is to see the mark: the one that has the run; null once that has. A cancel mark stays, for the next worker.';
comment on column pawl.outbox.parent is 'The run that this one was made from, by rerun or requeue.';
comment on column pawl.outbox.from_step is 'A rerun begins at this step: what began no later in its parent is taken over.';
comment on column pawl.outbox.stands_for is
  'The event that a run made by rerun or requeue stands for: what an application has written about it names that one; null: its own.';
comment on column pawl.outbox.effects_of is
  'The run under whose keys it does its effects, so that nobody is told twice; null: its own.';

-- A row stays when its worker is gone: it says which disk of which host had a run. A heartbeat does not touch it; what a
-- worker was seen for last is noted by whoever ends its epoch.
create table pawl.stores (
  store uuid primary key,
  opened_at timestamptz not null,
  host text not null default '',
  path text not null default '',
  version text not null default '',
  last_seen_at timestamptz,
  stopped boolean not null default false
);
comment on table pawl.stores is 'Checkpoint stores that workers have registered; whoever registers one holds its row.';
comment on column pawl.stores.opened_at is 'When a worker registered it last.';
comment on column pawl.stores.host is 'Where that worker ran.';
comment on column pawl.stores.path is 'The file, on that host.';
comment on column pawl.stores.version is 'The pawl version of that worker.';
comment on column pawl.stores.last_seen_at is 'The last heartbeat of its latest epoch that has ended.';
comment on column pawl.stores.stopped is 'Whether that epoch stopped cleanly.';

-- Functions are open to PUBLIC unless they are closed, and whoever may execute a trigger's function can put it on a table
-- of his own.
create function pawl.open_functions() returns setof regprocedure
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select p.oid from pg_proc p
  where p.pronamespace = 'pawl'::regnamespace
    and exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                where a.grantee = 0 and a.privilege_type = 'EXECUTE')
$$;
comment on function pawl.open_functions is 'Functions of the schema that everybody may execute.';

create function pawl.close_functions() returns int
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  function regprocedure;
  closed int := 0;
begin
  for function in select o from pawl.open_functions() o loop
    execute format('revoke execute on function %s from public', function);
    closed := closed + 1;
  end loop;
  return closed;
end $$;
comment on function pawl.close_functions is
  'Lets nobody but the owner, and whom it is granted to, execute what is in the schema; returns how many were open. Each migrate does.';
select pawl.close_functions();
