-- Which runs a command about many would act on, and what they have in common.
--
-- A preview and the batch that follows select by one function, so that they never differ in what they mean.

-- Which runs concern a user is known to those who tell people: a line of migrations adds its function here.
create table pawl.user_runs (
  line text primary key,
  runs_of_user regproc not null
);
comment on table pawl.user_runs is 'What each line of migrations knows of the users that a run concerns.';
comment on column pawl.user_runs.runs_of_user is
  'Function of runs'' ids and of a user''s id or address, as text: those of the runs that concern him.';

-- Runs that differ in names and numbers alone failed for one reason. A relay's codes are no such numbers: they say why. No
-- backslash is used here: what it means in a string is a setting of the session.
create function pawl.reason_shape(reason text) returns text
language sql immutable set search_path = pg_catalog, pawl, pg_temp as $$
  select left(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
    reason,
    '[[:<:]][0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}[[:>:]]', '...', 'g'),
    '[^[:space:]<>"''(),;:]+@[^[:space:]<>"''(),;:]+', '...', 'g'),
    '"[^"]*"', '"..."', 'g'),
    '(?<![[:alnum:]])''[^'']*''', '''...''', 'g'),
    '[[:<:]](?=[[:alnum:]_]*[0-9])(?=[[:alnum:]_]*[A-Za-z])[[:alnum:]_]{6,}[[:>:]]', '...', 'g'),
    '(?<![[:alnum:].])(?![245][0-9][0-9][ -][245][.][0-9])(?![245][.][0-9]{1,3}[.][0-9]{1,3}(?![0-9.]))'
    '(?!(?<=^|: |HTTP |status )[45][0-9][0-9](?![0-9.]))[0-9]+([.,:][0-9]+)*[[:alnum:]_]*', '...', 'g'), 500)
$$;
comment on function pawl.reason_shape is
  'A reason without ids, addresses, numbers and quoted words, so that failures of one kind have one text.';

-- A resumed run goes on behind its failure. A requeued one has an empty history: its workflow would not know that it has
-- compensated for a failure, and what it had undone would count as done, since effects keep their keys.
create function pawl.why_not_begun(verb text, resumable text, from_step text) returns text
language sql immutable set search_path = pg_catalog, pawl, pg_temp as $$
  select case
    when verb = 'resume' and resumable = 'nowhere' then 'its workflow has acted on each failure and ended by itself'
    when verb = 'requeue' and resumable <> 'anywhere' and from_step is not null
      then 'it goes on behind steps of its parent: rerun or requeue it by id'
    when verb = 'requeue' and resumable <> 'anywhere' then 'its workflow acted on a failure: rerun or requeue it by id' end
$$;

-- What a verb may act on, and when that failed, or began where it has not ended.
create function pawl.candidates(verb text, filter jsonb)
returns table (run_id uuid, workflow text, step text, key text, reason text, at timestamptz, resumes int, left_out text)
language plpgsql stable set search_path = pg_catalog, pawl, pg_temp as $$
declare
  since constant timestamptz := coalesce((filter->>'since')::timestamptz, '-infinity');
  until constant timestamptz := (filter->>'until')::timestamptz;
  pattern constant text := case when strpos(filter->>'error_like', '%') > 0 then filter->>'error_like' end;
begin
  if verb in ('resume', 'requeue') then
    return query
    select a.id, a.workflow, a.failed_step, a.failed_key, a.reason, a.finished_at, a.resumes,
           pawl.why_not_begun(verb, a.resumable, a.from_step)
    from pawl.outbox_archive a
    where a.status = 'failed' and a.finished_at >= since and (until is null or a.finished_at < until)
      and (filter->>'workflow' is null or a.workflow = filter->>'workflow')
      and (filter->>'step' is null or a.failed_step = filter->>'step')
      and (filter->>'connection' is null or a.aggregateid = filter->>'connection')
      and (filter->>'org' is null or a.headers->>'tenant' = filter->>'org')
      and (filter->>'error_like' is null
           or case when pattern is null then position(filter->>'error_like' in a.reason) > 0 else a.reason like pattern end);
  else
    return query
    select o.id, o.workflow, f.step, null::text,
           case when f.step is not null then 'a worker has it, and it may wait for this step, which does not move there'
                when o.lease_epoch is not null then 'a worker has it'
                when o.available_at > now() then 'not due yet' else 'no worker has it' end, o.created_at, o.resumes,
           null::text
    from pawl.outbox o
    left join lateral (  -- few rows, in which the worker says what does not move
      select min(r.step) as step from pawl.step_reports r
      where r.epoch = o.lease_epoch and o.workflow = any(r.workflows)
        and (filter->>'step' is null or r.step = filter->>'step')) f on true
    where (filter->>'step' is null or f.step is not null) and o.created_at >= since and (until is null or o.created_at < until)
      and (filter->>'workflow' is null or o.workflow = filter->>'workflow')
      and (filter->>'connection' is null or o.aggregateid = filter->>'connection')
      and (filter->>'org' is null or o.headers->>'tenant' = filter->>'org');
  end if;
end $$;

-- One that is misread would select more than was meant: what is null is refused, and is not everybody.
create function pawl.require_filter(verb text, filter jsonb) returns void
language plpgsql immutable set search_path = pg_catalog, pawl, pg_temp as $$
declare
  unknown text;
  untold record;
