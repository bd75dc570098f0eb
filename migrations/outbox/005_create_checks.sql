-- What other lines of migrations add to pawl's own care: checks of what they stand on, and rows that grow old.

-- `problems` takes the name of the role that asks, and returns rows (kind text, problem text): what is wrong and what to
-- do. `mend` takes nothing, mends what it can and returns the names of what it has mended.
create table pawl.checks (
  line text primary key,
  problems regproc not null,
  mend regproc
);
comment on table pawl.checks is 'What each line of migrations stands on beside pawl''s own tables, and how that is mended.';
comment on column pawl.checks.problems is 'Function of the role that asks: rows of kind and problem.';
comment on column pawl.checks.mend is 'Function that mends what it can and returns its names; null: nothing can be.';

-- Checks compare what Postgres prints of triggers and policies, which depends on a setting.
create function pawl.problems(reader name default session_user, out kind text, out problem text) returns setof record
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp set quote_all_identifiers = off as $$
declare
  checked record;
begin
  for checked in select c.problems from pawl.checks c order by c.line loop
    return query execute format('select kind, problem from %s($1)', checked.problems) using reader;
  end loop;
end $$;
comment on function pawl.problems is
  'What keeps events from being made, or people from being told, and what to do. A worker asks when it starts and while it runs.';

-- A dump that is restored without privileges leaves every function open. Whose the schema is, is asked as well: what its
-- owner makes in it would be found by functions that run with another's rights.
create function pawl.schema_problems(reader name, out kind text, out problem text) returns setof record
language plpgsql stable set search_path = pg_catalog, pawl, pg_temp as $$
declare
  owner constant oid := (select n.nspowner from pg_namespace n where n.nspname = 'pawl');
begin
  kind := 'access';
  if owner not in (select r.oid from pg_roles r where r.rolsuper or r.rolname = current_user) then
    problem := format('schema pawl belongs to %s, and its functions, which run with their owner''s rights, to %s: '
                      'alter schema pawl owner to %2$s', owner::regrole, quote_ident(current_user));
    return next;
  end if;
  for problem in
    select format('everybody may execute %s functions of the schema pawl, as %s: run `pawl migrate`', count(*),
                  (array_agg(o order by o::text))[1])
    from pawl.open_functions() o having count(*) > 0
  loop
    return next;
  end loop;
end $$;
comment on function pawl.schema_problems is 'What lets others do more in the schema pawl than they were given, and what to do.';
insert into pawl.checks (line, problems) values ('outbox', 'pawl.schema_problems');

create function pawl.mend() returns setof text
language plpgsql set search_path = pg_catalog, pawl, pg_temp set quote_all_identifiers = off as $$
declare
  checked record;
begin
  for checked in select c.mend from pawl.checks c where c.mend is not null order by c.line loop
    return query execute format('select * from %s()', checked.mend);
  end loop;
end $$;
comment on function pawl.mend is 'Mends what it can of what pawl.problems() finds, and returns its names.';

-- What a worker shows beside its own figures, read some times a minute. `read` takes nothing and returns rows of name,
-- workflow and value.
create table pawl.gauges (
  line text primary key,
  read regproc not null
);
comment on table pawl.gauges is 'What each line of migrations has to show of its tables, as figures by workflow.';
comment on column pawl.gauges.read is 'Function that returns rows (name text, workflow text, value double precision).';

create function pawl.read_gauges(out name text, out workflow text, out value double precision) returns setof record
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp set max_parallel_workers_per_gather = 0 as $$
declare
  gauge record;
begin
  for gauge in select g.read from pawl.gauges g order by g.line loop
    return query execute format('select name, workflow, value from %s()', gauge.read);
  end loop;
end $$;
comment on function pawl.read_gauges is 'Figures by workflow of what lies in Postgres, for the metrics of a worker.';

create function pawl.read_backlog(out name text, out workflow text, out value double precision) returns setof record
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select gauge.name, coalesce(workflow, ''), gauge.value
  from pawl.workflows w
  full join (select o.workflow, count(*) filter (where o.lease_epoch is null) as pending,
                    count(*) filter (where o.lease_epoch is not null) as leased,
                    count(*) filter (where o.lease_epoch is null and o.available_at <= now() and not o.only_store) as due,
                    min(o.available_at) filter (where o.available_at <= now() and isfinite(o.available_at)) as oldest
             from pawl.outbox o group by o.workflow) b using (workflow)
  cross join lateral (values
    ('backlog_pending', coalesce(b.pending, 0)::double precision),
    ('backlog_leased', coalesce(b.leased, 0)::double precision),
    ('backlog_due', coalesce(b.due, 0)::double precision),
    ('oldest_age_seconds', coalesce(extract(epoch from now() - b.oldest), 0)::double precision)) gauge (name, value)
$$;
insert into pawl.gauges values ('outbox', 'pawl.read_backlog');

-- Rows about an event outlive its row in the archive: with them gone first, an event that is resumed or delivered again
-- would look new. `prune` removes those of a step of rows, (age interval, behind text, step int) -> (removed bigint, last
-- text), in the order of a key, behind the last one it looked at: so it needs no index of its own.
create table pawl.retained (
  name text primary key,
  prune regproc not null,
  behind text,
  count_old regproc
);
comment on table pawl.retained is 'What is kept about events that are gone, and how it grows old.';
comment on column pawl.retained.name is 'As the log names it.';
comment on column pawl.retained.count_old is 'Function of the age: how many rows would go now.';
comment on column pawl.retained.behind is 'Where the next step goes on; null: at the beginning.';

