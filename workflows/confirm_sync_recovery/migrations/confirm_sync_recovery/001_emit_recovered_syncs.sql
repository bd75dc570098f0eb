-- A sync log that gets the status `success` ends the connection's outage, and becomes an event in its own transaction:
-- one for all failures that nothing has confirmed yet, none where there are none.
--
-- Which failures those are is written down here, a row a failure, by the transaction that emits its event. So a failure
-- only inserts, and a success locks rows that no failure touches. Where two successes meet, the one takes what the other
-- has not locked, and neither waits: each failure is confirmed once. Of a success that is rolled back the next one takes
-- its place. A success confirms no failure that is later than itself, by the times of the logs, since it may commit after
-- it; and a failure that commits behind a later success is confirmed by the success after that.

create table pawl.sync_failures (
  event_id uuid primary key,
  connection_id text not null,
  failed_at timestamptz not null,
  recovery uuid
);
create index sync_failures_unconfirmed on pawl.sync_failures (connection_id) where recovery is null;
create index sync_failures_by_recovery on pawl.sync_failures (recovery) where recovery is not null;
comment on table pawl.sync_failures is 'Events of failed syncs, and the event of the success that ended their outage.';
comment on column pawl.sync_failures.failed_at is 'As the event tells it, to the second.';
comment on column pawl.sync_failures.recovery is 'Event of type pms/connection.sync.recovered; null: the outage lasts.';

-- Nobody can be told of another one, and no emit may fail since its text is too long for an index.
create function pawl.failed_connection(payload jsonb) returns text
language plpgsql immutable set search_path = pg_catalog, pawl, pg_temp as $$
declare
  connection constant text := lower(payload->>'connection_id');
begin
  return case when connection ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then connection end;
end $$;
comment on function pawl.failed_connection is 'The connection that a payload says has failed; null where it names none.';

-- Of every event of that type, whoever emits it. A run that is resumed is no new failure, nor is a further run of the event,
-- nor one that is made of another by rerun or requeue: that one's failure is known, unless its payload named no connection.
-- Then the failure is the event's that the run stands for, under whose id people are told.
create function pawl.note_sync_failure() returns trigger
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  connection constant text := pawl.failed_connection(new.payload);
  failed timestamptz;
begin
  if connection is null then return null; end if;
  if new.parent is not null then
    perform from pawl.outbox_archive a where a.id = new.parent and pawl.failed_connection(a.payload) is not null;
    if found then return null; end if;
  end if;
  begin
    failed := pawl.calendar_time((new.payload->>'occurred_at')::timestamptz);
  exception when others then failed := new.created_at;
  end;
  insert into pawl.sync_failures (event_id, connection_id, failed_at)
  values (coalesce(new.stands_for, new.id), connection, failed) on conflict (event_id) do nothing;
  return null;
end $$;
comment on function pawl.note_sync_failure is 'Writes an event of a failed sync into pawl.sync_failures.';
-- Always: a session that replicates, or loads data with session_replication_role = replica, fires no other trigger; and
-- those on sync logs may be enabled always, so that their failures make events.
create function pawl.note_sync_failures() returns void
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
begin
  create or replace trigger pawl_note_sync_failure after insert on pawl.outbox
    for each row when (new.type = 'pms/connection.sync.failed' and new.resumes = 0 and new.event is null)
    execute function pawl.note_sync_failure();
  alter table pawl.outbox enable always trigger pawl_note_sync_failure;
end $$;
comment on function pawl.note_sync_failures is 'Makes the trigger on pawl.outbox anew that executes pawl.note_sync_failure.';

-- Most successes end no outage: they look for one in an index that holds the open ones alone. A transaction that sees the
-- failures as they were before another success took them is told so by an error: they are confirmed, and nothing is left
-- to do. What it cannot read of the connection is told in the event, as by pawl.emit_sync_failed.
create function pawl.emit_sync_recovered() returns trigger
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  connection text;
  finished timestamptz;
  failures uuid[];
  since timestamptz;
  recovery_id uuid;
begin
  if tg_nargs > 0 then  -- its condition is released
    if pawl.lacks_status(tg_argv[0], tg_op, pawl.column_text(old, 'status'), pawl.column_text(new, 'status')) then
      return null;
    end if;
  end if;
  begin
    connection := lower(format('%s', new.connection_id));
  exception when others then
    return null;
  end;
  if not exists (select from pawl.sync_failures f where f.connection_id = connection and f.recovery is null) then
    return null;
  end if;
  finished := pawl.finished_at(new);
  begin
    select array_agg(f.event_id), min(f.failed_at) into failures, since
    from (select event_id, failed_at from pawl.sync_failures
          where connection_id = connection and recovery is null and failed_at <= finished
          for update skip locked) f;
  exception when serialization_failure then
    return null;
  end;
  if failures is null then return null; end if;
  recovery_id := pawl.write_event('pms/connection.sync.recovered', 'pms_connection', connection,
    jsonb_build_object('connection_id', connection, 'org_id', null, 'provider', null, 'label', '',
                       'failed_at', pawl.rfc3339(since), 'recovered_at', pawl.rfc3339(finished))
    || pawl.connection_facts(connection));
  update pawl.sync_failures f set recovery = recovery_id where f.event_id = any(failures);
  return null;
