-- The seam to the application's tables, guarded from both sides: the trigger refuses no business write over what it
-- cannot read, and what keeps it from firing, or hides people from pawl, is found by a query.
--
-- `pawl migrate` mends what it can of what pawl.problems() finds, and refuses the rest. A worker asks when it starts and
-- while it runs.

create function pawl.capped(text text, characters int) returns text
language sql immutable set search_path = pg_catalog, pawl, pg_temp as $$
  select case when char_length(left(text, characters + 1)) <= characters then text
              else left(text, characters) || ' [cut by pawl: it has ' || octet_length(text) || ' bytes]' end
$$;
comment on function pawl.capped is 'At most so many characters of a text, and a mark where it was cut.';

-- Databases of some encodings store bytes that are no character, or none of UTF-8's, and would give them to no worker.
create function pawl.readable(text text) returns text
language plpgsql immutable set search_path = pg_catalog, pawl, pg_temp as $$
begin
  if getdatabaseencoding() <> 'UTF8' then perform convert_to(text, 'UTF8'); end if;
  return text;
exception when others then
  return regexp_replace(text, '[^\x01-\x7F]', '?', 'g');
end $$;
comment on function pawl.readable is 'The text, or with question marks for all but ASCII where UTF-8 cannot have it.';

-- The trigger's calls are compiled for the columns of its table. Whose types changed since is read anew by its name.
create function pawl.column_text(log anyelement, name text) returns text
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  found_text text;
begin
  execute format('select ($1).%I::text', name) into found_text using log;
  return found_text;
end $$;
comment on function pawl.column_text is 'A column of a row, as text.';

-- Each read of the application's stands by itself. A column, a view or a privilege that is gone costs what it held: the
-- event tells it in `unreadable`, and its run fails with that reason. Without its text or its time a failure is told all
-- the same; a time outside of the calendar is taken for now. Only an outbox that takes no event refuses the business
-- write, since the event would be lost in silence. Conflicts of the transaction are passed on, for it to be repeated.
--
-- An update that moves a row to another partition is a deletion and an insertion, one right behind the other: the
-- deletion leaves a note of the row, and the insertion that finds it has nothing new to tell.
create function pawl.emit_sync_failed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  was_moving constant text := current_setting('pawl.moving_sync_log', true);
  connection text;
  log text;
  facts jsonb;
  message text;
  finished timestamptz;
  unreadable text;