-- Months go as a whole: what is in one that is over for longer than `keep`, and what lies in the default partition. Failed
-- events stay, and those that were dismissed for as long after that.
create view pawl.archive_ages as
  select a.id, a.effects_of, a.status, a.finished_at,
         case when a.status = 'failed' then 'infinity'
              when a.tableoid = 'pawl.outbox_archive_default'::regclass then coalesce(a.dismissed_at, a.finished_at)
              else greatest((date_trunc('month', a.finished_at at time zone 'UTC') + interval '1 month') at time zone 'UTC',
                            a.dismissed_at)
         end as ages_from
  from pawl.outbox_archive a;
comment on view pawl.archive_ages is 'Archived events, and from when on each grows old: one goes once that is longer ago than what is kept.';

-- A view, and no function of one event: a count over very many rows can be an anti-join then.
create view pawl.known_events as
  select o.id as event_id, 'infinity'::timestamptz as ages_from from pawl.outbox o
  union all
  select o.effects_of, 'infinity' from pawl.outbox o where o.effects_of is not null
  union all
  select a.id, a.ages_from from pawl.archive_ages a
  union all
  select a.effects_of, a.ages_from from pawl.archive_ages a where a.effects_of is not null;
comment on view pawl.known_events is
  'Events that are in the outbox or in the archive, or whose effects a rerun does that is there, and from when on each grows old.';

create function pawl.is_gone(event_id uuid) returns boolean
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select not exists (select from pawl.known_events k where k.event_id = is_gone.event_id)
$$;
comment on function pawl.is_gone is
  'Whether an event is neither in the outbox nor in the archive, and no rerun there does its effects.';

create function pawl.prune_commands(age interval, behind text, step int, out removed bigint, out last text)
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  ids bigint[];
begin
  select array_agg(c.id), max(c.id)::text into ids, last
  from (select id from pawl.commands where behind is null or id > behind::bigint order by id limit step) c;
  delete from pawl.commands c where c.id = any(ids) and c.requested_at < now() - age and pawl.is_gone(c.event_id);
  get diagnostics removed = row_count;
  if cardinality(ids) < step then last := null; end if;
end $$;

create function pawl.count_old_commands(age interval) returns bigint
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select count(*) from pawl.commands c
  where c.requested_at < now() - age
    and not exists (select from pawl.known_events k where k.event_id = c.event_id and k.ages_from >= now() - age)
$$;
insert into pawl.retained (name, prune, count_old) values ('commands', 'pawl.prune_commands', 'pawl.count_old_commands');

create function pawl.prunable(keep interval, out name text, out old bigint, out bytes bigint) returns setof record
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp set timezone = 'UTC' as $$
declare
  kept record;
begin
  name := 'archived events';
  select count(*) into old from pawl.archive_ages a where a.ages_from < now() - keep;
  select coalesce(sum(pg_total_relation_size(c.oid)), 0) into bytes
  from pg_inherits i join pg_class c on c.oid = i.inhrelid
  where i.inhparent = 'pawl.outbox_archive'::regclass and c.relname ~ '^outbox_archive_[0-9]{4}_[0-9]{2}$'
    and (to_timestamp(right(c.relname, 7), 'YYYY_MM')::timestamp + interval '1 month') at time zone 'UTC' < now() - keep;
  return next;
  name := 'failed events';
  select count(*), null into old, bytes from pawl.outbox_archive a where a.status = 'failed' and a.finished_at < now() - keep;
  return next;
  for kept in select r.name, r.count_old from pawl.retained r where r.count_old is not null order by r.name loop
    name := kept.name;
    execute format('select %s($1)', kept.count_old) into old using keep;
    return next;
  end loop;
end $$;
comment on function pawl.prunable is
  'What pawl.prune would remove, and what failed and stays though it is older: changes nothing, and may read for long.';

create function pawl.prune(keep interval, step int, out name text, out removed bigint, out through boolean)
returns setof record
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp set lock_timeout = '1s' as $$
declare
  kept record;
  months int;
begin
  through := true;
  if step > 0 then
    select e.months, e.events into months, removed from pawl.expire_archive(keep) e;
    name := 'archived events';
    return next;
    name := 'archived months';
    removed := months;
    return next;
    perform from pawl.retained r order by r.name for update;
  end if;
  for kept in select r.name, r.prune, r.behind from pawl.retained r order by r.name loop
    name := kept.name;
    execute format('select removed, last from %s($1, $2, $3)', kept.prune) into removed, kept.behind
      using keep, kept.behind, step;
    continue when step = 0;
    update pawl.retained r set behind = kept.behind where r.name = kept.name and r.behind is distinct from kept.behind;
    through := kept.behind is null;
    return next;
  end loop;
end $$;
comment on function pawl.prune is
  'Drops archived months older than keep, then a step of what is kept about events that are gone; says how much of each, and whether a step has come to the end. A step of 0 locks and removes nothing, and fails where a later one would.';
select pawl.close_functions();
