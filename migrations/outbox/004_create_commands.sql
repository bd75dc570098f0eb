-- What operators ask for, with who, when, why and what came of it.
--
-- A command and its effect are one transaction, so the audit trail neither misses one nor invents one.

create table pawl.commands (
  id bigint generated always as identity primary key,
  verb text not null,
  event_id uuid,
  requested_by text not null,
  requested_at timestamptz not null default now(),
  note text,
  outcome text not null,
  user_id uuid,
  request uuid,
  db_user name default session_user,
  batch bigint,
  constraint commands_verb_given check (verb <> '')
);
comment on table pawl.commands is 'Audit trail of every command that changed something, and of those refused.';
comment on column pawl.commands.requested_by is 'Who asked, as the caller says.';
comment on column pawl.commands.db_user is 'Who asked, as Postgres knows: the login of the session.';
comment on column pawl.commands.outcome is
  'resumed, dismissed, unpinned, cancelling, cancelled, retrying, sent or not sent, or why it was refused.';
comment on column pawl.commands.user_id is 'Whose mail, where the command is about one.';
comment on column pawl.commands.request is
  'Chosen by whoever asks: the same request sent again, as after a lost reply, answers as it did and changes nothing.';
comment on column pawl.commands.batch is 'The batch that asked for it, or that it is about; null: none.';
create index commands_by_request on pawl.commands (request) where request is not null;

-- A batch is one command about many runs, which are fixed when it is made. Its runs are acted on in the order of their
-- places: those up to `taken` have been, whoever did it, so that going on after any crash needs nothing but this row.
create table pawl.batches (
  id bigint generated always as identity primary key,
  verb text not null,
  filter jsonb not null,
  note text,
  requested_by text not null,
  db_user name not null default session_user,
  request uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  rate float8 not null default 0,
  runs int not null default 0,
  taken int not null default 0,
  stepped_at timestamptz,
  state text not null default 'running',
  finished_at timestamptz,
  constraint batches_request_once unique (request),
  problem text,
  problem_at timestamptz,
  constraint batches_verb_known check (verb in ('resume', 'cancel', 'retry-now')),
  constraint batches_rate_is_a_pace check (rate = 0 or rate between 1e-6 and 1e6),
  constraint batches_problem_has_time check ((problem is null) = (problem_at is null)),
  constraint batches_state_known check (state in ('running', 'paused', 'aborted', 'done')),
  constraint batches_ended_has_time check ((state in ('aborted', 'done')) = (finished_at is not null)),
  constraint batches_taken_of_runs check (taken between 0 and runs),
  constraint batches_done_took_all check (state <> 'done' or taken = runs)
) with (fillfactor = 50);  -- a running one changes several times a second, in place
create index batches_running on pawl.batches (id) where state = 'running';
comment on table pawl.batches is 'Commands about many runs, with how far each has come. Read them through pawl.v1_batches.';
comment on column pawl.batches.filter is 'What its runs were selected by.';
comment on column pawl.batches.rate is 'Runs a second; 0: as fast as it goes.';
comment on column pawl.batches.taken is 'Runs up to this place were acted on, or their batch was aborted.';
comment on column pawl.batches.stepped_at is 'Up to when its rate has been used up.';
comment on column pawl.batches.problem is 'Why its last step failed, and is to be made again; null: it did not.';

create table pawl.batch_runs (
  batch bigint not null references pawl.batches on delete cascade,
  place int not null,
  run_id uuid not null,
  resumes int not null default 0,
  outcome text,
  done_at timestamptz,
  primary key (batch, place),
  constraint batch_runs_done_has_outcome check ((outcome is null) = (done_at is null))
);
create index batch_runs_owed on pawl.batch_runs (run_id) where done_at is null;
comment on table pawl.batch_runs is 'The runs of each batch, in their order. Read them through pawl.v1_batch_runs.';
comment on column pawl.batch_runs.resumes is
  'How often the run had been resumed when the batch was made: what befell it since, the batch is not about.';
comment on column pawl.batch_runs.outcome is 'What the verb said of the run; null: it is still to come.';

