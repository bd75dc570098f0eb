-- One command about many runs: the batch that it becomes, and how that is worked on.
--
-- A batch's runs are fixed when it is made. It is worked on in steps, each a transaction: lock the batch, take as many
-- runs as its rate allows, act on each, write down what became of it. Whoever dies in a step has done nothing of it, and
-- the next one begins where the last one ended. A run has one request in a batch for ever, so that none is acted on
-- twice. A step that fails is undone and made again: it keeps no other batch waiting.
--
-- Nothing is kept waiting by a step but other work on the same batch: what a batch resumes are plain rows of the outbox.

-- The insert waits for a transaction that makes the same request's batch, and then finds it.
create function pawl.make_batch(verb text, filter jsonb, requested_by text, note text default null, rate float8 default 0,
                                request uuid default null, out batch bigint, out runs int, out workflows text[])
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
begin
  perform pawl.require_read_committed('to make a batch');
  perform pawl.require_filter(verb, filter);
  if not (rate = 0 or rate between 1e-6 and 1e6) then
    raise exception 'make a batch to %: % runs a second is no rate', verb, rate
      using errcode = 'invalid_parameter_value', hint = 'Give 0 for as fast as it goes, or from 1e-6 to 1e6.';
  end if;
  insert into pawl.batches (verb, filter, note, requested_by, rate, request)
  values (make_batch.verb, make_batch.filter, make_batch.note, make_batch.requested_by, make_batch.rate,
          coalesce(make_batch.request, gen_random_uuid()))
  on conflict on constraint batches_request_once do nothing returning id into batch;
  if batch is null then
    select b.id, b.runs into batch, runs from pawl.batches b where b.request = make_batch.request;
    return;
  end if;
  with chosen as materialized (
    select * from pawl.select_runs(make_batch.verb, make_batch.filter) s where s.left_out is null),
  placed as (
    insert into pawl.batch_runs (batch, place, run_id, resumes)
    select make_batch.batch, row_number() over (order by c.at, c.run_id), c.run_id, c.resumes from chosen c)
  select count(*), array_agg(distinct c.workflow) into runs, workflows from chosen c;
  if runs = 0 then
    delete from pawl.batches b where b.id = make_batch.batch;
    batch := null;
    return;
  end if;
  update pawl.batches b set runs = make_batch.runs where b.id = make_batch.batch;
  insert into pawl.commands (verb, requested_by, note, outcome, request, batch)
  values ('batch ' || make_batch.verb, make_batch.requested_by, make_batch.note, format('made, of %s runs', runs),
          make_batch.request, make_batch.batch);
  perform pawl.ring();
end $$;
comment on function pawl.make_batch is
  'Makes a batch of the runs that pawl.select_runs finds now; returns its id, how many there are and of which workflows, or '
  'null and 0 for none.';

create function pawl.control_batch(batch bigint, verb text, requested_by text, note text default null,
                                   request uuid default null)
returns text language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  found_batch pawl.batches;
  outcome text;
begin
  perform pawl.require_read_committed(format('to control batch %s', batch));
  if verb is null or verb <> all ('{pause,continue,abort}') then
    raise exception 'batch %: there is no verb %', batch, verb
      using errcode = 'invalid_parameter_value', hint = 'The verbs are pause, continue and abort.';
  end if;
  select * into found_batch from pawl.batches b where b.id = control_batch.batch for update;
  select c.outcome into outcome from pawl.commands c
  where c.request = control_batch.request and c.batch = control_batch.batch
    and c.verb = 'batch ' || control_batch.verb;
  if found then return outcome; end if;
  outcome := case
    when found_batch.id is null then 'not found'
    when found_batch.state in ('done', 'aborted') then 'not ended: it is ' || found_batch.state
    when verb = 'pause' and found_batch.state = 'paused' then 'not running: it is paused'
    when verb = 'continue' and found_batch.state = 'running' then 'not paused: it is running'
    else case verb when 'pause' then 'paused' when 'continue' then 'running' else 'aborted' end end;
  if outcome = 'aborted' then
    update pawl.batch_runs r set outcome = 'left alone: the batch was aborted', done_at = now()
    where r.batch = found_batch.id and r.place > found_batch.taken;
    update pawl.batches b set state = outcome, finished_at = now(), problem = null, problem_at = null
    where b.id = found_batch.id;
  elsif outcome in ('paused', 'running') then
    update pawl.batches b set state = outcome, stepped_at = now(), problem = null, problem_at = null
    where b.id = found_batch.id;
    if outcome = 'running' then perform pawl.ring(); end if;
  end if;
  insert into pawl.commands (verb, requested_by, note, outcome, request, batch)
  values ('batch ' || control_batch.verb, control_batch.requested_by, control_batch.note, outcome, control_batch.request,
          found_batch.id);
  return outcome;
