-- The public interface for people and dashboards: versioned views whose columns stay as documented in docs/sql.md.
--
-- Tables may change with any release; a v1 view keeps its columns, their meaning and their order.

create view pawl.v1_events as
  select coalesce(event, id) as event_id, position, type, aggregatetype, aggregateid,
         case when lease_epoch is null then 'pending' else 'leased' end as status,
         case when lease_epoch is not null then null
              when workflow is null then 'no workflow of its type is registered: pawl migrate registers those of its build'
              when available_at > now() then 'not due before available_at'
              when only_store then 'resumed: for the worker with its checkpoints, which know what the run has acted on'
              when store is not null then 'resumed: for the worker with its checkpoints, if that lives' end as reason,
         deliveries, resumes, created_at, available_at, null::timestamptz as finished_at, lease_epoch as epoch, store,
         payload, headers, id as run_id, workflow, null::text as failed_step, null::text as failed_key,
         null::text as failure_class, null::text as failure_code, parent, null::bigint as batch,
         effects_of
  from pawl.outbox
  union all
  select coalesce(event, id), position, type, aggregatetype, aggregateid, status, reason, deliveries, resumes, created_at, null,
         finished_at, null, store,
         case when withheld is null then payload else jsonb_build_object('withheld_bytes', withheld) end, headers, id, workflow,
         failed_step, failed_key, failure_class, failure_code, parent,
         case when status = 'failed'
              then (select min(b.batch) from pawl.batch_runs b where b.run_id = a.id and b.done_at is null) end,
         effects_of
  from pawl.outbox_archive a;

comment on view pawl.v1_events is 'Every run of every event, unfinished and archived.';
comment on column pawl.v1_events.event_id is 'Identity of the event.';
comment on column pawl.v1_events.position is 'Order in the outbox.';
comment on column pawl.v1_events.type is 'What happened.';
comment on column pawl.v1_events.aggregatetype is 'What kind of thing it is about.';
comment on column pawl.v1_events.aggregateid is 'Which one; for a failed sync the connection''s id.';
comment on column pawl.v1_events.status is 'pending (free), leased (a worker has it), done, failed, cancelled or dismissed.';
comment on column pawl.v1_events.reason is 'Why it failed or still waits, or what a done run has to say; may be null.';
comment on column pawl.v1_events.deliveries is 'How often it was claimed.';
comment on column pawl.v1_events.resumes is 'How often an operator resumed it.';
comment on column pawl.v1_events.created_at is
  'Start of the transaction that emitted it, or that made the run by rerun or requeue; a resume changes it not.';
comment on column pawl.v1_events.available_at is 'Not claimed before; null once finished.';
comment on column pawl.v1_events.finished_at is 'When it was archived; null while unfinished.';
comment on column pawl.v1_events.epoch is 'The worker that has it; null unless leased.';
comment on column pawl.v1_events.store is 'The checkpoint store that holds its run, where known.';
comment on column pawl.v1_events.payload is 'The facts.';
comment on column pawl.v1_events.headers is 'Tracing and the like.';
comment on column pawl.v1_events.run_id is 'Identity of the run: the event''s own, but for runs of further workflows.';
comment on column pawl.v1_events.workflow is 'Whose run it is; null while no workflow of its type is registered.';
comment on column pawl.v1_events.failed_step is 'The step whose failure ended the run; null where none did.';
comment on column pawl.v1_events.failed_key is 'The item of it that failed first.';
comment on column pawl.v1_events.failure_class is 'permanent, attempts, age, poison, payload or workflow; null unless failed.';
comment on column pawl.v1_events.failure_code is 'What the step gives beside its words, as a relay''s status 5.1.1.';
comment on column pawl.v1_events.parent is 'The run that this one was made from, by rerun or requeue; null: none.';
comment on column pawl.v1_events.batch is 'Of a failed run: the batch that is still to act on it; null: none.';
comment on column pawl.v1_events.effects_of is 'The run under whose keys it does its effects; null: its own.';

create view pawl.v1_workers as
  select w.epoch, w.store, w.host, w.pid, w.version,
         case when w.expires_at <= now() then 'expired'
              when w.stopped_at is not null then 'stopped'
              when w.asleep then 'asleep'
              else 'awake' end as state,
         coalesce(l.leased, 0) as leased, w.started_at, w.heartbeat_at, w.expires_at, w.stopped_at, w.path, w.workflows
  from pawl.workers w
  left join (select lease_epoch, count(*) as leased from pawl.outbox where lease_epoch is not null group by 1) l
    on l.lease_epoch = w.epoch;

comment on view pawl.v1_workers is 'Workers with a lease, and those whose lease nobody has taken over yet.';
comment on column pawl.v1_workers.epoch is 'The worker''s fencing token.';
comment on column pawl.v1_workers.store is 'Its checkpoint store.';
comment on column pawl.v1_workers.host is 'Where it runs.';
comment on column pawl.v1_workers.pid is 'Its process.';
comment on column pawl.v1_workers.version is 'Its pawl version.';
comment on column pawl.v1_workers.state is 'awake, asleep, stopped (cleanly, leases kept for a restart) or expired.';
comment on column pawl.v1_workers.leased is 'Events it holds: moving and waiting runs.';
comment on column pawl.v1_workers.started_at is 'When it registered.';
comment on column pawl.v1_workers.heartbeat_at is 'When it last renewed its leases.';
comment on column pawl.v1_workers.expires_at is 'When its leases end unless renewed.';
comment on column pawl.v1_workers.stopped_at is 'When it stopped cleanly; else null.';
comment on column pawl.v1_workers.path is 'Its checkpoint file, on its host.';
comment on column pawl.v1_workers.workflows is 'The workflows that it runs.';

