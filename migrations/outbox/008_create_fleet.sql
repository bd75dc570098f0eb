-- The fleet: which worker has which checkpoints, who took over from whom, which steps do not move, and why each unfinished
-- run is not finished. What any host can ask, without the checkpoint file of the worker that it asks about.

-- Whose events were set free, and by whom. Written in the transaction that frees them. Of a takeover of very many runs
-- the first are named, and all are counted.
create table pawl.takeovers (
  takeover bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  from_epoch bigint not null,
  from_store uuid,
  from_host text,
  by_epoch bigint not null,
  by_store uuid,
  by_host text,
  runs bigint not null
);
comment on table pawl.takeovers is 'Epochs whose events another worker, or a later start on the same checkpoints, set free.';
comment on column pawl.takeovers.from_store is 'Null: somebody else had deleted the row of that epoch.';
comment on column pawl.takeovers.by_store is 'The same as from_store where a worker started again; null: its own lease was over.';
comment on column pawl.takeovers.runs is 'How many were set free.';

create table pawl.takeover_runs (
  takeover bigint not null,
  run_id uuid not null,
  primary key (takeover, run_id)
);
create index takeover_runs_run on pawl.takeover_runs (run_id);
comment on table pawl.takeover_runs is 'The first 10,000 runs of each takeover.';

create function pawl.prune_takeovers(age interval, behind text, step int, out removed bigint, out last text)
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  old bigint[] := array(select t.takeover from pawl.takeovers t
                        where t.at < now() - age order by t.takeover limit least(step, 10));
  takeovers_gone bigint;
begin
  delete from pawl.takeover_runs r where ctid = any(array(
    select ctid from pawl.takeover_runs r where r.takeover = any(old) limit step));
  get diagnostics removed = row_count;
  if removed = step or cardinality(old) = 10 then last := old[1]::text; end if;  -- there may be more
  delete from pawl.takeovers t
  where t.takeover = any(old) and not exists (select from pawl.takeover_runs r where r.takeover = t.takeover);
  get diagnostics takeovers_gone = row_count;
  removed := removed + takeovers_gone;
end $$;
create function pawl.count_old_takeovers(age interval) returns bigint
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select count(r.takeover) + count(distinct t.takeover)
  from pawl.takeovers t left join pawl.takeover_runs r using (takeover) where t.at < now() - age
$$;
insert into pawl.retained (name, prune, count_old) values
  ('takeovers', 'pawl.prune_takeovers', 'pawl.count_old_takeovers');

create view pawl.v1_takeovers as
  select t.takeover, r.run_id, t.at, t.from_epoch, t.from_store, t.from_host, t.by_epoch, t.by_store, t.by_host, t.runs
  from pawl.takeovers t join pawl.takeover_runs r using (takeover);
comment on view pawl.v1_takeovers is 'Runs that were set free since their worker had died, or had started again.';
comment on column pawl.v1_takeovers.takeover is 'Which takeover: it set several runs free at once.';
comment on column pawl.v1_takeovers.run_id is 'The run; of a takeover of more than 10,000, the first are named.';
comment on column pawl.v1_takeovers.at is 'When.';
comment on column pawl.v1_takeovers.from_epoch is 'The worker that had the run.';
comment on column pawl.v1_takeovers.from_store is 'Its checkpoint store; null where it is not known any more.';
comment on column pawl.v1_takeovers.from_host is 'Where it ran; null where it is not known any more.';
comment on column pawl.v1_takeovers.by_epoch is 'The worker that set the run free; 0: the cancellation of a run of that worker.';
comment on column pawl.v1_takeovers.by_store is 'Its checkpoint store: the same where the worker started again.';
comment on column pawl.v1_takeovers.by_host is 'Where it runs.';
comment on column pawl.v1_takeovers.runs is 'How many runs the takeover set free.';

-- What a worker says of its steps while something is wrong with one; a worker with which all is well writes nothing.
create table pawl.step_reports (
  epoch bigint not null,
  store uuid not null,
  host text not null,
  step text not null,
  workflows text[] not null,
  reason text,
  paused_since timestamptz,
  next_probe_at timestamptz,
  held bigint not null,
  calls int not null,
  oldest_call_since timestamptz,
  reported_at timestamptz not null default clock_timestamp(),
  primary key (epoch, step),
  constraint step_reports_paused_has_time check ((reason is null) = (paused_since is null))
);
comment on table pawl.step_reports is 'Steps that are paused, or whose calls take long, as their workers say.';

create view pawl.v1_circuits as
  select r.epoch, w.store, w.host, r.step, r.workflows, r.reason, r.paused_since as since, r.next_probe_at, r.held,
         r.reported_at
  from pawl.step_reports r join pawl.workers w using (epoch)
  where r.reason is not null and w.stopped_at is null and w.expires_at > now();