end $$;
comment on function pawl.control_batch is
  'Pauses, continues or aborts a batch; returns paused, running, aborted, or why it was refused. What was done stays done.';

-- Many events have no corrected payload in common: each is handled again from its beginning with the one that it has.
create function pawl.requeue_as_it_is(batch pawl.batches, taken pawl.batch_runs, request uuid) returns text
language plpgsql set search_path = pg_catalog, pawl, pg_temp set enable_seqscan = off set jit = off as $$
declare
  payload jsonb;
  resumes int;
begin
  select a.payload, a.resumes into payload, resumes from pawl.outbox_archive a
  where a.id = taken.run_id order by a.finished_at desc limit 1;
  if resumes > taken.resumes then return 'not meant: it has failed anew since the batch was made'; end if;
  if pawl.requeue(taken.run_id, coalesce(payload, '{}'), batch.requested_by,
                  coalesce(nullif(trim(batch.note), ''), 'to be handled again from its beginning'), request) is not null then
    return 'requeued';
  end if;
  return (select c.outcome from pawl.commands c
          where c.request = requeue_as_it_is.request and c.event_id = taken.run_id and c.verb = 'requeue');
end $$;

-- What is wrong with one run is that run's outcome. What is wrong with the server, or with the moment, ends the step, which
-- is then made again. Whoever resumed a run meanwhile does not want it cancelled for how it stood before.
create function pawl.act_on_run(batch pawl.batches, taken pawl.batch_runs, request uuid) returns text
language plpgsql set search_path = pg_catalog, pawl, pg_temp set enable_seqscan = off set jit = off as $$
begin
  if batch.verb = 'resume' then
    return pawl.resume_run(taken.run_id, batch.requested_by, batch.note, '0', request, taken.resumes);
  end if;
  if batch.verb = 'requeue' then return pawl.requeue_as_it_is(batch, taken, request); end if;
  if exists (select from pawl.outbox o where o.id = taken.run_id and o.resumes > taken.resumes) then
    return 'not meant: it was resumed since the batch was made';
  end if;
  if batch.verb = 'cancel' then return pawl.cancel_run(taken.run_id, batch.requested_by, batch.note, request); end if;
  if batch.verb = 'retry-now' then return pawl.retry_run(taken.run_id, batch.requested_by, batch.note, request); end if;
  return 'refused: nothing does this verb to many runs';
exception when others then
  if left(sqlstate, 2) in ('08', '25', '40', '53', '54', '55', '57', '58', 'XX') then raise; end if;
  return 'refused: ' || sqlerrm;
end $$;

create function pawl.batch_request(request uuid, run_id uuid) returns uuid
language sql immutable set search_path = pg_catalog, pawl, pg_temp as $$
  select md5('batch ' || request || ' run ' || run_id)::uuid
$$;
comment on function pawl.batch_request is 'Under which request a batch acts on a run: always the same.';

-- How many runs a rate allows now. What it would have allowed while nobody worked is not made up for: a second's worth at
-- most, or one run where that is less.
create function pawl.allowed_runs(batch pawl.batches, at timestamptz, most int, out allowed int, out used_up_to timestamptz)
language plpgsql immutable set search_path = pg_catalog, pawl, pg_temp as $$
declare
  owed constant int := batch.runs - batch.taken;
  from_then timestamptz;
