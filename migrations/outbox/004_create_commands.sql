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
  constraint batches_verb_known check (verb in ('resume', 'requeue', 'cancel', 'retry-now')),
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
comment on column pawl.batches.taken is 'Runs up to this place were acted on.';
comment on column pawl.batches.stepped_at is 'Up to when its rate has been used up.';
comment on column pawl.batches.problem is 'Why its last step failed, and is to be made again; null: it did not.';

-- What an operator writes is read by workers and by every listing, as the texts of events are.
create function pawl.mark_texts_of_command() returns trigger
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
begin
  new.requested_by := pawl.in_utf8(new.requested_by);
  new.note := pawl.in_utf8(new.note);
  new.outcome := pawl.in_utf8(new.outcome);
  return new;
end $$;
comment on function pawl.mark_texts_of_command is 'Puts marks into the texts of a command that UTF-8 cannot have.';
create trigger pawl_mark_texts before insert or update of requested_by, note, outcome on pawl.commands
  for each row when (getdatabaseencoding() <> 'UTF8') execute function pawl.mark_texts_of_command();

create function pawl.mark_texts_of_batch() returns trigger
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
begin
  new.requested_by := pawl.in_utf8(new.requested_by);
  new.note := pawl.in_utf8(new.note);
  new.problem := pawl.in_utf8(new.problem);
  new.filter := pawl.in_utf8(new.filter::text)::jsonb;
  return new;
end $$;
comment on function pawl.mark_texts_of_batch is 'Puts marks into the texts of a batch that UTF-8 cannot have.';
create trigger pawl_mark_texts before insert or update of requested_by, note, problem, filter on pawl.batches
  for each row when (getdatabaseencoding() <> 'UTF8') execute function pawl.mark_texts_of_batch();

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
  root uuid;
begin
  perform pawl.require_read_committed(format('to begin run %s again', who_does_effects_of.run_id));
  root := coalesce((select a.effects_of from pawl.outbox_archive a where a.id = who_does_effects_of.run_id
                    order by a.finished_at desc limit 1), who_does_effects_of.run_id);
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
-- tables were small would read them from end to end when they are large. What has no index is a scan that is
-- reckoned so dear then that each call would be compiled for it, which takes a tenth of a second.
create function pawl.resume_run(run_id uuid, requested_by text, note text default null, delay interval default '0',
                                request uuid default null, made_for int default null)
returns text language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp
  set enable_seqscan = off set jit = off as $$
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
  perform pawl.ring();
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

-- Of a run that no worker will end. Nobody has looked for secrets in its payload, which is not kept.
create function pawl.archive_unfinished(run pawl.outbox, status text, reason text) returns void
language sql set search_path = pg_catalog, pawl, pg_temp as $$
  insert into pawl.outbox_archive (position, id, created_at, deliveries, resumes, store, status, reason, parent, from_step,
                                   effects_of, stands_for, event, workflow, type, aggregatetype, aggregateid, payload,
                                   headers, withheld)
  values (run.position, run.id, run.created_at, run.deliveries, run.resumes,
         coalesce(run.store, '00000000-0000-0000-0000-000000000000'), archive_unfinished.status,
         pawl.in_utf8(archive_unfinished.reason), run.parent, run.from_step, run.effects_of, run.stands_for, run.event,
         coalesce(run.workflow, ''), run.type, run.aggregatetype, run.aggregateid,
         jsonb_build_object('withheld_bytes', run.payload_bytes), pawl.headers_to_keep(run.headers),
         run.payload_bytes);
  delete from pawl.outbox o where o.id = run.id
$$;
comment on function pawl.archive_unfinished is 'Moves a run that no worker has ended into the archive, without its payload.';

-- Of a payload that no worker has looked at nothing is kept: nobody will read it any more.
create function pawl.dismiss_failed(failed pawl.outbox_archive, why text) returns void
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
begin
  update pawl.outbox_archive a
  set payload = case when a.withheld is null then a.payload
                     else jsonb_build_object('withheld_bytes', a.withheld) end,
      status = 'dismissed', dismissed_at = now(),
      reason = format('%s; it had failed: %s', pawl.in_utf8(dismiss_failed.why), a.reason)
  where a.id = failed.id and a.finished_at = failed.finished_at;
end $$;
comment on function pawl.dismiss_failed is 'Says of a failed run, which the caller has locked, why nobody need see to it any more.';

-- As in pawl.resume_run, the lock comes first. A run that nobody has ended, of a workflow that is registered no more, is
-- ended here while no worker has it.
create function pawl.dismiss_run(run_id uuid, reason text, requested_by text, request uuid)
returns text language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  unfinished pawl.outbox;
  archived pawl.outbox_archive;
  outcome text;
begin
  perform pawl.require_read_committed(format('to dismiss run %s', dismiss_run.run_id));
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
    perform pawl.archive_unfinished(
      unfinished, 'dismissed',
      format('dismissed by %s: %s; it had not finished, and its workflow is not registered', requested_by,
             dismiss_run.reason));
  elsif archived.id is null then
    outcome := 'not found';
  elsif archived.status <> 'failed' then
    outcome := 'not failed: it is ' || archived.status;
  else
    outcome := 'dismissed';
    perform pawl.dismiss_failed(archived, format('dismissed by %s: %s', requested_by, dismiss_run.reason));
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

-- A run that has acted on a failure waits for its own checkpoints. Where those are lost it may begin anew, at the risk of
-- whoever says so: its steps are done again, under their keys, and it no longer knows what it has made good. What is
-- leased, or belongs to a store whose worker lives, is not waiting for anybody.
create function pawl.unpin_run(run_id uuid, reason text, requested_by text, request uuid)
returns text language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  pinned pawl.outbox;
  outcome text;
begin
  perform pawl.require_read_committed(format('to unpin run %s', unpin_run.run_id));
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
    perform pawl.ring();
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
