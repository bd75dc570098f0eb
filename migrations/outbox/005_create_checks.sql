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

create function pawl.problems(reader name default session_user, out kind text, out problem text) returns setof record
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  checked record;
begin
  for checked in select c.problems from pawl.checks c order by c.line loop
    return query execute format('select kind, problem from %s($1)', checked.problems) using reader;
  end loop;
end $$;
comment on function pawl.problems is
  'What keeps events from being made, or people from being told, and what to do. A worker asks when it starts and while it runs.';

create function pawl.mend() returns setof text
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
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
                    min(o.created_at) filter (where isfinite(o.created_at)) as oldest
             from pawl.outbox o group by o.workflow) b using (workflow)
  cross join lateral (values
    ('backlog_pending', coalesce(b.pending, 0)::double precision),
    ('backlog_leased', coalesce(b.leased, 0)::double precision),
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

create function pawl.is_gone(event_id uuid) returns boolean
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select not exists (select from pawl.outbox o where o.id = event_id)
     and not exists (select from pawl.outbox_archive a where a.id = event_id)
     and not exists (select from pawl.outbox o where o.effects_of = event_id)
     and not exists (select from pawl.outbox_archive a where a.effects_of = event_id)
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

-- Months go as a whole: what is in one that is over for longer than `keep`, and what lies in the default partition.
create function pawl.leaves_archive(archived pawl.outbox_archive, keep interval) returns boolean
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select archived.status <> 'failed'
     and (archived.finished_at < date_trunc('month', (now() - keep) at time zone 'UTC') at time zone 'UTC'
          or archived.finished_at < now() - keep and exists (
               select from pawl.outbox_archive_default d where d.id = archived.id and d.finished_at = archived.finished_at))
$$;
comment on function pawl.leaves_archive is 'Whether an archived event is old enough to go, and nobody has to act on it any more.';

create function pawl.would_be_gone(event_id uuid, keep interval) returns boolean
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select not exists (select from pawl.outbox o where o.id = event_id)
     and not exists (select from pawl.outbox_archive a where a.id = event_id and not pawl.leaves_archive(a, keep))
$$;
comment on function pawl.would_be_gone is 'Whether an event is gone once what is older has left the archive.';

create function pawl.count_old_commands(age interval) returns bigint
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select count(*) from pawl.commands c where c.requested_at < now() - age and pawl.would_be_gone(c.event_id, age)
$$;
insert into pawl.retained (name, prune, count_old) values ('commands', 'pawl.prune_commands', 'pawl.count_old_commands');

create function pawl.prunable(keep interval, out name text, out old bigint, out bytes bigint) returns setof record
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp set timezone = 'UTC' as $$
declare
  kept record;
begin
  name := 'archived events';
  select count(*) into old from pawl.outbox_archive a where pawl.leaves_archive(a, keep);
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
begin
  through := true;
  name := 'archived months';
  removed := pawl.maintain_archive(keep);
  return next;
  for kept in select r.name, r.prune, r.behind from pawl.retained r order by r.name for update loop
    name := kept.name;
    execute format('select removed, last from %s($1, $2, $3)', kept.prune) into removed, kept.behind
      using keep, kept.behind, step;
    update pawl.retained r set behind = kept.behind where r.name = kept.name and r.behind is distinct from kept.behind;
    through := kept.behind is null;
    return next;
  end loop;
end $$;
comment on function pawl.prune is
  'Drops archived months older than keep, then a step of what is kept about events that are gone; says how much of each, and whether a step has come to the end.';
select pawl.close_functions();