begin
  used_up_to := at;
  if batch.rate = 0 then
    allowed := least(owed, most);
    return;
  end if;
  from_then := greatest(coalesce(batch.stepped_at, at - interval '1 s' / batch.rate),
                        at - greatest(interval '1 s', interval '1 s' / batch.rate));
  allowed := least(owed, most, floor(extract(epoch from at - from_then) * batch.rate + 1e-6));
  used_up_to := from_then + allowed * interval '1 s' / batch.rate;
end $$;

-- One step of one batch, which the caller holds. Each statement looks one row up by its key, whichever plan was kept.
create function pawl.step_batch(batch pawl.batches, most int) returns int
language plpgsql set search_path = pg_catalog, pawl, pg_temp set enable_seqscan = off set jit = off as $$
declare
  now_allowed record;
  last_place int;
  taken pawl.batch_runs;
  run_request uuid;
  said text;
begin
  select * into now_allowed from pawl.allowed_runs(batch, clock_timestamp(), most);
  if now_allowed.allowed <= 0 and batch.taken < batch.runs then return 0; end if;
  last_place := batch.taken + now_allowed.allowed;
  for taken in
    select * from pawl.batch_runs r
    where r.batch = step_batch.batch.id and r.place > step_batch.batch.taken and r.place <= last_place order by r.place
  loop
    run_request := pawl.batch_request(batch.request, taken.run_id);
    said := pawl.act_on_run(batch, taken, run_request);
    update pawl.batch_runs r set outcome = said, done_at = now() where r.batch = taken.batch and r.place = taken.place;
    update pawl.commands c set batch = taken.batch, db_user = step_batch.batch.db_user
    where c.request = run_request and c.batch is null;
  end loop;
  update pawl.batches b
  set taken = last_place, stepped_at = now_allowed.used_up_to, problem = null, problem_at = null,
      state = case when last_place = b.runs then 'done' else b.state end,
      finished_at = case when last_place = b.runs then clock_timestamp() end
  where b.id = step_batch.batch.id;
  return now_allowed.allowed;
end $$;

-- When its rate allows a run again; one whose last step failed rests for a second.
create function pawl.step_due_at(batch pawl.batches) returns timestamptz
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select greatest(
    case when batch.rate = 0 then '-infinity' else coalesce(batch.stepped_at + interval '1 s' / batch.rate, '-infinity') end,
    coalesce(batch.problem_at + interval '1 s', '-infinity'))
$$;

-- Nothing is written, and no lock taken, unless a batch is running. A worker's step is conditional on its epoch: one that was
-- given up does nothing more. What fails in one batch's step is undone, and that batch's alone: it says so until a step
-- succeeds. A conflict with somebody else (40) and a server that ends (57) are nobody's fault.
create function pawl.work_on_batches(worker_epoch bigint default null, most int default 100, only_batch bigint default null,
                                     out acted_on int, out running int, out next_in_seconds float8, out failing text)
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  batch pawl.batches;
begin
  perform pawl.require_read_committed('to work on batches');
  acted_on := 0;
  if exists (select from pawl.batches b where b.state = 'running') then
    if worker_epoch is not null then
      perform from pawl.workers w where w.epoch = worker_epoch and w.stopped_at is null for key share;
      if not found then
        running := 0;
        return;
      end if;
    end if;
    for batch in
      select * from pawl.batches b
      where b.state = 'running' and (only_batch is null or b.id = only_batch)
        and pawl.step_due_at(b) <= clock_timestamp()
      order by b.stepped_at nulls first, b.id limit 8 for update skip locked
    loop
      begin
        acted_on := acted_on + pawl.step_batch(batch, most);
      exception when others then
        if left(sqlstate, 2) in ('40', '57') then raise; end if;
        update pawl.batches b set problem = sqlerrm, problem_at = clock_timestamp() where b.id = batch.id;
      end;
    end loop;
  end if;
  select count(*), min(greatest(0, extract(epoch from greatest(pawl.step_due_at(b), now()) - clock_timestamp()))),
         min('batch ' || b.id || ': ' || b.problem)
  into running, next_in_seconds, failing
  from pawl.batches b where b.state = 'running' and (only_batch is null or b.id = only_batch);
