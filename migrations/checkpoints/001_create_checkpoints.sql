-- Creates the checkpoint store: what a worker remembers of its runs, and the views through which all others read it.
--
-- The truth about effects lives in Postgres, beside them. This file remembers progress: which runs there are, which of
-- their steps have settled and with what, which attempts failed and when the next one is due. Losing it, copying it or
-- restoring an old one costs repeated work, never an event and never a second in-app notification.
--
-- One process writes, through one connection, and only it moves pages from the WAL into the file. Everybody else opens
-- the file read-only and reads the v1_ views: they are the public interface and keep their columns and meaning; the
-- tables beneath may change with any release.
--
-- Times are integers, microseconds since 1970-01-01T00:00:00Z; the views show RFC 3339 text in UTC, to the millisecond.
-- A run has two names: its number, small and dense and known only here, and its public id, which is its event's but for
-- runs of further workflows of an event.

-- The store itself: always exactly one row. Its id is copied along with the file, by which Postgres recognises a second
-- worker that runs on a copy. last_run keeps the numbers of pruned runs from being used again. lost_to is the epoch of
-- a worker on a copy that this file's worker gave way to: while that or a later one lives, none starts here.
create table store (
  one        integer primary key constraint one_row check (one = 1),
  store_id   text    not null,
  created_at integer not null,
  last_run   integer not null default 0,
  lost_to    integer not null default 0
) strict;

insert into store (one, store_id, created_at)
select 1,
       lower(printf('%s-%s-4%s-%s%s-%s', hex(randomblob(4)), hex(randomblob(2)), substr(hex(randomblob(2)), 2),
                    substr('89AB', 1 + abs(random() % 4), 1), substr(hex(randomblob(2)), 2), hex(randomblob(6)))),
       cast(strftime('%s', 'now') as integer) * 1000000;

-- One row a run: what changes in its life. The event that started it is in another table, so that ending a run does
-- not write its payload a second time.
create table runs (
  run        integer primary key,
  run_id     text    not null unique,      -- its public id
  workflow   text    not null,
  status     text    not null default 'running',
  reason     text    not null default '',  -- why it waits, failed, was cancelled or superseded, or what a `done` says
  position   integer not null,             -- the event's place in the outbox at its latest delivery
  deliveries integer not null,
  resumes    integer not null,             -- how often an operator let the failed run go on
  started_at integer not null,
  wake_at    integer,
  ended_at   integer,
  resumable  text    not null default 'anywhere', -- where a failed run may go on: here if it acted on failures
  failed_step text,                        -- whose failure ended it; null where none did
  failed_key  text,                        -- the item of it that failed first
  failure_class text,                      -- permanent, attempts, age, poison, payload or workflow; null unless failed
  failure_code  text,                      -- what the step gave beside its words
  cancelled_at integer,                    -- when this worker saw that an operator had cancelled it
  cancelled_by text,
  cancel_note  text,
  -- by comparing: for `in` with more than two texts SQLite fills a table of them at every check
  constraint known_status check (status = 'running' or status = 'waiting' or status = 'done'
                                  or status = 'failed' or status = 'cancelled' or status = 'superseded'),
  constraint known_resumable check (resumable = 'anywhere' or resumable = 'here' or resumable = 'nowhere'),
  constraint cancelled_by_somebody check ((cancelled_at is null) = (cancelled_by is null)
                                           and (cancelled_at is null) = (cancel_note is null)),
  constraint cancelled_was_seen check (status <> 'cancelled' or cancelled_at is not null),
  constraint waiting_has_a_time check ((status = 'waiting') = (wake_at is not null)),
  constraint unfinished_has_no_end check ((status in ('running', 'waiting')) = (ended_at is null))
) strict;

-- by number: what changes in an unfinished run is in no index
create index runs_unfinished on runs (run) where ended_at is null;
create index runs_failed on runs (run) where status = 'failed';
-- failed ones may be kept for ever: who removes the others passes over none of them
create index runs_ended on runs (ended_at) where ended_at is not null and status <> 'failed';

-- Which pawl started which runs: those from the row's number on, up to the next row's. A row is written when a worker of
-- another build opens the store, so that a run costs nothing.
create table builds (
  first_run integer primary key,
  build     text    not null,
  since     integer not null
) strict;