end $$;
comment on function pawl.emit_sync_recovered is
  'Emits pms/connection.sync.recovered for a sync log that got status success, where failures of its connection are unconfirmed.';

create function pawl.watch_sync_recoveries() returns void
language sql set search_path = pg_catalog, pawl, pg_temp as $$
  insert into pawl.sync_log_triggers values
    ('pawl_sync_recovered_on_insert', 'pawl.emit_sync_recovered()', 4, 'after insert on %s for each row'
     ' when (new.status = ''success'')', false, '{connection_id,finished_at}'),
    ('pawl_sync_recovered_on_update', 'pawl.emit_sync_recovered()', 16, 'after update on %s for each row'
     ' when (new.status = ''success'' and old.status is distinct from ''success'')', false, '{connection_id,finished_at}')
  on conflict (name) do nothing
$$;
comment on function pawl.watch_sync_recoveries is 'Asks for the triggers on sync logs that execute pawl.emit_sync_recovered.';

select pawl.note_sync_failures();
select pawl.watch_sync_recoveries();
select pawl.mend_triggers();

-- Only while the workflow is registered: whoever has switched it off has dropped them. The check's name comes before that
-- of the sync logs, whose mending makes the triggers that this one asks for.
create function pawl.sync_recovery_problems(reader name, out kind text, out problem text) returns setof record
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
begin
  if not exists (select from pawl.workflows w where w.workflow = 'confirm-sync-recovery') then return; end if;
  kind := 'trigger';
  if not exists (select from pg_trigger t where t.tgrelid = 'pawl.outbox'::regclass and t.tgname = 'pawl_note_sync_failure'
                 and t.tgfoid = 'pawl.note_sync_failure()'::regprocedure and t.tgenabled = 'A') then
    problem := 'trigger pawl_note_sync_failure on pawl.outbox is missing or does not fire in every session: recoveries make no events; '
               'run `pawl migrate`';
    return next;
  end if;
  if (select count(*) from pawl.sync_log_triggers t where t.function = 'pawl.emit_sync_recovered()') < 2 then
    problem := 'pawl.sync_log_triggers lacks those of pawl.emit_sync_recovered: recoveries make no events; run `pawl migrate`';
    return next;
  end if;
end $$;
comment on function pawl.sync_recovery_problems is 'What keeps recoveries from becoming events while their workflow is registered.';

create function pawl.mend_sync_recovery() returns setof text
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  found_problem text;
begin
  for found_problem in select p.problem from pawl.sync_recovery_problems(session_user) p loop
    if found_problem like 'trigger %' then
      perform pawl.note_sync_failures();
      return next 'pawl_note_sync_failure';
    else
      perform pawl.watch_sync_recoveries();
    end if;
  end loop;
end $$;
comment on function pawl.mend_sync_recovery is 'Makes anew what pawl.sync_recovery_problems() misses, and returns its names.';
insert into pawl.checks values
  ('confirm_sync_recovery', 'pawl.sync_recovery_problems', 'pawl.mend_sync_recovery');

create function pawl.prune_sync_failures(age interval, behind text, step int, out removed bigint, out last text)
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  events uuid[];
begin
  select array_agg(f.event_id), max(f.event_id::text) into events, last
  from (select event_id from pawl.sync_failures where behind is null or event_id > behind::uuid
        order by event_id limit step) f;
  delete from pawl.sync_failures f
  where f.event_id = any(events) and f.failed_at < now() - age and pawl.is_gone(f.event_id)
    and (f.recovery is null or pawl.is_gone(f.recovery));
  get diagnostics removed = row_count;
  if cardinality(events) < step then last := null; end if;
end $$;
create function pawl.count_old_sync_failures(age interval) returns bigint
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select count(*) from pawl.sync_failures f
  where f.failed_at < now() - age
    and not exists (select from pawl.known_events k where k.event_id = f.event_id and k.ages_from >= now() - age)
    and not exists (select from pawl.known_events k where k.event_id = f.recovery and k.ages_from >= now() - age)
$$;
insert into pawl.retained (name, prune, count_old) values
  ('sync failures', 'pawl.prune_sync_failures', 'pawl.count_old_sync_failures');

select pawl.close_functions();
