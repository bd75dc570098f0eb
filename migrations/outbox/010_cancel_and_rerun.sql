-- What operators ask of one run beside resuming it: to end before it has finished, to wait no longer, to begin anew.
--
-- A run that a worker has is that worker's to end: it is marked, and the worker looks for the mark. One that no worker
-- will end is ended here. A rerun is a run of its own, whose parent has ended; one that failed is dismissed, since nobody
-- need see to it any more: it is the rerun that is resumed, should that fail. Each command and its
-- effect are one transaction, as those in 004_create_commands.sql.

create function pawl.why_not_unfinished(run_id uuid) returns text
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select coalesce((select 'not unfinished: it is ' || a.status from pawl.outbox_archive a
                   where a.id = why_not_unfinished.run_id order by a.finished_at desc limit 1), 'not found')
$$;

-- A worker that lost Postgres for longer than its lease does not know of it before somebody ends its epoch, and would go
-- on with a run that was ended here. So its epoch ends with the run, as a worker would end it: whatever it had is free.
create function pawl.end_epoch(ended bigint) returns void
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  over pawl.workers;
  told bigint;
  freed uuid[];
begin
  delete from pawl.workers w where w.epoch = ended returning * into over;
  if over.epoch is null then return; end if;
  delete from pawl.step_reports r where r.epoch = ended;
  update pawl.stores s set last_seen_at = over.heartbeat_at, stopped = over.stopped_at is not null
  where s.store in (select h.store from pawl.stores h where h.store = over.store for update skip locked);
  with free as (
    update pawl.outbox o set lease_epoch = null, lease_batch = null,
      deliveries = greatest(o.deliveries - (over.stopped_at is not null)::int, 0)
    where o.lease_epoch = ended returning o.id)
  select array_agg(f.id) into freed from free f;
  if freed is null then return; end if;
  insert into pawl.takeovers (from_epoch, from_store, from_host, by_epoch, runs)
  values (ended, over.store, over.host, 0, cardinality(freed)) returning takeover into told;
  insert into pawl.takeover_runs (takeover, run_id) select told, f from unnest(freed[:10000]) f;
end $$;
comment on function pawl.end_epoch is 'Ends the epoch of a worker whose lease is over, and frees what it had.';

-- As in pawl.resume_run, the lock comes first: a run is marked or ended before its worker archives it, or not at all. A
-- worker that has stopped finds a run gone that was ended here, and lets go of it; of one whose lease is over the epoch
-- ends with the run. Its row is locked before that of the run, as by every write of the worker itself. A marked run that is
-- free is due at once: only who claims it sees the mark.
create function pawl.cancel_run(run_id uuid, requested_by text, note text default null, request uuid default null)
returns text language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  unfinished pawl.outbox;
  leased bigint;
  expired bigint;
  outcome text;
begin
  perform pawl.require_read_committed(format('to cancel run %s', cancel_run.run_id));
  loop
    leased := (select o.lease_epoch from pawl.outbox o where o.id = cancel_run.run_id);
    select w.epoch into expired from pawl.workers w where w.epoch = leased and w.expires_at <= now() for update;
    select * into unfinished from pawl.outbox o where o.id = cancel_run.run_id for update;
    exit when unfinished.lease_epoch is not distinct from leased;  -- else somebody has claimed or freed it in between
  end loop;
  select c.outcome into outcome from pawl.commands c
  where c.request = cancel_run.request and c.event_id = cancel_run.run_id and c.verb = 'cancel';
  if found then return outcome; end if;
  if unfinished.id is null then
    outcome := pawl.why_not_unfinished(cancel_run.run_id);
  elsif exists (select from pawl.awaited_runs a where a.run_id = unfinished.id) then
    outcome := 'cancelling';
    update pawl.outbox o set mark = 'cancel', marked_by = pawl.in_utf8(cancel_run.requested_by), marked_at = clock_timestamp(),
      mark_note = pawl.in_utf8(cancel_run.note), mark_epoch = o.lease_epoch, available_at = least(o.available_at, now())
    where o.id = unfinished.id and o.mark is distinct from 'cancel';
  else
    outcome := 'cancelled';
    perform pawl.archive_unfinished(
      unfinished, 'cancelled', concat_ws(': ', 'cancelled by ' || cancel_run.requested_by, nullif(cancel_run.note, '')));
    if expired is not null then perform pawl.end_epoch(expired); end if;
  end if;
  insert into pawl.commands (verb, event_id, requested_by, note, outcome, request)
  values ('cancel', cancel_run.run_id, cancel_run.requested_by, cancel_run.note, outcome, cancel_run.request);
  perform pawl.ring();
  return outcome;
end $$;
comment on function pawl.cancel_run is
  'Cancels an unfinished run; returns cancelling (its worker ends it), cancelled, or why not.';

create function pawl.cancel(event_id uuid, requested_by text, note text default null, request uuid default null,
                            workflow text default null)
returns text language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  outcomes constant text[] := array(
    select pawl.cancel_run(run, cancel.requested_by, cancel.note, cancel.request)
    from pawl.runs_named(cancel.event_id, cancel.workflow) run);
begin
  return case when 'cancelling' = any(outcomes) then 'cancelling' else pawl.outcome_of(outcomes, 'cancelled') end;
end $$;
comment on function pawl.cancel is
  'Cancels the unfinished runs of an event, or its run in one workflow; returns cancelling, cancelled, or why not.';

-- What waits in a worker is tried when that sees the mark; what waits in the outbox is due at once. The mark of a
-- cancellation stays one: its worker, which has seen it before, tries at once what the run's code does because of it.
create function pawl.retry_run(run_id uuid, requested_by text, note text default null, request uuid default null)
returns text language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  unfinished pawl.outbox;
  outcome text;