end $$;
comment on function pawl.work_on_batches is
  'Makes a step of each running batch that nobody else works on: how many runs it acted on, how many batches still run, '
  'in how many seconds there is more to do (null: none runs), and what is wrong where a step fails.';

-- Each run is looked up by its id: `offset 0` keeps the planner from reading the whole archive for a few of them.
create function pawl.batch_ends(batch bigint, out status text, out runs bigint, out example uuid) returns setof record
language sql stable security definer set search_path = pg_catalog, pawl, pg_temp as $$
  select coalesce(u.status, e.status, 'gone'), count(*), min(s.run_id::text)::uuid
  from pawl.batch_runs r
  join pawl.batches b on b.id = r.batch
  left join lateral (select c.event_id as id from pawl.commands c
                     where b.verb = 'requeue' and c.request = pawl.batch_request(b.request, r.run_id) and c.verb = b.verb
                       and c.outcome = 'requeued from ' || r.run_id) made on true
  cross join lateral (select coalesce(made.id, r.run_id) as run_id) s
  left join lateral (select 'unfinished' as status from pawl.outbox o where o.id = s.run_id offset 0) u on true
  left join lateral (select a.status from pawl.outbox_archive a where a.id = s.run_id
                     order by a.finished_at desc limit 1) e on u.status is null
  where r.batch = batch_ends.batch and r.done_at is not null
  group by 1 order by 2 desc, 1
$$;
comment on function pawl.batch_ends is
  'How the runs stand that a batch has acted on, or has made of them: unfinished, or as v1_events has them; gone: not in the archive any more.';

-- A batch goes when it ended long ago and the last of its runs is gone: until then a run's story names it.
create function pawl.prune_batches(age interval, behind text, step int, out removed bigint, out last text)
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  looked_at record;
  batches_gone bigint;
begin
  select array_agg(e.batch) as batches, array_agg(e.place) as places, count(*) as count,
         (array_agg(e.batch || '/' || e.place order by e.batch desc, e.place desc))[1] as last into looked_at
  from (select r.batch, r.place from pawl.batch_runs r
        where behind is null
           or (r.batch, r.place) > (split_part(behind, '/', 1)::bigint, split_part(behind, '/', 2)::int)
        order by r.batch, r.place limit prune_batches.step) e;
  delete from pawl.batch_runs r
  using unnest(looked_at.batches, looked_at.places) e (batch, place), pawl.batches b
  where r.batch = e.batch and r.place = e.place and b.id = r.batch and b.finished_at < now() - age
    and pawl.is_gone(r.run_id);
  get diagnostics removed = row_count;
  delete from pawl.batches b
  where b.finished_at < now() - age and not exists (select from pawl.batch_runs r where r.batch = b.id);
  get diagnostics batches_gone = row_count;
  removed := removed + batches_gone;
  last := case when looked_at.count = step then looked_at.last end;
end $$;
create function pawl.count_old_batches(age interval) returns bigint
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select (select count(*) from pawl.batch_runs r join pawl.batches b on b.id = r.batch
          where b.finished_at < now() - age
            and not exists (select from pawl.known_events k where k.event_id = r.run_id and k.ages_from >= now() - age))
       + (select count(*) from pawl.batches b
          where b.finished_at < now() - age
            and not exists (select from pawl.batch_runs r join pawl.known_events k on k.event_id = r.run_id
                            where r.batch = b.id and k.ages_from >= now() - age))
$$;
insert into pawl.retained (name, prune, count_old) values ('batches', 'pawl.prune_batches', 'pawl.count_old_batches');

select pawl.close_functions();
