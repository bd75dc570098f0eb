-- What becomes of the application's sync logs: workflows put triggers on them, each of which refuses no business write over
-- what it cannot read; and what keeps one from firing is found by a query.
--
-- `pawl migrate` mends what it can of what pawl.problems() finds, and refuses the rest. A worker asks when it starts and
-- while it runs.

create function pawl.capped(text text, characters int) returns text
language sql immutable set search_path = pg_catalog, pawl, pg_temp as $$
  select case when char_length(left(text, characters + 1)) <= characters then text
              else left(text, characters) || ' [cut by pawl: it has ' || octet_length(text) || ' bytes]' end
$$;
comment on function pawl.capped is 'At most so many characters of a text, and a mark where it was cut.';

-- A cast from a type of the application's may be a function of the application's, which would run with the rights of who
-- migrated. So what the application stores becomes text by `format`, which calls the type's own output: that is C, which
-- only a superuser can give a type. Types of pg_catalog alone are cast.
--
-- The trigger's calls are compiled for the columns of its table. Whose types changed since is read anew by its name.
create function pawl.column_text(log anyelement, name text) returns text
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  found_text text;
begin
  -- of a column that is not there, `(row).name` would call a function of that name
  if not exists (select from pg_type t join pg_attribute a on a.attrelid = t.typrelid
                 where t.oid = pg_typeof(log) and a.attname = column_text.name and a.attnum > 0 and not a.attisdropped) then
    return null;
  end if;
  execute format('select case when num_nulls(($1).%1$I) = 0 then format(''%%s'', ($1).%1$I) end', name)
    into found_text using log;
  return found_text;
end $$;
comment on function pawl.column_text is 'A column of a row, as text; null: none, or there is no such column.';

create function pawl.calendar_time(at timestamptz) returns timestamptz
language plpgsql stable set search_path = pg_catalog, pawl, pg_temp as $$
begin
  return case when at between timestamptz '0001-01-02 00:00Z' and timestamptz '9999-12-30 00:00Z' then at else now() end;
end $$;
comment on function pawl.calendar_time is 'The time; the transaction''s for none, and for one outside of the calendar.';

create function pawl.finished_at(log anyelement) returns timestamptz
language plpgsql set search_path = pg_catalog, pawl, pg_temp set datestyle = 'ISO, MDY' as $$
begin
  return pawl.calendar_time(pawl.column_text(log, 'finished_at')::timestamptz);
exception when others then
  return now();
end $$;
comment on function pawl.finished_at is 'When the sync of a log ended, whatever its columns are.';

create function pawl.rfc3339(at timestamptz) returns text
language plpgsql stable set search_path = pg_catalog, pawl, pg_temp as $$
begin
  return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
end $$;
comment on function pawl.rfc3339 is 'The second, as events have it.';

create function pawl.connection_facts(connection text) returns jsonb
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  facts jsonb;
begin
  select jsonb_build_object('org_id', case when num_nulls(c.org_id) = 0 then format('%s', c.org_id) end,
                            'provider', case when num_nulls(c.provider) = 0
                                             then pawl.in_utf8(left(format('%s', c.provider), 1000)) end,
                            'label', pawl.in_utf8(left(format('%s', c.label), 1000)))
  into facts from pawl.connections c where c.connection_id = connection_facts.connection::uuid;
  if facts is null then
    return jsonb_build_object('unreadable', 'pawl.connections shows no connection ' || coalesce(connection, 'null'));
  end if;
  if octet_length(facts->>'org_id') > 1024 then
    return jsonb_build_object('unreadable', 'pawl.connections shows an org_id of more than 1024 bytes');
  end if;
  return facts;
exception when others then
  if sqlstate like '40%' then raise; end if;
  return jsonb_build_object('unreadable', left(sqlerrm, 500) ||
                            case when sqlstate = '42501' then '; grant it to ' || current_user else '' end);
end $$;
comment on function pawl.connection_facts is
  'org_id, provider and label of a connection, or in `unreadable` why they cannot be read.';