begin
  perform pawl.require_read_committed(format('to retry run %s', retry_run.run_id));
  select * into unfinished from pawl.outbox o where o.id = retry_run.run_id for update;
  select c.outcome into outcome from pawl.commands c
  where c.request = retry_run.request and c.event_id = retry_run.run_id and c.verb = 'retry-now';
  if found then return outcome; end if;
  outcome := 'retrying';
  if unfinished.id is null then
    outcome := pawl.why_not_unfinished(retry_run.run_id);
  elsif unfinished.lease_epoch is not null and unfinished.mark = 'cancel' then
    update pawl.outbox o set marked_at = clock_timestamp(), mark_epoch = o.lease_epoch where o.id = unfinished.id;
  elsif unfinished.lease_epoch is not null then
    update pawl.outbox o set mark = 'retry-now', marked_by = pawl.in_utf8(retry_run.requested_by), marked_at = clock_timestamp(),
      mark_note = pawl.in_utf8(retry_run.note), mark_epoch = o.lease_epoch
    where o.id = unfinished.id;
  elsif unfinished.available_at > now() then
    update pawl.outbox o set available_at = now() where o.id = unfinished.id;
  else
    outcome := 'not waiting: it is pending and due';
  end if;
  insert into pawl.commands (verb, event_id, requested_by, note, outcome, request)
  values ('retry-now', retry_run.run_id, retry_run.requested_by, retry_run.note, outcome, retry_run.request);
  perform pawl.ring();
  return outcome;
end $$;
comment on function pawl.retry_run is 'Ends what an unfinished run waits for; returns retrying, or why not.';

create function pawl.retry_now(event_id uuid, requested_by text, note text default null, request uuid default null,
                               workflow text default null)
returns text language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
begin
  return pawl.outcome_of(array(
    select pawl.retry_run(run, retry_now.requested_by, retry_now.note, retry_now.request)
    from pawl.runs_named(retry_now.event_id, retry_now.workflow) run), 'retrying');
end $$;
comment on function pawl.retry_now is
  'Ends what the unfinished runs of an event, or its run in one workflow, wait for; returns retrying, or why not.';

-- A run that has ended begins anew as another one, whose parent it is. What it does again it does under the keys of the
-- run that did it first, so that nobody is told twice, unless somebody says that all of it is to be sent again. From a
-- step on it can only begin where the checkpoints of its parent are. The lock is that of its parent.
create function pawl.rerun_run(run_id uuid, from_step text, resend boolean, requested_by text, reason text,
                               request uuid default null, out new_run uuid, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  archived pawl.outbox_archive;
  at_work uuid;
begin
  perform pawl.require_reason('rerun', rerun_run.run_id, rerun_run.reason);
  at_work := pawl.who_does_effects_of(rerun_run.run_id);
  select * into archived from pawl.outbox_archive a
  where a.id = rerun_run.run_id order by a.finished_at desc limit 1 for update;
  select c.outcome, substring(c.outcome from 'as ([0-9a-f-]{36})$')::uuid into outcome, new_run from pawl.commands c
  where c.request = rerun_run.request and c.event_id = rerun_run.run_id and c.verb = 'rerun';
  if found then return; end if;
  if exists (select from pawl.outbox o where o.id = rerun_run.run_id) then
    outcome := 'not finished: it is in the outbox';
  elsif archived.id is null then
    outcome := 'not found';
  elsif at_work is not null and not coalesce(rerun_run.resend, false) then
    outcome := 'not finished: ' || at_work || ' is doing its effects';
  elsif archived.withheld is not null and archived.payload = jsonb_build_object('withheld_bytes', archived.withheld) then
    outcome := 'not possible: its payload was not kept; emit a new event instead';
  else
    new_run := pawl.new_event_id();
    outcome := 'rerun as ' || new_run;
    insert into pawl.outbox (id, store, only_store, parent, from_step, effects_of, stands_for, workflow, type,
                             aggregatetype, aggregateid, payload, headers)
    values (new_run, nullif(archived.store, '00000000-0000-0000-0000-000000000000'),
            nullif(rerun_run.from_step, '') is not null, archived.id, nullif(rerun_run.from_step, ''),
            case when rerun_run.resend then null else coalesce(archived.effects_of, archived.id) end,
            coalesce(archived.stands_for, archived.event, archived.id), archived.workflow, archived.type,
            archived.aggregatetype, archived.aggregateid, archived.payload, archived.headers);
    if archived.status = 'failed' then
      perform pawl.dismiss_failed(archived, format('%s by %s: %s', outcome, rerun_run.requested_by, rerun_run.reason));
    end if;
  end if;
  insert into pawl.commands (verb, event_id, requested_by, note, outcome, request)
  values ('rerun', rerun_run.run_id, rerun_run.requested_by, rerun_run.reason, outcome, rerun_run.request);
  perform pawl.ring();
end $$;
comment on function pawl.rerun_run is 'As pawl.rerun; says why not where it is refused, and then gives no run.';

create function pawl.rerun(run_id uuid, from_step text, resend boolean, requested_by text, reason text,
                           request uuid default null)
returns uuid language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  made record;
begin
  select * into made from pawl.rerun_run(rerun.run_id, rerun.from_step, rerun.resend, rerun.requested_by, rerun.reason,
                                         rerun.request);
  if made.new_run is null then
    raise exception 'rerun %: %', rerun.run_id, made.outcome using errcode = 'object_not_in_prerequisite_state';
  end if;
  return made.new_run;
end $$;
comment on function pawl.rerun is
  'Begins an ended run anew, at a step or (null) at its beginning, without repeating its effects unless resend; returns the new run.';

select pawl.close_functions();
