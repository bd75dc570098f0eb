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
create or replace function pawl.emit_sync_failed() returns trigger
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
    select jsonb_build_object('org_id', c.org_id, 'provider', left(c.provider, 1000),
                              'label', coalesce(left(c.label, 1000), ''))
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

-- A trigger of the deployment's own, on whatever table, does. One of migrate's that is found elsewhere came along with a
-- table that was renamed, and counts only where no pms_sync_logs has taken its place.
create function pawl.unwatched_sync_logs() returns table (relation oid, name text, state text)
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  with calling as (
    select t.tgrelid, t.tgname, t.tgtype, t.tgenabled from pg_trigger t
    where t.tgfoid = to_regprocedure('pawl.emit_sync_failed()')),
  elsewhere as (
    select from calling
    where tgenabled in ('O', 'A') and tgrelid not in (select s.relation from pawl.sync_logs() s)
      and (not exists (select from pawl.sync_logs()) or tgname not in (select w.name from pawl.sync_log_triggers() w)))
  select s.relation, w.name,
         coalesce((select case c.tgenabled when 'R' then 'fires for replication alone' else 'is disabled' end from calling c
                   where c.tgrelid = s.relation and c.tgtype & w.fires_on <> 0 limit 1), 'is missing')
  from pawl.sync_logs() s join pawl.sync_log_triggers() w on s.is_partitioned or not w.only_partitioned
  where not exists (select from elsewhere)
    and not exists (select from calling c where c.tgrelid = s.relation and c.tgtype & w.fires_on <> 0
                    and c.tgenabled in ('O', 'A'))
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

-- The application may alter its own columns though pawl's views read them: in one transaction release, alter, bind.
-- Everybody else waits for that transaction and sees none of it.
create table pawl.released_views (
  view text primary key,
  definition text not null,
  options text[]
);
comment on table pawl.released_views is 'Views that read no table of the application''s until pawl.bind_application().';

-- The stand-in has the view's columns and no rows, so that what reads the view and who may do so stays as it is.
create function pawl.release_application() returns void
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  name text;
begin
  foreach name in array array['pawl.recipients', 'pawl.connections'] loop
    continue when exists (select from pawl.released_views r where r.view = name);
    insert into pawl.released_views
    select name, rtrim(pg_get_viewdef(c.oid), ';'), c.reloptions from pg_class c where c.oid = name::regclass;
    execute format('create or replace view %s as select %s where false', name,
      (select string_agg(format('null::%s as %I', format_type(a.atttypid, a.atttypmod), a.attname), ', ' order by a.attnum)
       from pg_attribute a where a.attrelid = name::regclass and a.attnum > 0 and not a.attisdropped));
  end loop;
end $$;
comment on function pawl.release_application is
  'Lets go of the application''s tables, for their columns to be altered; pawl.bind_application() ends it.';

-- A column whose type has changed is cast to what it was, since whoever reads the view relies on that.
create function pawl.bind_application() returns void
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  released record;
begin
  for released in select * from pawl.released_views loop
    begin
      execute format('create or replace view %s as %s', released.view, released.definition);
    exception when invalid_table_definition then
      execute format('create or replace view %s as select %s from (%s) application', released.view,
        (select string_agg(format('%I::%s as %I', a.attname, format_type(a.atttypid, a.atttypmod), a.attname), ', '
                           order by a.attnum)
         from pg_attribute a where a.attrelid = released.view::regclass and a.attnum > 0 and not a.attisdropped),
        released.definition);
    end;
    if released.options is not null then
      execute format('alter view %s set (%s)', released.view, array_to_string(released.options, ', '));
    end if;
    delete from pawl.released_views r where r.view = released.view;
  end loop;
end $$;
comment on function pawl.bind_application is 'Reads the application''s tables again after pawl.release_application().';

-- Whether policies let a role read all rows of a table: none apply to it, or one that is always true.
create function pawl.sees_all_rows(reader oid, relation oid) returns boolean
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select not c.relrowsecurity
    or exists (select from pg_roles r where r.oid = reader and (r.rolsuper or r.rolbypassrls))
    or (not c.relforcerowsecurity and pg_has_role(reader, c.relowner, 'usage'))
    or coalesce((select bool_or(p.polpermissive and pg_get_expr(p.polqual, p.polrelid) = 'true')
                        and bool_and(p.polpermissive or pg_get_expr(p.polqual, p.polrelid) = 'true')
                 from pg_policy p
                 where p.polrelid = c.oid and p.polcmd in ('r', '*')
                   and exists (select from unnest(p.polroles) r where r = 0 or pg_has_role(reader, r, 'usage'))), false)
  from pg_class c where c.oid = relation