comment on view pawl.v1_circuits is 'Steps that a worker has paused since the service behind them is down or refuses everybody.';
comment on column pawl.v1_circuits.epoch is 'The worker.';
comment on column pawl.v1_circuits.store is 'Its checkpoint store.';
comment on column pawl.v1_circuits.host is 'Where it runs.';
comment on column pawl.v1_circuits.step is 'The step, with its workflow where the name alone is not enough.';
comment on column pawl.v1_circuits.workflows is 'The workflows that have it.';
comment on column pawl.v1_circuits.reason is 'What the service said last.';
comment on column pawl.v1_circuits.since is 'When it was paused.';
comment on column pawl.v1_circuits.next_probe_at is 'When it is tried next; null while a probe is out.';
comment on column pawl.v1_circuits.held is 'How many runs wait for it.';
comment on column pawl.v1_circuits.reported_at is 'When the worker said so.';

-- A pause that is over stays on record. Its worker only takes its report back, or its epoch ends: both are seen here.
create table pawl.pauses (
  pause bigint generated always as identity primary key,
  epoch bigint not null,
  store uuid,
  host text,
  step text not null,
  workflows text[] not null,
  reason text not null,
  since timestamptz not null,
  ended_at timestamptz not null default clock_timestamp()
);
comment on table pawl.pauses is 'Steps that were paused, and go on.';

create function pawl.record_pause() returns trigger
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
begin
  insert into pawl.pauses (epoch, store, host, step, workflows, reason, since)
  values (old.epoch, old.store, old.host, old.step, old.workflows, old.reason, old.paused_since);
  return null;
end $$;
create trigger record_pause after delete on pawl.step_reports
  for each row when (old.reason is not null) execute function pawl.record_pause();
create trigger record_pause_over after update on pawl.step_reports
  for each row when (old.reason is not null and new.reason is null) execute function pawl.record_pause();

create function pawl.prune_pauses(age interval, behind text, step int, out removed bigint, out last text)
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
begin
  delete from pawl.pauses p where p.pause = any(array(
    select o.pause from pawl.pauses o where o.ended_at < now() - age order by o.pause limit prune_pauses.step));
  get diagnostics removed = row_count;
  if removed = prune_pauses.step then last := 'more'; end if;
end $$;
create function pawl.count_old_pauses(age interval) returns bigint
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select count(*) from pawl.pauses p where p.ended_at < now() - age
$$;
insert into pawl.retained (name, prune, count_old) values ('pauses', 'pawl.prune_pauses', 'pawl.count_old_pauses');

create view pawl.v1_pauses as
  select step, workflows, reason, since, ended_at, epoch, store, host from pawl.pauses
  union all
  select r.step, r.workflows, r.reason, r.paused_since, null, r.epoch, r.store, r.host
  from pawl.step_reports r where r.reason is not null;
comment on view pawl.v1_pauses is 'When steps were paused, those that are included.';
comment on column pawl.v1_pauses.step is 'The step, with its workflow where the name alone is not enough.';
comment on column pawl.v1_pauses.workflows is 'The workflows that have it.';
comment on column pawl.v1_pauses.reason is 'What the service said last.';
comment on column pawl.v1_pauses.since is 'When it was paused.';
comment on column pawl.v1_pauses.ended_at is 'When it went on, or its worker ended; null while it is paused.';
comment on column pawl.v1_pauses.epoch is 'The worker that paused it.';
comment on column pawl.v1_pauses.store is 'Its checkpoint store; null where its worker is not known any more.';
comment on column pawl.v1_pauses.host is 'Where it ran; null likewise.';

create view pawl.v1_calls as
  select r.epoch, w.store, w.host, r.step, r.workflows, r.calls, r.oldest_call_since as since, r.reported_at
  from pawl.step_reports r join pawl.workers w using (epoch)
  where r.oldest_call_since is not null and w.stopped_at is null and w.expires_at > now();
comment on view pawl.v1_calls is 'Steps of which a call has been out for long: what is in flight, and since when.';
comment on column pawl.v1_calls.epoch is 'The worker.';
comment on column pawl.v1_calls.store is 'Its checkpoint store.';
comment on column pawl.v1_calls.host is 'Where it runs.';
comment on column pawl.v1_calls.step is 'The step, with its workflow where the name alone is not enough.';
comment on column pawl.v1_calls.workflows is 'The workflows that have it.';
comment on column pawl.v1_calls.calls is 'How many calls of it are out.';
comment on column pawl.v1_calls.since is 'When the oldest of them began.';
comment on column pawl.v1_calls.reported_at is 'When the worker said so.';