-- The relations that triggers are on: pms_sync_logs, and if it is partitioned, its partitions.
create function pawl.sync_logs() returns table (relation oid, is_partitioned boolean)
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  with recursive tree as (
    select c.oid, c.relkind = 'p' as is_partitioned
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relname = 'pms_sync_logs' and n.nspname = (select schema from pawl.application)
    union all
    select i.inhrelid, true from tree join pg_inherits i on i.inhparent = tree.oid join pg_class c on c.oid = i.inhrelid
    where c.relispartition)
  select oid, is_partitioned from tree
$$;
comment on function pawl.sync_logs is 'pms_sync_logs and its partitions, none where there is no such table.';

create table pawl.sync_log_triggers (
  name name primary key,
  function text not null,
  fires_on int not null,
  declaration text not null,
  only_partitioned boolean not null,
  columns text[] not null
);
comment on table pawl.sync_log_triggers is 'The triggers that migrate puts on pms_sync_logs, as workflows add them.';
comment on column pawl.sync_log_triggers.function is 'What it executes, with its parentheses.';
comment on column pawl.sync_log_triggers.fires_on is 'The bit of pg_trigger.tgtype for what it fires on.';
comment on column pawl.sync_log_triggers.declaration is 'Of `create trigger`, what is between name and function; %s: the table.';
comment on column pawl.sync_log_triggers.only_partitioned is 'Whether it is of use on a partitioned table alone.';
comment on column pawl.sync_log_triggers.columns is 'What it reads, and no table that has it may lack.';

-- For which rows a trigger fires, to be compared: without casts, which follow the column's type, and without brackets and
-- spaces.
create function pawl.trigger_condition(definition text) returns text
language sql immutable set search_path = pg_catalog, pawl, pg_temp as $$
  select regexp_replace(substring(lower(definition) from ' for each row (?:when (.*) )?execute '),
                        '::(character varying|"[^"]*"|[a-z0-9_.])+|[() ]', '', 'g')
$$;
comment on function pawl.trigger_condition is 'The condition of a trigger as pg_get_triggerdef gives it, or as it was declared; null: none.';

-- Whether migrate's own triggers have the condition that it gave them. Of one of the deployment's own it is known that it
-- has to look at the row: else it fires for none or for all, whatever happens to a sync.
create function pawl.may_fire(trigger oid) returns boolean
language sql stable set search_path = pg_catalog, pawl, pg_temp set quote_all_identifiers = off as $$
  select case when w.name is not null
              then c.condition is not distinct from pawl.trigger_condition(w.declaration || ' execute ') and t.tgattr = ''
              else coalesce(c.condition ~ '(new|old)[.]', true) end
  from pg_trigger t left join pawl.sync_log_triggers w on w.name = t.tgname
  cross join lateral (select pawl.trigger_condition(pg_get_triggerdef(t.oid)) as condition) c
  where t.oid = may_fire.trigger
$$;
comment on function pawl.may_fire is 'Whether the condition of a trigger lets syncs make events, as far as can be seen.';

-- A trigger of the deployment's own that executes such a function, on whatever table, does. One of migrate's that is found
-- elsewhere came along with a table that was renamed, and counts only where no pms_sync_logs has taken its place.
create function pawl.unwatched_sync_logs() returns table (relation oid, name name, function text, state text)
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  with wanted as (select w.*, to_regprocedure(w.function) as executes from pawl.sync_log_triggers w),
  logs as (select * from pawl.sync_logs()),
  calling as (
    select t.tgrelid, t.tgname, t.tgtype, t.tgenabled, t.tgfoid, t.tgnargs, pawl.may_fire(t.oid) as may_fire from pg_trigger t
    where t.tgfoid in (select w.executes from wanted w) and t.tgtype & 1 = 1),  -- for each row
  elsewhere as (
    select c.tgfoid from calling c
    where c.tgenabled in ('O', 'A') and c.may_fire and c.tgrelid not in (select l.relation from logs l)
      and (not exists (select from logs) or c.tgname not in (select w.name from wanted w))),
  lost as (select w.* from wanted w where w.executes not in (select e.tgfoid from elsewhere e))
  select l.relation, w.name, w.function,
         coalesce((select case when c.tgnargs > 0 then 'waits for pawl.bind_application()'
                               when c.tgenabled = 'R' then 'fires for replication alone'
                               when c.tgenabled = 'D' then 'is disabled'
                               else 'has a condition that keeps it from firing' end from calling c
                   where c.tgrelid = l.relation and c.tgfoid = w.executes and c.tgtype & w.fires_on <> 0 limit 1),
                  'is missing')
  from logs l join lost w on l.is_partitioned or not w.only_partitioned
  where not exists (select from calling c where c.tgrelid = l.relation and c.tgfoid = w.executes
                    and c.tgtype & w.fires_on <> 0 and c.tgenabled in ('O', 'A') and c.may_fire)
  union all
  select distinct null::oid, null::name, w.function, 'is missing' from lost w where not exists (select from logs)