-- The event of each run, as it was first delivered: enough to replay the run with no Postgres at hand.
create table events (
  run            integer primary key references runs on delete cascade,
  type           text    not null,
  aggregate_type text    not null,
  aggregate_id   text    not null,
  payload        text    not null,
  created_at     integer not null,
  tenant         text    not null default '', -- whose event it is, if its producer said so
  further_run_of text    not null default '', -- the event's own id, where the run's is another
  traceparent    text    not null default '', -- of the trace in which it was emitted (W3C Trace Context)
  parent         text    not null default '', -- the run that this one was made from
  from_step      text    not null default '', -- it began at this step: what began there no later was taken over
  effects_of     text    not null default '', -- the run under whose keys it does its effects; empty: its own
  stands_for     text    not null default ''  -- the event that a run made by rerun or requeue stands for; empty: its own
) strict;

create index events_aggregate on events (aggregate_id);
create index events_further_runs on events (further_run_of) where further_run_of <> '';

-- Steps that reached their end, the checkpoints proper. A row is never overwritten: a settled step is not executed
-- again in its run. Only resuming a failed run deletes rows: those that failed, once their last attempt is in attempts.
create table steps (
  run        integer not null references runs on delete cascade,
  step       text    not null,
  key        text    not null,             -- the item of a fan-out; empty for a single step
  attempt    integer not null,             -- the attempt that settled it, counted from 1
  failed     integer not null constraint failed_is_boolean check (failed in (0, 1)),
  result     text    not null,             -- the output as JSON, or the reason when failed
  started_at integer not null,
  settled_at integer not null,
  caught     integer not null default 0,   -- a failure that the workflow acted on: resuming keeps it
  failure_class text,                      -- permanent, attempts or age; null unless failed
  failure_code  text,                      -- what the step gave beside its words
  constraint caught_is_a_failure check (caught = 0 or caught = 1 and failed = 1),
  primary key (run, step, key)
) strict, without rowid;

-- Attempts that failed and did not settle their step. Attempts count anew after each resume of the run, so `resumes`
-- tells the generations apart. retry_at is null for the attempt that failed its step for good before a resume.
create table attempts (
  run              integer not null references runs on delete cascade,
  step             text    not null,
  key              text    not null,
  resumes          integer not null,
  attempt          integer not null,
  error            text    not null,
  first_started_at integer not null,       -- when attempt 1 of this generation began
  failed_at        integer not null,
  retry_at         integer,
  gives_up_at      integer,                -- no attempt is due later; null: its age does not end the execution
  failure_class    text,                   -- of the one that failed its step for good
  failure_code     text,
  uncharged        integer not null default 0, -- of the attempts up to this one, those that the retry policy does not count
  primary key (run, step, key, resumes, attempt)
) strict, without rowid;

-- Steps between two attempts: the latest failed attempt of this generation, where the step has not settled since.
create view pending_retries as
select a.run, a.step, a.key, a.resumes, a.attempt, a.error, a.first_started_at, a.failed_at, a.retry_at,
       a.gives_up_at, a.uncharged
from attempts a
join runs r on r.run = a.run and r.resumes = a.resumes
where a.retry_at is not null
  and not exists (select 1 from steps s where s.run = a.run and s.step = a.step and s.key = a.key)
  and not exists (select 1 from attempts later
                  where later.run = a.run and later.step = a.step and later.key = a.key
                    and later.resumes = a.resumes and later.attempt > a.attempt);

-- Public: one row a run, the newest has the highest number.
create view v1_runs as
select r.run_id, r.run as number, r.workflow, r.status, r.reason,
       e.type as event_type, e.aggregate_type, e.aggregate_id, e.payload,
       r.position, r.deliveries, r.resumes,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.created_at / 1e6, 'unixepoch') as event_created_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', r.started_at / 1e6, 'unixepoch') as started_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', r.wake_at / 1e6, 'unixepoch') as wake_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', r.ended_at / 1e6, 'unixepoch') as ended_at,
       iif(e.further_run_of = '', r.run_id, e.further_run_of) as event_id,
       r.failed_step, r.failed_key, r.failure_class, r.failure_code,
       (select b.build from builds b where b.first_run <= r.run order by b.first_run desc limit 1) as build,
       strftime('%Y-%m-%dT%H:%M:%fZ', r.cancelled_at / 1e6, 'unixepoch') as cancelled_at,
       r.cancelled_by, r.cancel_note,
       nullif(e.parent, '') as parent, nullif(e.from_step, '') as from_step, nullif(e.effects_of, '') as effects_of,
       nullif(e.stands_for, '') as stands_for