-- An event's id names all of its runs, and with a workflow one of them; a further run's own id names that one.
create function pawl.runs_of(id uuid, workflow text default null)
returns table (run_id uuid, event_id uuid, run_of text)
language sql stable security definer set search_path = pg_catalog, pawl, pg_temp as $$
  select r.id, coalesce(r.event, r.id), r.workflow
  from (select o.id, o.event, o.workflow from pawl.outbox o where o.id = runs_of.id or o.event = runs_of.id
        union
        select a.id, a.event, a.workflow from pawl.outbox_archive a where a.id = runs_of.id or a.event = runs_of.id) r
  where runs_of.workflow is null or r.workflow = runs_of.workflow
  order by r.event is not null, r.workflow
$$;
comment on function pawl.runs_of is 'The runs that an id names, with the event and the workflow of each.';

-- Those that a verb acts on: where there are none it says of the id itself that it is not found.
create function pawl.runs_named(id uuid, workflow text) returns setof uuid
language sql stable security definer set search_path = pg_catalog, pawl, pg_temp as $$
  with named as (select r.run_id from pawl.runs_of(runs_named.id, runs_named.workflow) r)
  select run_id from named
  union all
  select case when runs_named.workflow is null then runs_named.id else pawl.run_id(runs_named.id, runs_named.workflow) end
  where not exists (select from named)
$$;

-- Two runs that do their effects under one key at a time would both look, and both send. Whoever makes a run of one that has
-- ended asks here first: the lock on all that share its key, the root before the others, makes those who ask take turns.
create function pawl.who_does_effects_of(run_id uuid) returns uuid
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  root constant uuid := coalesce((select a.effects_of from pawl.outbox_archive a where a.id = who_does_effects_of.run_id
                                  order by a.finished_at desc limit 1), who_does_effects_of.run_id);
begin
  perform from pawl.outbox_archive a where a.id = root order by a.finished_at for update;
  perform from pawl.outbox_archive a where a.effects_of = root order by a.id, a.finished_at for update;
  return (select o.id from pawl.outbox o where o.id = root
          union all select o.id from pawl.outbox o where o.effects_of = root limit 1);
end $$;
comment on function pawl.who_does_effects_of is
  'The unfinished run that does its effects under the same keys as this one, if there is one; it waits for others who ask.';

-- A failed run goes back under a new position; `store` sends it to the checkpoints that hold its finished steps.
-- The lock comes first: a request whose reply was lost may still be at work. With `made_for`, only the failure of a run
-- that had been resumed so often is meant, and none since.
--
-- Everything is looked up by a key. A session keeps the plans, as a worker's does for a whole batch: one made while the
-- tables were small would read them from end to end when they are large.
create function pawl.resume_run(run_id uuid, requested_by text, note text default null, delay interval default '0',
                                request uuid default null, made_for int default null)
returns text language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp set enable_seqscan = off as $$
declare
  at_work constant uuid := pawl.who_does_effects_of(resume_run.run_id);
  archived pawl.outbox_archive;
  outcome text;