create view pawl.v1_stores as
  select s.store, coalesce(w.host, s.host) as host, coalesce(w.path, s.path) as path,
         coalesce(w.version, s.version) as version,
         case when w.epoch is null then case when s.stopped then 'stopped' else 'dead' end
              when w.stopped_at is not null then 'stopped'
              when w.expires_at <= now() then 'silent'
              else 'living' end as state,
         coalesce(w.heartbeat_at, s.last_seen_at, s.opened_at) as last_seen_at, s.opened_at, w.epoch,
         case when w.epoch is null then 0 else (select count(*) from pawl.outbox o where o.lease_epoch = w.epoch) end
           as leased
  from pawl.stores s
  left join lateral (select w.* from pawl.workers w where w.store = s.store order by w.epoch desc limit 1) w on true;
comment on view pawl.v1_stores is 'Every checkpoint store that a worker has ever registered: whose it is, and where its file is.';
comment on column pawl.v1_stores.store is 'Its identity, which is copied along with the file.';
comment on column pawl.v1_stores.host is 'Where its worker runs, or ran last.';
comment on column pawl.v1_stores.path is 'The checkpoint file, on that host.';
comment on column pawl.v1_stores.version is 'The pawl version of that worker.';
comment on column pawl.v1_stores.state is
  'living, stopped (cleanly), silent (its lease is over, nobody has taken over yet) or dead (it was taken over).';
comment on column pawl.v1_stores.last_seen_at is 'The last heartbeat of its worker.';
comment on column pawl.v1_stores.opened_at is 'When a worker registered it last.';
comment on column pawl.v1_stores.epoch is 'That worker, while it has a lease; else null.';
comment on column pawl.v1_stores.leased is 'Events that it holds: moving and waiting runs.';

-- A cancellation of these is left to a worker: the one that has the run; or, where its steps may be known to a store, one that
-- may claim it, and has its workflow. A row that nobody was ever given needs nobody to end it.
create view pawl.awaited_runs as
  select o.id as run_id from pawl.outbox o
  where (o.deliveries > 0 or o.resumes > 0)
    and exists (select from pawl.workers w where w.stopped_at is null and w.expires_at > now()
                and (w.epoch = o.lease_epoch
                     or o.workflow = any(w.workflows) and (w.store = o.store or not o.only_store)));
comment on view pawl.awaited_runs is 'Unfinished runs that a worker knows, or may know, and that one which lives may end.';