from runs r
join events e on e.run = r.run;

-- Public: one row a settled step, with its output or with the reason why it failed for good.
create view v1_steps as
select r.run_id, s.step, s.key,
       iif(s.failed, 'failed', 'succeeded') as status, s.attempt,
       iif(s.failed, null, s.result) as output,
       iif(s.failed, s.result, null) as error,
       strftime('%Y-%m-%dT%H:%M:%fZ', s.started_at / 1e6, 'unixepoch') as started_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', s.settled_at / 1e6, 'unixepoch') as settled_at,
       (s.settled_at - s.started_at) / 1000.0 as duration_ms,
       s.failure_class, s.failure_code
from steps s
join runs r on r.run = s.run;

-- Public: every attempt that failed, in this generation or before a resume; 'failed' settled its step for good,
-- 'retried' was or will be followed by another. (A failed step is always of the run's current generation: see steps.)
create view v1_attempts as
select r.run_id, a.step, a.key, a.resumes, a.attempt,
       iif(a.retry_at is null, 'failed', 'retried') as status, a.error,
       strftime('%Y-%m-%dT%H:%M:%fZ', a.failed_at / 1e6, 'unixepoch') as failed_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', a.retry_at / 1e6, 'unixepoch') as retry_at,
       a.failure_class, a.failure_code
from attempts a
join runs r on r.run = a.run
union all
select r.run_id, s.step, s.key, r.resumes, s.attempt, 'failed', s.result,
       strftime('%Y-%m-%dT%H:%M:%fZ', s.settled_at / 1e6, 'unixepoch'), null, s.failure_class, s.failure_code
from steps s
join runs r on r.run = s.run
where s.failed;

-- Public: every unfinished run and why it is not finished. `why` is 'moving' (in a worker's memory, or in none since it
-- stopped), 'backoff' (a step is between two attempts; the one due first is shown) or 'circuit' (no attempt of its own
-- failed: it is held until the service behind a step answers again). reason is the worker's own word when it parked; of
-- a paused step it is `STEP is paused: WHY`, which gives step and last_error; when that is probed next only its worker
-- knows, so that next_at is null. since is when the first attempt began from which the age of the execution counts; else
-- when the run began. gives_up_at is when that age ends it, as of its last attempt: no time passes while its step is
-- paused.
create view v1_waiting as
select r.run_id, r.workflow,
       case when r.status = 'running' then 'moving' when p.run is null then 'circuit' else 'backoff' end as why,
       r.reason,
       coalesce(p.step, iif(paused, substr(r.reason, 1, paused - 1), null)) as step,
       p.key, p.attempt as attempts,
       coalesce(p.error, iif(paused, substr(r.reason, paused + length(' is paused: ')), null)) as last_error,
       strftime('%Y-%m-%dT%H:%M:%fZ', iif(p.run is null, null, coalesce(r.wake_at, p.retry_at)) / 1e6, 'unixepoch') as next_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', r.started_at / 1e6, 'unixepoch') as started_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(p.first_started_at, r.started_at) / 1e6, 'unixepoch') as since,
       strftime('%Y-%m-%dT%H:%M:%fZ', p.gives_up_at / 1e6, 'unixepoch') as gives_up_at
from (select *, instr(reason, ' is paused: ') as paused from runs) r
left join attempts p
  on (p.run, p.step, p.key, p.resumes, p.attempt) = (
       select run, step, key, resumes, attempt from pending_retries
       where run = r.run order by retry_at, step, key limit 1)
where r.ended_at is null;

-- Public: effects of which this store knows that they may have happened or not, such as a mail's sending. Only what this
-- worker saw: the authority on mail is pawl.v1_emails in Postgres.
create view v1_in_doubt as
select run_id, step, key, attempt, status, error, failed_at
from v1_attempts
where failure_code = 'in-doubt';