begin
  select * into archived from pawl.outbox_archive a
  where a.id = resume_run.run_id order by a.finished_at desc limit 1 for update;
  select c.outcome into outcome from pawl.commands c
  where c.request = resume_run.request and c.event_id = resume_run.run_id and c.verb = 'resume';
  if found then return outcome; end if;
  outcome := 'resumed';
  if exists (select from pawl.outbox o where o.id = resume_run.run_id) then
    outcome := 'not finished: it is in the outbox';
  elsif archived.id is null then
    outcome := 'not found';
  elsif archived.status <> 'failed' then
    outcome := 'not failed: it is ' || archived.status;
  elsif archived.resumes > made_for then
    outcome := 'not meant: it has failed anew since the batch was made';
  elsif at_work is not null then
    outcome := 'not finished: ' || at_work || ' is doing its effects';
  elsif archived.resumable = 'nowhere' and archived.from_step is not null then
    outcome := 'nothing to resume: it ended by itself; rerun ' || archived.parent || ' instead';
  elsif archived.resumable = 'nowhere' then
    outcome := 'nothing to resume: its workflow has acted on each failure and ended by itself; emit a new event instead';
  else
    insert into pawl.outbox (id, created_at, available_at, resumes, store, only_store, parent, from_step,
                             effects_of, stands_for, event, workflow, type, aggregatetype, aggregateid, payload, headers)
    values (archived.id, archived.created_at, now() + delay, archived.resumes + 1, archived.store,
            archived.resumable = 'here' or archived.from_step is not null, archived.parent, archived.from_step,
            archived.effects_of, archived.stands_for, archived.event, archived.workflow, archived.type,
            archived.aggregatetype, archived.aggregateid, archived.payload, archived.headers)
    on conflict on constraint outbox_id_once do nothing;
    if found then
      delete from pawl.outbox_archive a where a.id = archived.id;
    else
      outcome := 'not finished: it is in the outbox';
    end if;
  end if;
  insert into pawl.commands (verb, event_id, requested_by, note, outcome, request)
  values ('resume', resume_run.run_id, resume_run.requested_by, resume_run.note, outcome, resume_run.request);
  if exists (select from pawl.workers where asleep and expires_at > now()) then
    perform pg_notify('pawl', '');
  end if;
  return outcome;
end $$;
comment on function pawl.resume_run is 'Puts a failed run back into the outbox; returns resumed, or why it was refused.';

-- What became of the runs that an id names, in one text.
create function pawl.outcome_of(outcomes text[], done text) returns text
language sql immutable set search_path = pg_catalog, pawl, pg_temp as $$
  select case when bool_or(o.outcome = done) then done else string_agg(distinct o.outcome, '; ') end
  from unnest(outcomes) o (outcome)
$$;

create function pawl.resume(event_id uuid, requested_by text, note text default null, delay interval default '0',
                            request uuid default null, workflow text default null)
returns text language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
begin
  return pawl.outcome_of(array(
    select pawl.resume_run(run, resume.requested_by, resume.note, resume.delay, resume.request)
    from pawl.runs_named(resume.event_id, resume.workflow) run), 'resumed');
end $$;
comment on function pawl.resume is
  'Puts the failed runs of an event, or its run in one workflow, back into the outbox; returns resumed, or why it was refused.';

create function pawl.require_reason(verb text, event_id uuid, reason text) returns void
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
begin
  if coalesce(trim(reason), '') = '' then
    raise exception '% event %: a reason is needed, for whoever looks at it later', verb, event_id
      using errcode = 'invalid_parameter_value';
  end if;
end $$;

-- As in pawl.resume_run, the lock comes first. A run that nobody has ended, of a workflow that is registered no more, is
-- ended here while no worker has it. Nobody has looked for secrets in its payload, which is not kept.
create function pawl.dismiss_run(run_id uuid, reason text, requested_by text, request uuid)
returns text language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  unfinished pawl.outbox;
  archived pawl.outbox_archive;
  outcome text;