-- A run is as old as it has been due: since its event was emitted, or since it was resumed. A time that is none has no age.
create view pawl.v1_lag as
  select type, count(*) filter (where lease_epoch is null) as pending,
         count(*) filter (where lease_epoch is not null) as leased,
         min(created_at) as oldest_created_at,
         extract(epoch from now() - min(available_at) filter (where available_at <= now() and isfinite(available_at)))
           ::double precision as oldest_age_seconds,
         extract(epoch from now() - min(available_at) filter (where lease_epoch is null and available_at <= now()
                                                                and isfinite(available_at)))
           ::double precision as oldest_pending_seconds,
         workflow
  from pawl.outbox group by type, workflow;

comment on view pawl.v1_lag is 'How far behind, a row per workflow with unfinished runs.';
comment on column pawl.v1_lag.type is 'The event type.';
comment on column pawl.v1_lag.pending is 'Free runs, due or not.';
comment on column pawl.v1_lag.leased is 'Runs some worker has.';
comment on column pawl.v1_lag.oldest_created_at is 'When the oldest unfinished event was emitted.';
comment on column pawl.v1_lag.oldest_age_seconds is
  'How long the run that came first has been unfinished, from when it was emitted, or came back by a resume.';
comment on column pawl.v1_lag.oldest_pending_seconds is 'How long the longest-waiting due event has been free; null if none is.';
comment on column pawl.v1_lag.workflow is 'The workflow; null while none of the type is registered.';

-- Events and users are named by their ids alone: what an event is about is in v1_events.
create view pawl.v1_commands as
  select id as command_id, verb, event_id as run_id, user_id, requested_by, db_user, requested_at, note, outcome, request,
         batch
  from pawl.commands;

comment on view pawl.v1_commands is 'Whatever somebody asked for, done or refused, with who, when and why.';
comment on column pawl.v1_commands.command_id is 'Grows in the order in which they were asked.';
comment on column pawl.v1_commands.verb is 'resume, dismiss, unpin, resolve-in-doubt and the like.';
comment on column pawl.v1_commands.run_id is 'The run that it is about, or the event where nothing of it was found; may be null.';
comment on column pawl.v1_commands.user_id is 'Whose mail, where it is about one; else null.';
comment on column pawl.v1_commands.requested_by is 'Who asked, as the caller says.';
comment on column pawl.v1_commands.db_user is 'Who asked, as Postgres knows: the login of the session.';
comment on column pawl.v1_commands.requested_at is 'When.';
comment on column pawl.v1_commands.note is 'Why, as the caller says; may be null.';
comment on column pawl.v1_commands.outcome is 'What came of it, or why it was refused.';
comment on column pawl.v1_commands.request is 'Chosen by whoever asked, so that asking twice changes nothing more; may be null.';
comment on column pawl.v1_commands.batch is 'The batch that it was a part of, or was about; else null.';

create view pawl.v1_batches as
  select id as batch, verb, state, runs, taken as acted, case when state = 'aborted' then 0 else runs - taken end as owed, rate,
         case when state = 'running' and rate > 0 and (runs - taken) / rate < 1e11
              then now() + (runs - taken) / rate * interval '1 s' end as through_at,
         requested_by, db_user::text, note, filter, created_at, finished_at, problem
  from pawl.batches;
comment on view pawl.v1_batches is 'Commands about many runs, and how far each has come.';
comment on column pawl.v1_batches.batch is 'Its number, which pawl batch takes.';
comment on column pawl.v1_batches.verb is 'What is done to its runs: resume, cancel or retry-now.';
comment on column pawl.v1_batches.state is 'running, paused, aborted or done: it has acted on each of its runs.';
comment on column pawl.v1_batches.runs is 'How many runs it is about; they were fixed when it was made.';
comment on column pawl.v1_batches.acted is 'On how many of them it has acted; an aborted one left the others alone.';
comment on column pawl.v1_batches.owed is 'How many of them it has yet to act on.';
comment on column pawl.v1_batches.rate is 'Runs a second; 0: as fast as it goes.';
comment on column pawl.v1_batches.through_at is 'When it will have acted on the last one, at its rate; null where it has none or is not running.';
comment on column pawl.v1_batches.requested_by is 'Who asked, as the caller says.';
comment on column pawl.v1_batches.db_user is 'Who asked, as Postgres knows: the login of the session.';
comment on column pawl.v1_batches.note is 'Why.';
comment on column pawl.v1_batches.filter is 'What its runs were selected by.';
comment on column pawl.v1_batches.created_at is 'When it was made.';
comment on column pawl.v1_batches.finished_at is 'When it was done or aborted; else null.';
comment on column pawl.v1_batches.problem is 'Why its last step failed, which is made again every second; null: it did not.';

create view pawl.v1_batch_runs as select batch, place, run_id, outcome, done_at from pawl.batch_runs;
comment on view pawl.v1_batch_runs is 'The runs of each batch, and what became of the command about each.';
comment on column pawl.v1_batch_runs.batch is 'The batch.';
comment on column pawl.v1_batch_runs.place is 'Its place in the batch''s order, from 1.';
comment on column pawl.v1_batch_runs.run_id is 'The run.';
comment on column pawl.v1_batch_runs.outcome is 'What the verb said of it, as resumed, or why it was refused; null: it is still to come.';
comment on column pawl.v1_batch_runs.done_at is 'When that was; null: it is still to come.';