begin
  if verb is null or verb not in ('resume', 'requeue', 'cancel', 'retry-now') then
    raise exception 'select runs: there is no batch of the verb %', verb
      using errcode = 'invalid_parameter_value', hint = 'The verbs are resume, requeue, cancel and retry-now.';
  end if;
  if jsonb_typeof(filter) is distinct from 'object' then
    raise exception 'select runs to %: the filter is to be a JSON object, and is of type %', verb,
        coalesce(jsonb_typeof(filter), 'null')
      using errcode = 'invalid_parameter_value', hint = 'To select all runs, give {}.';
  end if;
  unknown := (select min(k.key) from jsonb_object_keys(filter) k (key)
              where k.key <> all ('{since,until,workflow,step,error_like,connection,org,user}'));
  if unknown is not null then
    raise exception 'select runs: there is no filter %', unknown
      using errcode = 'invalid_parameter_value',
            hint = 'The filters are since, until, workflow, step, error_like, connection, org and user.';
  end if;
  select f.key, jsonb_typeof(f.value) as type into untold
  from jsonb_each(filter) f where jsonb_typeof(f.value) <> 'string' order by f.key limit 1;
  if found then
    raise exception 'select runs to %: the filter % is to be a text, and is of type %', verb, untold.key, untold.type
      using errcode = 'invalid_parameter_value', hint = 'Leave out what is not to be filtered by.';
  end if;
  if verb in ('cancel', 'retry-now') and filter ? 'error_like' then
    raise exception 'select runs to %: a run that has not ended is not known by its error', verb
      using errcode = 'invalid_parameter_value', hint = 'Filter it by workflow, connection, org, user or time.';
  end if;
  if verb = 'cancel' and filter ? 'step' then  -- whoever only passes by would be cancelled as well
    raise exception 'select runs to cancel: Postgres does not know at which step a run is, only which steps do not move'
      using errcode = 'invalid_parameter_value',
            hint = 'On the worker''s host: pawl waiting --step STEP -o ids | pawl cancel -';
  end if;
end $$;

-- What a batch that has yet to come to a run will do to it.
create function pawl.owed_by(verb text, run_id uuid) returns text
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select 'batch ' || min(r.batch) || ' owes it' from pawl.batch_runs r
  where r.run_id = owed_by.run_id and r.done_at is null
    and (select b.verb from pawl.batches b where b.id = r.batch) = owed_by.verb
$$;

-- What row-level security hides of the rows that tell who is concerned would be left out in silence.
create function pawl.require_known_users() returns void
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  hidden constant text := (select string_agg(p.problem, '; ') from pawl.problems(current_user) p where p.kind = 'rows');
begin
  if hidden is not null then
    raise exception 'select runs by user: %', hidden using errcode = 'PW001';
  end if;
end $$;
comment on function pawl.require_known_users is 'Refuses, by an error PW001, where rows are hidden that tell which runs concern a user.';

create function pawl.select_runs(verb text, filter jsonb)
returns table (run_id uuid, workflow text, step text, reason text, at timestamptz, resumes int, left_out text)
language plpgsql stable security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  who constant text := filter->>'user';
  candidates uuid[];
  concerned uuid[] := '{}';
  found_by uuid[];
  knows regproc;
begin
  perform pawl.require_filter(verb, filter);
  if who is not null then
    perform pawl.require_known_users();
    select array_agg(c.run_id), array_agg(c.run_id) filter (where c.key = who) into candidates, concerned
    from pawl.candidates(verb, filter) c;
    for knows in select u.runs_of_user from pawl.user_runs u loop
      execute format('select array(select %s($1, $2))', knows) into found_by using candidates, who;
      concerned := concerned || found_by;
    end loop;
  end if;
  return query
  select c.run_id, c.workflow, c.step, c.reason, c.at, c.resumes,
         coalesce(pawl.owed_by(select_runs.verb, c.run_id), c.left_out)
  from pawl.candidates(verb, filter) c
  where who is null or c.run_id in (select unnest(concerned));
end $$;
comment on function pawl.select_runs is
  'The runs that a verb would act on: resume and requeue on failed ones by when they failed, cancel and retry-now on unfinished ones by when '
  'they were emitted. Filters: since (from), until (before), workflow, step, error_like, connection, org, user. One with '
  'left_out is not acted on, for that reason.';

-- What makes most reasons differ goes first: the rest of a shape takes some times as long, and is then made of few.
create function pawl.preview_batch(verb text, filter jsonb)
returns table (workflow text, step text, reason text, runs bigint, first_at timestamptz, last_at timestamptz, example uuid,
               left_out text)
language sql stable security definer set search_path = pg_catalog, pawl, pg_temp as $$
  with same as materialized (
    select s.workflow, s.step, s.left_out,
           regexp_replace(regexp_replace(
             s.reason, '[[:<:]][0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}[[:>:]]', '...', 'g'),
             '[^[:space:]<>"''(),;:]+@[^[:space:]<>"''(),;:]+', '...', 'g') as reason,
           count(*) as runs, min(s.at) as first_at, max(s.at) as last_at, min(s.run_id::text) as example
    from pawl.select_runs(verb, filter) s group by 1, 2, 3, 4)
  select s.workflow, s.step, pawl.reason_shape(s.reason), sum(s.runs)::bigint, min(s.first_at), max(s.last_at),
         min(s.example)::uuid, s.left_out
  from same s group by 1, 2, 3, 8 order by 8 nulls first, 4 desc, 1, 2, 3
$$;
comment on function pawl.preview_batch is
  'What a batch would be about, by workflow, step and reason without ids: how many runs, from when to when, and one of them; '
  'with left_out those that fit the filter and are not acted on, for that reason.';

select pawl.close_functions();