begin
  select * into unfinished from pawl.outbox o where o.id = dismiss_run.run_id for update;
  select * into archived from pawl.outbox_archive a
  where a.id = dismiss_run.run_id order by a.finished_at desc limit 1 for update;
  select c.outcome into outcome from pawl.commands c
  where c.request = dismiss_run.request and c.event_id = dismiss_run.run_id and c.verb = 'dismiss';
  if found then return outcome; end if;
  if unfinished.lease_epoch is not null or unfinished.id is not null and unfinished.workflow is null
     or exists (select from pawl.workflows w where w.workflow = unfinished.workflow) then
    outcome := 'not finished: it is in the outbox';
  elsif unfinished.id is not null then
    outcome := 'dismissed';
    insert into pawl.outbox_archive (position, id, created_at, deliveries, resumes, store, status, reason, parent,
                                     from_step, effects_of, stands_for, event, workflow, type, aggregatetype, aggregateid,
                                     payload, headers, withheld)
    select u.position, u.id, u.created_at, u.deliveries, u.resumes,
           coalesce(u.store, '00000000-0000-0000-0000-000000000000'), 'dismissed',
           format('dismissed by %s: %s; it had not finished, and its workflow is not registered', requested_by,
                  dismiss_run.reason),
           u.parent, u.from_step, u.effects_of, u.stands_for, u.event, u.workflow, u.type, u.aggregatetype, u.aggregateid,
           jsonb_build_object('withheld_bytes', p.bytes), u.headers, p.bytes
    from (select unfinished.*) u, pawl.payload_bytes(u.payload, 16777216) p (bytes);
    delete from pawl.outbox o where o.id = unfinished.id;
  elsif archived.id is null then
    outcome := 'not found';
  elsif archived.status <> 'failed' then
    outcome := 'not failed: it is ' || archived.status;
  else
    outcome := 'dismissed';
    update pawl.outbox_archive a
    set payload = case when a.withheld is null then a.payload
                       else jsonb_build_object('withheld_bytes', a.withheld) end,  -- nobody will read it any more
        status = 'dismissed',
        reason = format('dismissed by %s: %s; it had failed: %s', requested_by, dismiss_run.reason, a.reason)
    where a.id = archived.id and a.finished_at = archived.finished_at;
  end if;
  insert into pawl.commands (verb, event_id, requested_by, note, outcome, request)
  values ('dismiss', dismiss_run.run_id, dismiss_run.requested_by, dismiss_run.reason, outcome, dismiss_run.request);
  return outcome;
end $$;

create function pawl.dismiss(event_id uuid, reason text, requested_by text default session_user,
                             request uuid default null, workflow text default null)
returns text language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
begin
  perform pawl.require_reason('dismiss', dismiss.event_id, dismiss.reason);
  return pawl.outcome_of(array(
    select pawl.dismiss_run(run, dismiss.reason, dismiss.requested_by, dismiss.request)
    from pawl.runs_named(dismiss.event_id, dismiss.workflow) run), 'dismissed');
end $$;
comment on function pawl.dismiss is
  'Says that the failed runs of an event, or its run in one workflow, are to stay undone, and why; retention may drop them. '
  'Ends unclaimed runs of workflows that are registered no more.';

create function pawl.why_not_unfinished(run_id uuid) returns text
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select coalesce((select 'not unfinished: it is ' || a.status from pawl.outbox_archive a
                   where a.id = why_not_unfinished.run_id order by a.finished_at desc limit 1), 'not found')
$$;

create function pawl.ring() returns void
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
begin
  if exists (select from pawl.workers where asleep and expires_at > now()) then perform pg_notify('pawl', ''); end if;
end $$;
comment on function pawl.ring is 'Wakes workers that sleep.';

-- Whether somebody will see a mark on this row: the worker that has it; or, where its steps may be known to a store, one
-- that may claim it, and has its workflow. A row that nobody was ever given needs nobody to end it.
create function pawl.is_awaited(run pawl.outbox) returns boolean
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select (run.deliveries > 0 or run.resumes > 0)
     and exists (select from pawl.workers w where w.stopped_at is null and w.expires_at > now()
                 and (w.epoch = run.lease_epoch
                      or run.workflow = any(w.workflows) and (w.store = run.store or not run.only_store)))
$$;

-- Of a run that no worker will end. Nobody has looked for secrets in its payload, which is not kept.
create function pawl.archive_cancelled(run pawl.outbox, requested_by text, note text) returns void
language sql set search_path = pg_catalog, pawl, pg_temp as $$
  insert into pawl.outbox_archive (position, id, created_at, deliveries, resumes, store, status, reason, parent, from_step,
                                   effects_of, stands_for, event, workflow, type, aggregatetype, aggregateid, payload,
                                   headers, withheld)
  select run.position, run.id, run.created_at, run.deliveries, run.resumes,
         coalesce(run.store, '00000000-0000-0000-0000-000000000000'), 'cancelled',
         concat_ws(': ', 'cancelled by ' || requested_by, nullif(note, '')), run.parent, run.from_step,
         run.effects_of, run.stands_for, run.event, coalesce(run.workflow, ''), run.type, run.aggregatetype, run.aggregateid,
         jsonb_build_object('withheld_bytes', p.bytes), run.headers, p.bytes
  from pawl.payload_bytes(run.payload, 16777216) p (bytes);
  delete from pawl.outbox o where o.id = run.id
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
-- ends with the run. Its row is locked before that of the run, as by every write of the worker itself.
create function pawl.cancel_run(run_id uuid, requested_by text, note text default null, request uuid default null)
returns text language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  unfinished pawl.outbox;
  leased bigint;
  expired bigint;
  outcome text;