begin
  begin
    if tg_op = 'DELETE' then
      perform set_config('pawl.moving_sync_log', old.id::text || ' ' || statement_timestamp()::text, true);
      return null;
    end if;
    if tg_op = 'INSERT' and was_moving <> '' then
      perform set_config('pawl.moving_sync_log', '', true);
      if was_moving = new.id::text || ' ' || statement_timestamp()::text then return null; end if;
    end if;
  exception when others then  -- without an id, no row can be told from another
    if tg_op = 'DELETE' then return null; end if;
  end;
  begin
    connection := left(new.connection_id::text, 200);
    log := left(new.id::text, 200);
    select jsonb_build_object('org_id', c.org_id, 'provider', pawl.readable(left(c.provider, 1000)),
                              'label', coalesce(pawl.readable(left(c.label, 1000)), ''))
    into facts from pawl.connections c where c.connection_id = new.connection_id;
    if not found then unreadable := 'pawl.connections shows no connection ' || coalesce(connection, 'null'); end if;
  exception when others then
    if sqlstate like '40%' then raise; end if;
    unreadable := left(sqlerrm, 500) || case when sqlstate = '42501' then '; grant it to ' || current_user else '' end;
  end;
  begin
    message := new.error_message::text;
  exception when others then
    begin
      message := pawl.column_text(new, 'error_message');
    exception when others then message := null;
    end;
  end;
  begin
    finished := new.finished_at::timestamptz;
  exception when others then
    begin
      finished := pawl.column_text(new, 'finished_at')::timestamptz;
    exception when others then finished := null;
    end;
  end;
  if octet_length(message) > 65536 then message := pawl.capped(message, 65536); end if;
  message := pawl.readable(message);
  if finished is null or finished not between timestamptz '0001-01-02 00:00Z' and timestamptz '9999-12-30 00:00Z' then
    finished := now();
  end if;
  perform pawl.write_event('pms/connection.sync.failed', 'pms_connection', coalesce(connection, ''),
    jsonb_build_object('connection_id', connection, 'sync_log_id', log, 'org_id', null, 'provider', null, 'label', '',
                       'error_message', coalesce(message, ''),
                       'occurred_at', to_char(finished at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
    || coalesce(facts, '{}') || jsonb_strip_nulls(jsonb_build_object('unreadable', unreadable)));
  return null;
end $$;

comment on function pawl.emit_sync_failed is 'Emits pms/connection.sync.failed for a sync log that got status error.';

-- The relations whose inserts are failures of syncs: pms_sync_logs, and if it is partitioned, its partitions.
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

-- Each trigger that migrate makes, and the bit of pg_trigger.tgtype for what it fires on.
create function pawl.sync_log_triggers()
returns table (name text, fires_on int, only_partitioned boolean, declaration text)
language sql immutable set search_path = pg_catalog, pawl, pg_temp as $$
  values
    ('pawl_sync_failed_on_insert', 4, false, 'create trigger pawl_sync_failed_on_insert after insert on %s'
     ' for each row when (new.status = ''error'') execute function pawl.emit_sync_failed()'),
    ('pawl_sync_failed_on_update', 16, false, 'create trigger pawl_sync_failed_on_update after update on %s'
     ' for each row when (new.status = ''error'' and old.status is distinct from ''error'')'
     ' execute function pawl.emit_sync_failed()'),
    ('pawl_sync_failed_on_move', 8, true, 'create trigger pawl_sync_failed_on_move after delete on %s'
     ' for each row when (old.status = ''error'') execute function pawl.emit_sync_failed()')
$$;
comment on function pawl.sync_log_triggers is 'The triggers that migrate puts on pms_sync_logs.';

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
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select case when w.name is not null
              then c.condition is not distinct from pawl.trigger_condition(w.declaration) and t.tgattr = ''
              else coalesce(c.condition ~ '(new|old)[.]', true) end
  from pg_trigger t left join pawl.sync_log_triggers() w on w.name = t.tgname
  cross join lateral (select pawl.trigger_condition(pg_get_triggerdef(t.oid)) as condition) c
  where t.oid = may_fire.trigger
$$;
comment on function pawl.may_fire is 'Whether the condition of a trigger lets failed syncs make events, as far as can be seen.';

-- A trigger of the deployment's own, on whatever table, does. One of migrate's that is found elsewhere came along with a
-- table that was renamed, and counts only where no pms_sync_logs has taken its place.
create function pawl.unwatched_sync_logs() returns table (relation oid, name text, state text)
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  with calling as (
    select t.tgrelid, t.tgname, t.tgtype, t.tgenabled, pawl.may_fire(t.oid) as may_fire from pg_trigger t
    where t.tgfoid = to_regprocedure('pawl.emit_sync_failed()') and t.tgtype & 1 = 1),  -- for each row
  elsewhere as (
    select from calling
    where tgenabled in ('O', 'A') and may_fire and tgrelid not in (select s.relation from pawl.sync_logs() s)
      and (not exists (select from pawl.sync_logs()) or tgname not in (select w.name from pawl.sync_log_triggers() w)))
  select s.relation, w.name,
         coalesce((select case when c.tgenabled = 'R' then 'fires for replication alone'
                               when c.tgenabled = 'D' then 'is disabled'
                               else 'has a condition that keeps it from firing' end from calling c
                   where c.tgrelid = s.relation and c.tgtype & w.fires_on <> 0 limit 1), 'is missing')
  from pawl.sync_logs() s join pawl.sync_log_triggers() w on s.is_partitioned or not w.only_partitioned
  where not exists (select from elsewhere)
    and not exists (select from calling c where c.tgrelid = s.relation and c.tgtype & w.fires_on <> 0
                    and c.tgenabled in ('O', 'A') and c.may_fire)
  union all
  select null, null, 'is missing' where not exists (select from elsewhere) and not exists (select from pawl.sync_logs())
$$;
comment on function pawl.unwatched_sync_logs is 'Which triggers on sync logs do not fire, and why.';

-- By dropping and making anew, since a partition may have one of its own under the name that its parent's copy needs.
create function pawl.mend_triggers() returns setof text
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  root constant text := (select format('%I.pms_sync_logs', schema) from pawl.application);
  dead constant text[] := array(select u.name from pawl.unwatched_sync_logs() u);
  wanted record;
  old regclass;
begin
  for wanted in select * from pawl.sync_log_triggers() w where w.name = any(dead) loop
    for old in select t.tgrelid from pg_trigger t
               where t.tgname = wanted.name and t.tgparentid = 0
                 and t.tgrelid in (select s.relation from pawl.sync_logs() s) loop
      execute format('drop trigger %I on %s', wanted.name, old);
    end loop;
    execute format(wanted.declaration, root);
    return next wanted.name;
  end loop;
end $$;
comment on function pawl.mend_triggers is
  'Makes the triggers on pms_sync_logs that do not fire anew, and returns their names.';

-- Whoever may emit failures of syncs could else write an urgent mail to the people of any organisation.
create function pawl.require_own_connection(payload jsonb) returns void
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
begin
  if not exists (select from pawl.connections c where c.connection_id::text = lower(payload->>'connection_id')
                 and c.org_id::text = lower(payload->>'org_id')) then
    raise exception 'emit event of type pms/connection.sync.failed: connection % is none of organisation %',
        payload->>'connection_id', payload->>'org_id'
      using errcode = 'insufficient_privilege', hint = 'Give the connection''s own org_id.';
  end if;
end $$;
comment on function pawl.require_own_connection is 'Refuses a failure of a connection that is not the organisation''s.';
insert into pawl.producer_checks values ('pms/connection.sync.failed', 'pawl.require_own_connection');

create function pawl.sync_failure_problems(reader name, out kind text, out problem text) returns setof record
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
begin
  return query
  select 'trigger', case when u.relation is null then 'no table has a trigger that calls pawl.emit_sync_failed'
                         else format('trigger %s on %s %s', u.name, u.relation::regclass, u.state) end
                    || ': failed syncs make no events; run `pawl migrate`'
  from pawl.unwatched_sync_logs() u;

  -- Sessions of such a role or database fire no trigger, but for one that is enabled always.
  return query
  select 'trigger', format('session_replication_role is replica for %s, whose failed syncs make no events: '
                           'alter role %s reset session_replication_role, or %s', s.whom, s.whom,
                           string_agg(format('alter table %s enable always trigger %I', t.tgrelid::regclass, t.tgname), '; '
                                      order by t.tgname))
  from (select d.setrole as role, concat(coalesce(quote_ident(r.rolname), 'all'),
                                         case when d.setdatabase <> 0 then format(' in database %I', current_database()) end)
               as whom
        from pg_db_role_setting d left join pg_roles r on r.oid = d.setrole
        where 'session_replication_role=replica' = any(d.setconfig)
          and d.setdatabase in (0, (select b.oid from pg_database b where b.datname = current_database()))) s
  join pg_trigger t on t.tgfoid = to_regprocedure('pawl.emit_sync_failed()') and t.tgenabled = 'O' and t.tgparentid = 0
    and (s.role = 0 or has_table_privilege(s.role, t.tgrelid, 'insert, update'))
  group by s.whom;

  return query
  select 'columns', format('%s lacks the column %s, which its trigger reads: add it back', t.tgrelid::regclass, c.name)
  from (select distinct tgrelid from pg_trigger where tgfoid = to_regprocedure('pawl.emit_sync_failed()')) t
  cross join unnest(array['id', 'connection_id', 'error_message', 'finished_at']) c (name)
  where not exists (select from pg_attribute a where a.attrelid = t.tgrelid and a.attname = c.name and not a.attisdropped);
end $$;
comment on function pawl.sync_failure_problems is 'What keeps failed syncs from becoming events, and what to do.';
insert into pawl.checks values ('notify_sync_failure', 'pawl.sync_failure_problems', 'pawl.mend_triggers');

select pawl.mend_triggers();
select pawl.close_functions();