$$;
comment on function pawl.sees_all_rows is 'Whether row-level security hides nothing of a table from a role.';

create function pawl.hidden_rows(reader name) returns setof text
language sql security definer set search_path = pg_catalog, pawl, pg_temp as $$
  with recursive readable (relation, relkind, role, view) as (
    select c.oid, c.relkind, r.oid, v.view
    from (values ('pawl.recipients', reader), ('pawl.connections', current_user)) v (view, role)
    join pg_class c on c.oid = to_regclass(v.view) join pg_roles r on r.rolname = v.role
    union
    select t.oid, t.relkind,
           case when exists (select from unnest(v.reloptions) o
                             where o ilike 'security_invoker=%' and split_part(o, '=', 2)::boolean)
                then s.role else v.relowner end, s.view
    from readable s join pg_class v on v.oid = s.relation and v.relkind = 'v'
    join pg_rewrite w on w.ev_class = v.oid
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
    join pg_class t on t.oid = d.refobjid and t.oid <> v.oid)
  select distinct format('row-level security on %s hides rows of %s from %s: as the owner of the table, '
                         'create policy pawl_reads on %s for select to %I using (true)',
                         r.relation::regclass, r.view, pg_get_userbyid(r.role), r.relation::regclass,
                         pg_get_userbyid(r.role))
  from readable r where r.relkind in ('r', 'p') and not pawl.sees_all_rows(r.role, r.relation)
  union all
  select format('%s reads no table since pawl.release_application(): select pawl.bind_application()', v.view)
  from pawl.released_views v;
$$;
comment on function pawl.hidden_rows is 'What hides rows of pawl''s views from those who read them, and what to do.';

-- What stands between the application's tables and its people's notifications. Views are read with their owners' rights,
-- unless they say security_invoker; the trigger reads with those of this function's owner, who makes its reads here.
create function pawl.problems(reader name default session_user, out kind text, out problem text) returns setof record
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  read record;
begin
  return query
  select 'trigger', case when u.relation is null then 'no table has a trigger that calls pawl.emit_sync_failed'
                         else format('trigger %s on %s %s', u.name, u.relation::regclass, u.state) end
                    || ': failed syncs make no events; run `pawl migrate`'
  from pawl.unwatched_sync_logs() u;

  return query
  select 'columns', format('%s lacks the column %s, which its trigger reads: add it back', t.tgrelid::regclass, c.name)
  from (select distinct tgrelid from pg_trigger where tgfoid = to_regprocedure('pawl.emit_sync_failed()')) t
  cross join unnest(array['id', 'connection_id', 'error_message', 'finished_at']) c (name)
  where not exists (select from pg_attribute a where a.attrelid = t.tgrelid and a.attname = c.name and not a.attisdropped);

  for read in select * from (values
      ('pawl.connections', 'select connection_id, org_id, provider, label from pawl.connections limit 0'),
      ('pawl.recipients', 'select org_id, org_name, user_id, email, full_name, role from pawl.recipients limit 0'))
      r (view, statement)
  loop
    begin
      execute read.statement;
    exception when others then
      kind := 'access';
      problem := format('%s cannot be read: %s', read.view, sqlerrm) || case when sqlstate = '42501' then
        format('; grant select on what it reads to its owner %s, and on itself to %s',
               (select pg_get_userbyid(relowner) from pg_class where oid = to_regclass(read.view)), current_user) else '' end;
      return next;
    end;
  end loop;

  return query select 'rows', h.problem from pawl.hidden_rows(reader) h (problem);
end $$;
comment on function pawl.problems is
  'What keeps the application''s failures from becoming events, or its people from being told, and what to do.';

-- Whoever is hidden from pawl is not to be taken for somebody who left. Statements that read people ask here, while they
-- hold the tables they read: row-level security cannot come or go between what was read and this answer.
create function pawl.require_visible_rows() returns boolean
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  hidden text;
begin
  if exists (select from pg_class where relrowsecurity) or exists (select from pawl.released_views) then  -- the rest is slow
    hidden := (select string_agg(h.problem, '; ') from pawl.hidden_rows(session_user) h (problem));
  end if;
  if hidden is not null then raise exception '%', hidden using errcode = 'PW001'; end if;
  return true;
end $$;
comment on function pawl.require_visible_rows is
  'True, or an error PW001 that says what hides rows of pawl''s views from the role that asks.';

revoke execute on function pawl.capped, pawl.column_text, pawl.emit_sync_failed, pawl.sync_logs, pawl.sync_log_triggers,
  pawl.unwatched_sync_logs, pawl.mend_triggers, pawl.release_application, pawl.bind_application, pawl.sees_all_rows,
  pawl.hidden_rows, pawl.problems, pawl.require_visible_rows from public;