-- The sub-selects about workers and workflows are of tables with a handful of rows, and are evaluated for the rows that
-- are asked for; everything about a row of the outbox is in the row.
create view pawl.v1_waiting as
  select o.id as run_id, coalesce(o.event, o.id) as event_id, o.workflow, o.type, k.state,
         case k.state
           when 'cancelling' then 'to be cancelled, asked for by ' || coalesce(o.marked_by, 'somebody') ||
             coalesce(': ' || o.mark_note, '') || '; ' || case
               when w.stopped_at is null and w.expires_at > now() then m.worker || ' sees to it'
               when exists (select from pawl.awaited_runs a where a.run_id = o.id) then 'the next worker that has it sees to it'
               else 'no worker lives that could end it: ask again, which ends it at once, or start one' end
           when 'lost' then 'leased by a worker that is gone; any worker sets it free within seconds'
           when 'stopped' then m.worker || ' has stopped cleanly and keeps it until it starts again, or until its lease is over'
           when 'silent' then m.worker || ' has it and is silent: its lease is over, and another worker takes over'
           when 'leased' then m.worker || ' has it, moving or between two attempts: `pawl show` on that host, with ' ||
             coalesce(nullif(w.path, ''), 'its checkpoints') || ', tells more' ||
             coalesce('; it may be one of ' || c.held || ' that wait there for step ' || c.step || ', which is paused: ' ||
                      c.reason, '') ||
             coalesce('; or of those of which a call of step ' || f.step || ' is out there', '')
           when 'no-workflow' then 'no workflow is registered for events of type ' || o.type ||
             '; `pawl migrate` registers those of its build'
           when 'unnamed' then 'emitted before a workflow of its type was registered; the next worker makes a run of it'
           when 'not-due' then 'not due before ' || to_char(o.available_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
           when 'store-away' then 'only the worker with checkpoints ' || o.store || coalesce(' (' || nullif(s.path, '') ||
             ' on host ' || s.host || ')', '') || ' may run it, and that does not live: start it there, or see pawl.unpin'
           when 'no-worker' then 'no worker lives: start one with `pawl worker`'
           when 'not-run' then 'no living worker runs the workflow ' || o.workflow || '; see --workflows of the workers'
           when 'not-registered' then 'the workflow ' || o.workflow || ' is registered no more; see pawl.dismiss'
           when 'own-store' then 'for the worker with its checkpoints, which lives: it claims it as soon as there is room'
           else 'a worker claims it as soon as there is room' end as reason,
         case k.state when 'cancelling' then o.marked_at when 'silent' then w.heartbeat_at
           when 'stopped' then w.stopped_at
           when 'leased' then greatest(o.created_at, coalesce(c.paused_since, f.oldest_call_since))
           else o.created_at end as since,
         case k.state when 'stopped' then w.expires_at when 'silent' then w.expires_at
           when 'not-due' then o.available_at
           when 'leased' then case when c.next_probe_at > now() then c.next_probe_at end end as until,
         case k.state when 'leased' then coalesce(c.step, f.step) end as step,
         o.lease_epoch as epoch, coalesce(w.store, o.store) as store, coalesce(w.host, s.host) as host, o.created_at,
         o.deliveries, o.resumes, o.mark
  from pawl.outbox o
  left join pawl.workers w on w.epoch = o.lease_epoch
  left join pawl.stores s on s.store = coalesce(w.store, o.store)
  left join lateral (select r.* from pawl.step_reports r where r.epoch = o.lease_epoch and o.workflow = any(r.workflows)
                     and r.reason is not null order by r.paused_since limit 1) c on true
  left join lateral (select r.* from pawl.step_reports r where r.epoch = o.lease_epoch and o.workflow = any(r.workflows)
                     and r.oldest_call_since is not null order by r.oldest_call_since limit 1) f on true
  cross join lateral (select 'the worker on host ' || w.host || ' (pid ' || w.pid || ')' as worker) m
  cross join lateral (select case
    when o.mark = 'cancel' then 'cancelling'
    when o.lease_epoch is not null and w.epoch is null then 'lost'
    when w.stopped_at is not null then 'stopped'
    when w.expires_at <= now() then 'silent'
    when w.epoch is not null then 'leased'
    when o.workflow is null then case
      when exists (select from pawl.workflows f where f.type = o.type) then 'unnamed' else 'no-workflow' end
    when o.available_at > now() then 'not-due'
    when o.only_store and not exists (select from pawl.workers l where l.store = o.store and l.stopped_at is null
                                      and l.expires_at > now()) then 'store-away'
    when not exists (select from pawl.workers l where l.stopped_at is null and l.expires_at > now()) then 'no-worker'
    when not exists (select from pawl.workflows f where f.workflow = o.workflow) then 'not-registered'
    when not exists (select from pawl.workers l where l.stopped_at is null and l.expires_at > now()
                     and o.workflow = any(l.workflows)) then 'not-run'
    when exists (select from pawl.workers l where l.store = o.store and l.stopped_at is null
                 and l.expires_at > now()) then 'own-store'
    else 'due' end as state offset 0) k;  -- evaluated once a row, not once a column
comment on view pawl.v1_waiting is 'Every unfinished run, and why it is not finished.';
comment on column pawl.v1_waiting.run_id is 'Identity of the run.';
comment on column pawl.v1_waiting.event_id is 'Identity of the event.';
comment on column pawl.v1_waiting.workflow is 'Whose run it is; null while no workflow of its type is registered.';
comment on column pawl.v1_waiting.type is 'What happened.';
comment on column pawl.v1_waiting.state is
  'Of a run that a worker has: leased, silent, stopped, lost. Of a free one: due, own-store, not-due, no-worker, not-run, not-registered, no-workflow, unnamed, store-away. Of either: cancelling.';
comment on column pawl.v1_waiting.reason is 'The same in words, with what to do where somebody has to do something.';
comment on column pawl.v1_waiting.since is 'Since when that is so, where that is known; of a step that does not move, since when; else when the event was emitted.';
comment on column pawl.v1_waiting.until is 'When it may change by itself: due, end of a lease, next probe of a paused step; null where that is not known.';
comment on column pawl.v1_waiting.step is 'A step that does not move in its worker, and that it may wait for; null: none does.';
comment on column pawl.v1_waiting.epoch is 'The worker that has it; null while it is free.';
comment on column pawl.v1_waiting.store is 'The checkpoint store that holds its run, where known.';
comment on column pawl.v1_waiting.host is 'Where that store is, or was last.';
comment on column pawl.v1_waiting.created_at is 'When the event was emitted.';
comment on column pawl.v1_waiting.deliveries is 'How often it was claimed.';
comment on column pawl.v1_waiting.resumes is 'How often an operator resumed it.';
comment on column pawl.v1_waiting.mark is 'What an operator asks of the run, cancel or retry-now; null: nothing.';
select pawl.close_functions();
