-- The archive: finished events, one partition a month, so that retention drops tables and deletes no rows.
--
-- pawl.maintain_archive creates the partitions of this month and the next two, and drops what is older than asked. Rows
-- that arrive while nobody has done so land in the default partition and are moved when their month is created: nothing
-- fails because a chore was forgotten. Failed events stay until somebody has resumed or dismissed them, whatever retention
-- is asked for, and are as old then as their dismissal.

create table pawl.outbox_archive (
  position bigint not null,
  id uuid not null,
  created_at timestamptz not null,
  finished_at timestamptz not null default now(),
  dismissed_at timestamptz,
  deliveries int not null,
  resumes int not null,
  store uuid not null,
  status text not null,
  reason text,
  resumable text not null default 'anywhere',
  failed_step text,
  failed_key text,
  failure_class text,
  failure_code text,
  parent uuid,
  from_step text,
  effects_of uuid,
  stands_for uuid,
  event uuid,
  workflow text not null,
  type text not null,
  aggregatetype text not null,
  aggregateid text not null,
  payload jsonb not null,
  headers jsonb not null,
  withheld bigint,
  primary key (id, finished_at),
  constraint archive_status_known check (status in ('done', 'failed', 'cancelled', 'dismissed')),
  constraint archive_resumable_known check (resumable in ('anywhere', 'here', 'nowhere')),
  constraint archive_dismissed_has_time check (dismissed_at is null or status = 'dismissed'),
  constraint archive_failed_has_reason check (status = 'done' or reason <> '')
) partition by range (finished_at);

create index outbox_archive_further_runs on pawl.outbox_archive (event) where event is not null;
create index outbox_archive_effects_of on pawl.outbox_archive (effects_of) where effects_of is not null;
create index outbox_archive_stands_for on pawl.outbox_archive (stands_for) where stands_for is not null;
create index outbox_archive_given_up on pawl.outbox_archive (id) where status in ('cancelled', 'dismissed');
create index outbox_archive_outlived on pawl.outbox_archive (id) where status = 'done' and resumable = 'nowhere';
create index outbox_archive_failed on pawl.outbox_archive (finished_at) where status = 'failed';
-- The story of one connection, newest first: 5 us and 115 bytes of WAL an event.
create index outbox_archive_about on pawl.outbox_archive (aggregateid, created_at);
create table pawl.outbox_archive_default partition of pawl.outbox_archive default;

comment on table pawl.outbox_archive is 'Finished events, moved here in the transaction that finished them.';
comment on column pawl.outbox_archive.id is 'Identity of the run.';
comment on column pawl.outbox_archive.event is 'Identity of the event, where that is not `id`.';
comment on column pawl.outbox_archive.workflow is 'Whose run it was.';
comment on column pawl.outbox_archive.status is 'done, failed, cancelled (by somebody), or dismissed: failed or never ended, and somebody has said why it is to stay so.';
comment on column pawl.outbox_archive.dismissed_at is 'When somebody said so of a run that had failed: it ages from then on.';
comment on column pawl.outbox_archive.resumable is
  'Where a failed run may go on: anywhere, here (only in `store`, since it has acted on a failure), nowhere (it has acted on all; '
  'also of one that is done though a step of it failed).';
comment on column pawl.outbox_archive.reason is 'Why it failed, or what a done run has to say.';
comment on column pawl.outbox_archive.failed_step is 'The step whose failure ended the run, where one did.';
comment on column pawl.outbox_archive.failed_key is 'The item of it that failed first; empty for a step of one.';
comment on column pawl.outbox_archive.failure_class is
  'permanent (the step said so), attempts (all were used), age (its time was over), poison, payload or workflow.';
comment on column pawl.outbox_archive.failure_code is 'What the step gives beside its words, as a relay''s status 5.1.1.';
comment on column pawl.outbox_archive.parent is 'The run that this one was made from, by rerun or requeue.';
comment on column pawl.outbox_archive.from_step is 'It began at this step, with what its parent had done before; resumed, it does so again.';
comment on column pawl.outbox_archive.stands_for is 'The event that it stood for, where it was made by rerun or requeue.';
comment on column pawl.outbox_archive.effects_of is 'The run under whose keys it did its effects; null: its own.';
comment on column pawl.outbox_archive.payload is
  'The facts without their secrets; as emitted where it is withheld, until the event is resumed or dismissed.';
comment on column pawl.outbox_archive.withheld is
  'Bytes of a payload that reached no worker, so that nobody has looked for its secrets: v1_events shows its size alone.';
comment on column pawl.outbox_archive.headers is 'Trace context and tenant; of all else that it had, the names alone.';
comment on column pawl.outbox_archive.store is 'The checkpoint store that holds its run; zeros: none is known.';