$$;
comment on function pawl.unwatched_sync_logs is 'Which triggers on sync logs do not fire, and why.';

-- By dropping and making anew, since a partition may have one of its own under the name that its parent's copy needs.
-- Returns what the old one was enabled for; null: there was none.
create function pawl.make_trigger(name name, declaration text, function text) returns "char"
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  old record;
  enabled "char";
begin
  for old in select t.tgrelid::regclass as relation, t.tgenabled from pg_trigger t
             where t.tgname = make_trigger.name and t.tgparentid = 0
               and t.tgrelid in (select s.relation from pawl.sync_logs() s) loop
    execute format('drop trigger %I on %s', name, old.relation);
    enabled := old.tgenabled;
  end loop;
  execute format('create trigger %I %s execute function %s', name,
                 format(declaration, (select format('%I.pms_sync_logs', schema) from pawl.application)), function);
  return enabled;
end $$;
comment on function pawl.make_trigger is 'Makes a trigger on pms_sync_logs anew, and returns what the old one was enabled for.';

create function pawl.mend_triggers() returns setof text
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  dead constant text[] := array(select u.name from pawl.unwatched_sync_logs() u);
  wanted record;
begin
  for wanted in select * from pawl.sync_log_triggers w where w.name = any(dead) order by w.name loop
    perform pawl.make_trigger(wanted.name, wanted.declaration, wanted.function);
    return next wanted.name;
  end loop;
end $$;
comment on function pawl.mend_triggers is
  'Makes the triggers on pms_sync_logs that do not fire anew, and returns their names.';

-- The type of a column that a trigger's condition reads cannot be altered. So between release and bind the triggers have
-- none, and their functions, which get the status as an argument, look themselves: a call for each row, and no event lost.
-- Whoever migrated may not own the table; then its owner drops the triggers, which `bind` makes anew.
create function pawl.release_triggers() returns void
language plpgsql set search_path = pg_catalog, pawl, pg_temp set quote_all_identifiers = off as $$
declare
  wanted record;
begin
  for wanted in
    select w.*, format('%s(%L)', replace(w.function, '()', ''), substring(w.declaration from $re$status = '([^']*)'$re$)) as call
    from pawl.sync_log_triggers w
    where exists (select from pg_trigger t where t.tgname = w.name and t.tgparentid = 0 and t.tgnargs = 0
                  and t.tgrelid in (select s.relation from pawl.sync_logs() s))
  loop
    begin
      perform pawl.enable_as(wanted.name, pawl.make_trigger(wanted.name, split_part(wanted.declaration, ' when ', 1),
                                                            wanted.call));
    exception when insufficient_privilege then
      raise notice '%: before its column status is altered, drop trigger % on %', sqlerrm, quote_ident(wanted.name),
        (select format('%I.pms_sync_logs', schema) from pawl.application);
    end;
  end loop;
end $$;
comment on function pawl.release_triggers is 'Takes the conditions from the triggers on pms_sync_logs, for its column status to be altered.';

