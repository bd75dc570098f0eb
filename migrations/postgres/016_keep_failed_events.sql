-- Failed events stay until somebody has resumed or dismissed them, whatever retention is asked for.
--
-- What keeps the archive depends on nobody's settings: a partition's bounds are midnights of UTC, and a lock that others
-- hold is waited for no longer than a moment, since everybody else would wait behind it.

-- Not validated: what is in the archive fits a narrower constraint than this one.
alter table pawl.outbox_archive drop constraint archive_status_known;
alter table pawl.outbox_archive add constraint archive_status_known
  check (status in ('done', 'failed', 'dismissed')) not valid;
comment on column pawl.outbox_archive.status is 'done, failed, or dismissed: failed, and somebody has said why it is to stay so.';
comment on column pawl.v1_events.status is 'pending (free), leased (a worker has it), done, failed or dismissed.';

-- The lock comes first: a request whose reply was lost may still be at work.
create function pawl.dismiss(event_id uuid, reason text, requested_by text default session_user,
                             request uuid default null)
returns text language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  archived pawl.outbox_archive;
  outcome text;
begin
  if coalesce(trim(dismiss.reason), '') = '' then
    raise exception 'dismiss event %: a reason is needed, for whoever looks at it later', dismiss.event_id
      using errcode = 'invalid_parameter_value';
  end if;
  select * into archived from pawl.outbox_archive a
  where a.id = dismiss.event_id order by a.finished_at desc limit 1 for update;
  select c.outcome into outcome from pawl.commands c
  where c.request = dismiss.request and c.event_id = dismiss.event_id and c.verb = 'dismiss';
  if found then return outcome; end if;
  if exists (select from pawl.outbox o where o.id = dismiss.event_id) then
    outcome := 'not finished: it is in the outbox';
  elsif archived.id is null then
    outcome := 'not found';
  elsif archived.status <> 'failed' then
    outcome := 'not failed: it is ' || archived.status;
  else
    outcome := 'dismissed';
    update pawl.outbox_archive a
    set status = 'dismissed', reason = format('dismissed by %s: %s; it had failed: %s', requested_by, dismiss.reason, a.reason)
    where a.id = archived.id and a.finished_at = archived.finished_at;
  end if;
  insert into pawl.commands (verb, event_id, requested_by, note, outcome, request)
  values ('dismiss', dismiss.event_id, dismiss.requested_by, dismiss.reason, outcome, dismiss.request);
  return outcome;
end $$;
comment on function pawl.dismiss is
  'Says that a failed event is to stay undone, and why; returns dismissed, or why it was refused. Retention may drop it then.';

create or replace function pawl.create_archive_month(month timestamp) returns void
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
-- move to the default partition.
create or replace function pawl.maintain_archive(keep interval default null) returns int
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp
set timezone = 'UTC' set datestyle = 'ISO, MDY' set standard_conforming_strings = on set lock_timeout = '1s' as $$
declare
  this_month timestamp := date_trunc('month', now() at time zone 'UTC');
  expired text;
  dropped int := 0;
begin
  if keep not between interval '1 day' and interval '1000 years' then
    raise exception 'maintain_archive: to keep % is asked for, and 1 day to 1000 years can be', keep
      using errcode = 'invalid_parameter_value', hint = 'Give the age of what may be dropped, for example ''90 days''.';
  end if;
  lock table only pawl.outbox_archive in share update exclusive mode;
  for ahead in 0..2 loop
    perform pawl.create_archive_month(this_month + ahead * interval '1 month');
  end loop;
  if keep is null then return 0; end if;
  for expired in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'pawl.outbox_archive'::regclass and c.relname ~ '^outbox_archive_[0-9]{4}_[0-9]{2}$'
      and (to_timestamp(right(c.relname, 7), 'YYYY_MM')::timestamp + interval '1 month') at time zone 'UTC' < now() - keep
  loop
    execute format('alter table pawl.outbox_archive detach partition pawl.%I', expired);
    execute format('insert into pawl.outbox_archive select * from pawl.%I where status = ''failed''', expired);
    execute format('drop table pawl.%I', expired);
    dropped := dropped + 1;
  end loop;
  delete from pawl.outbox_archive_default where finished_at < now() - keep and status <> 'failed';
  return dropped;
end $$;
comment on function pawl.maintain_archive is
  'Creates the archive''s coming partitions, drops those wholly older than keep (null: none) but for their failed events, returns how many.';

-- Mails and commands outlive the archive's row of their event: with them gone first, an event that is resumed or delivered
-- again would look new. The ledger is walked in the order of its key, a step a call, so that it needs no other index.
create function pawl.prune(keep interval, behind uuid, step int,
                           out months int, out mails bigint, out commands bigint, out last uuid)
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp set lock_timeout = '1s' as $$
declare
  before timestamptz := now() - keep;
  events uuid[];
begin
  months := pawl.maintain_archive(keep);
  select array_agg(e.event_id), max(e.event_id::text)::uuid into events, last
  from (select d.event_id from pawl.email_deliveries d
        where behind is null or d.event_id > behind order by d.event_id limit step) e;
  if cardinality(events) < step then last := null; end if;
  delete from pawl.email_deliveries d
  where d.event_id = any(events) and greatest(d.claimed_at, d.settled_at) < before
    and not exists (select from pawl.outbox o where o.id = d.event_id)
    and not exists (select from pawl.outbox_archive a where a.id = d.event_id);
  get diagnostics mails = row_count;
  delete from pawl.commands c where c.id in (
    select old.id from pawl.commands old
    where old.requested_at < before and not exists (select from pawl.outbox o where o.id = old.event_id)
      and not exists (select from pawl.outbox_archive a where a.id = old.event_id)
    order by old.id limit step);
  get diagnostics commands = row_count;
end $$;
comment on function pawl.prune is
  'Drops archived months older than keep, then mails (a step of them, behind an event''s id) and commands of events that are gone.';

revoke execute on function pawl.dismiss, pawl.prune from public;

-- A time that is none has no age.
create or replace view pawl.v1_lag as
  select type, count(*) filter (where lease_epoch is null) as pending,
         count(*) filter (where lease_epoch is not null) as leased,
         min(created_at) as oldest_created_at,
         extract(epoch from now() - min(created_at) filter (where isfinite(created_at)))::double precision
           as oldest_age_seconds,
         extract(epoch from now() - min(available_at) filter (where lease_epoch is null and available_at <= now()
                                                                and isfinite(available_at)))
           ::double precision as oldest_pending_seconds
  from pawl.outbox group by type;