-- Of headers that a producer gave, an authorization for one, nobody but the producer knows what they hold; pawl reads
-- these three alone.
create function pawl.headers_to_keep(headers jsonb) returns jsonb
language sql immutable parallel safe set search_path = pg_catalog, pawl, pg_temp as $$
  select case when jsonb_typeof(headers) = 'object' then (
    select coalesce(jsonb_object_agg(h.key, case
             when h.key in ('traceparent', 'tracestate', 'tenant') and jsonb_typeof(h.value) = 'string'
               or jsonb_typeof(h.value) in ('number', 'boolean', 'null') then h.value
             else '"[redacted]"' end), '{}')
    from jsonb_each(headers) h) else '{}' end
$$;
comment on function pawl.headers_to_keep is 'The headers of an event without what may be a secret.';

-- What keeps the archive depends on nobody's settings: a partition's bounds are midnights of UTC, and a lock that others
-- hold is waited for no longer than a moment, since everybody else would wait behind it.
create function pawl.create_archive_month(month timestamp) returns void
language plpgsql set search_path = pg_catalog, pawl, pg_temp set timezone = 'UTC' set datestyle = 'ISO, MDY' as $$
declare
  partition_name text := 'outbox_archive_' || to_char(month, 'YYYY_MM');
  first_moment timestamptz := month at time zone 'UTC';
  last_moment timestamptz := (month + interval '1 month') at time zone 'UTC';
begin
  if to_regclass('pawl.' || partition_name) is not null then return; end if;
  execute format('create table pawl.%I (like pawl.outbox_archive including all)', partition_name);
  execute format('with moved as (delete from pawl.outbox_archive_default
                                 where finished_at >= %L and finished_at < %L returning *)
                  insert into pawl.%I select * from moved', first_moment, last_moment, partition_name);
  execute format('alter table pawl.outbox_archive attach partition pawl.%I for values from (%L) to (%L)',
                 partition_name, first_moment, last_moment);
end $$;

-- Those who maintain take turns by a lock that is in no reader's and no writer's way. Failed events of an expired month
-- move to the default partition, and stay there until they are resumed or dismissed; so do those dismissed of late.
create function pawl.expire_archive(keep interval, out months int, out events bigint)
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp
set timezone = 'UTC' set datestyle = 'ISO, MDY' set standard_conforming_strings = on set lock_timeout = '1s' as $$
declare
  this_month timestamp := date_trunc('month', now() at time zone 'UTC');
  expired text;
  leaving bigint;
begin
  months := 0;
  events := 0;
  -- months are of thirty days where intervals are compared, and as long as they are where one is subtracted
  if keep not between interval '1 day' and interval '1000 years' or now() - keep > now() - interval '1 day' then
    raise exception 'maintain_archive: to keep % is asked for, and 1 day to 1000 years can be', keep
      using errcode = 'invalid_parameter_value', hint = 'Give the age of what may be dropped, for example ''90 days''.';
  end if;
  lock table only pawl.outbox_archive in share update exclusive mode;
  for ahead in 0..2 loop
    perform pawl.create_archive_month(this_month + ahead * interval '1 month');
  end loop;
  if keep is null then return; end if;
  for expired in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'pawl.outbox_archive'::regclass and c.relname ~ '^outbox_archive_[0-9]{4}_[0-9]{2}$'
      and (to_timestamp(right(c.relname, 7), 'YYYY_MM')::timestamp + interval '1 month') at time zone 'UTC' < now() - keep
  loop
    execute format('alter table pawl.outbox_archive detach partition pawl.%I', expired);
    execute format('insert into pawl.outbox_archive select * from pawl.%I'
                   ' where status = ''failed'' or dismissed_at >= now() - $1', expired) using keep;
    execute format('select count(*) from pawl.%I'
                   ' where (status = ''failed'' or dismissed_at >= now() - $1) is not true', expired) into leaving using keep;
    events := events + leaving;
    execute format('drop table pawl.%I', expired);
    months := months + 1;
  end loop;
  delete from pawl.outbox_archive_default
  where coalesce(dismissed_at, finished_at) < now() - keep and status <> 'failed';
  get diagnostics leaving = row_count;
  events := events + leaving;
end $$;
comment on function pawl.expire_archive is 'As pawl.maintain_archive; says how many events left the archive as well.';

create function pawl.maintain_archive(keep interval default null) returns int
language sql security definer set search_path = pg_catalog, pawl, pg_temp as $$
  select months from pawl.expire_archive(keep)
$$;
comment on function pawl.maintain_archive is
  'Creates the archive''s coming partitions, drops those wholly older than keep (null: none) but for events that have failed, or were dismissed since, returns how many.';

select pawl.maintain_archive();
select pawl.close_functions();