begin
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
  elsif pawl.is_awaited(unfinished) then
    outcome := 'cancelling';
    update pawl.outbox o set mark = 'cancel', marked_by = cancel_run.requested_by, marked_at = clock_timestamp(),
      mark_note = cancel_run.note, mark_epoch = o.lease_epoch
    where o.id = unfinished.id and o.mark is distinct from 'cancel';
  else
    outcome := 'cancelled';
    perform pawl.archive_cancelled(unfinished, cancel_run.requested_by, cancel_run.note);
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
    update pawl.outbox o set mark = 'retry-now', mark_epoch = o.lease_epoch, marked_by = retry_run.requested_by, marked_at = clock_timestamp(),
      mark_note = retry_run.note
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
    insert into pawl.outbox (id, created_at, store, only_store, parent, from_step, effects_of, stands_for, workflow, type,
                             aggregatetype, aggregateid, payload, headers)
    values (new_run, archived.created_at, nullif(archived.store, '00000000-0000-0000-0000-000000000000'),
            nullif(rerun_run.from_step, '') is not null, archived.id, nullif(rerun_run.from_step, ''),
            case when rerun_run.resend then null else coalesce(archived.effects_of, archived.id) end,
            coalesce(archived.stands_for, archived.event, archived.id), archived.workflow, archived.type,
            archived.aggregatetype, archived.aggregateid, archived.payload, archived.headers);
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

-- A run that has acted on a failure waits for its own checkpoints. Where those are lost it may begin anew, at the risk of
-- whoever says so: its steps are done again, under their keys, and it no longer knows what it has made good. What is
-- leased, or belongs to a store whose worker lives, is not waiting for anybody.
create function pawl.unpin_run(run_id uuid, reason text, requested_by text, request uuid)
returns text language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  pinned pawl.outbox;
  outcome text;
begin
  select * into pinned from pawl.outbox o where o.id = unpin_run.run_id for update;
  select c.outcome into outcome from pawl.commands c
  where c.request = unpin_run.request and c.event_id = unpin_run.run_id and c.verb = 'unpin';
  if found then return outcome; end if;
  outcome := case
    when pinned.id is null then 'not in the outbox'
    when not pinned.only_store then 'not pinned: any worker may run it'
    when pinned.lease_epoch is not null then 'not waiting: a worker has it'
    when exists (select from pawl.workers w
                 where w.store = pinned.store and w.stopped_at is null and w.expires_at > now())
      then 'not lost: a worker with its checkpoints is at work'
    else 'unpinned' end;
  if outcome = 'unpinned' then
    update pawl.outbox o set only_store = false where o.id = pinned.id;
    if exists (select from pawl.workers where asleep and expires_at > now()) then
      perform pg_notify('pawl', '');
    end if;
  end if;
  insert into pawl.commands (verb, event_id, requested_by, note, outcome, request)
  values ('unpin', unpin_run.run_id, unpin_run.requested_by, unpin_run.reason, outcome, unpin_run.request);
  return outcome;
end $$;

create function pawl.unpin(event_id uuid, reason text, requested_by text default session_user,
                           request uuid default null, workflow text default null)
returns text language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
begin
  perform pawl.require_reason('unpin', unpin.event_id, unpin.reason);
  return pawl.outcome_of(array(
    select pawl.unpin_run(run, unpin.reason, unpin.requested_by, unpin.request)
    from pawl.runs_named(unpin.event_id, unpin.workflow) run), 'unpinned');
end $$;
comment on function pawl.unpin is
  'Lets any worker run the resumed runs of an event, or its run in one workflow, whose checkpoints are lost; returns unpinned, or why not.';

select pawl.close_functions();