create function pawl.bind_triggers() returns void
language plpgsql set search_path = pg_catalog, pawl, pg_temp set quote_all_identifiers = off as $$
declare
  wanted record;
begin
  for wanted in
    select w.* from pawl.sync_log_triggers w
    where exists (select from pg_trigger t where t.tgname = w.name and t.tgparentid = 0 and t.tgnargs > 0
                  and t.tgrelid in (select s.relation from pawl.sync_logs() s))
  loop
    perform pawl.enable_as(wanted.name, pawl.make_trigger(wanted.name, wanted.declaration, wanted.function));
  end loop;
  perform pawl.mend_triggers();
end $$;
comment on function pawl.bind_triggers is 'Gives the triggers on pms_sync_logs their conditions back.';

create function pawl.enable_as(name name, enabled "char") returns void
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
begin
  if enabled <> 'O' then
    execute format('alter table %I.pms_sync_logs %s trigger %I', (select schema from pawl.application),
                   case enabled when 'A' then 'enable always' when 'R' then 'enable replica' else 'disable' end, name);
  end if;
end $$;
comment on function pawl.enable_as is 'Enables a trigger on pms_sync_logs for what one before it was enabled for.';

create function pawl.lacks_status(wanted text, op text, old_status text, new_status text) returns boolean
language sql immutable set search_path = pg_catalog, pawl, pg_temp as $$
  select case op when 'DELETE' then old_status is distinct from wanted
                 when 'UPDATE' then new_status is distinct from wanted or old_status is not distinct from wanted
                 else new_status is distinct from wanted end
$$;
comment on function pawl.lacks_status is 'Whether what happened to a sync log is none of a trigger''s whose condition is released.';

create function pawl.sync_log_problems(reader name, out kind text, out problem text) returns setof record
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
begin
  return query
  select 'trigger', case when u.relation is null
                         then format('no table has a trigger that calls %s', replace(u.function, '()', ''))
                         else format('trigger %s on %s %s', u.name, u.relation::regclass, u.state) end
                    || ': syncs make no events; run `pawl migrate`'
  from pawl.unwatched_sync_logs() u
  where u.state <> 'waits for pawl.bind_application()' or not exists (select from pawl.released_views);  -- told already

  -- Sessions of such a role or database fire no trigger, but for one that is enabled always.
  return query
  select 'trigger', format('session_replication_role is replica for %s, whose syncs make no events: '
                           'alter role %s reset session_replication_role, or %s', s.whom, s.whom,
                           string_agg(format('alter table %s enable always trigger %I', t.tgrelid::regclass, t.tgname), '; '
                                      order by t.tgname))
  from (select d.setrole as role, concat(coalesce(quote_ident(r.rolname), 'all'),
                                         case when d.setdatabase <> 0 then format(' in database %I', current_database()) end)
               as whom
        from pg_db_role_setting d left join pg_roles r on r.oid = d.setrole
        where 'session_replication_role=replica' = any(d.setconfig)
          and d.setdatabase in (0, (select b.oid from pg_database b where b.datname = current_database()))) s
  join pg_trigger t on t.tgfoid in (select to_regprocedure(w.function) from pawl.sync_log_triggers w)
    and t.tgenabled = 'O' and t.tgparentid = 0
    and (s.role = 0 or has_table_privilege(s.role, t.tgrelid, 'insert, update'))
  group by s.whom;

  return query
  select distinct 'columns', format('%s lacks the column %s, which its trigger reads: add it back', t.tgrelid::regclass, c.name)
  from pg_trigger t
  join pawl.sync_log_triggers w on t.tgfoid = to_regprocedure(w.function)
  cross join unnest(w.columns) c (name)
  where not exists (select from pg_attribute a where a.attrelid = t.tgrelid and a.attname = c.name and not a.attisdropped);
end $$;
comment on function pawl.sync_log_problems is 'What keeps syncs from becoming events, and what to do.';
insert into pawl.checks values ('depositlink/sync_logs', 'pawl.sync_log_problems', 'pawl.mend_triggers');

select pawl.close_functions();
