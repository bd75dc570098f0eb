-- The seam to the application's tables: two views that read them, and one table of the application's that pawl writes to.
--
-- A deployment whose tables look different redefines the views (`create or replace view`, same columns); no C++ changes.
-- Views bind to the tables that the search path finds now, and are read with their owners' rights, unless they say
-- security_invoker.

create view pawl.recipients as
  select m.org_id, o.name as org_name, u.id as user_id, u.email, u.full_name, m.role
  from org_members m
  join organisations o on o.id = m.org_id
  join users u on u.id = m.user_id;

comment on view pawl.recipients is
  'Members of organisations, all roles; pawl asks for owners and admins only. Redefine it for other tables.';
comment on column pawl.recipients.org_id is 'The organisation.';
comment on column pawl.recipients.org_name is 'Its name as people read it.';
comment on column pawl.recipients.user_id is 'The member.';
comment on column pawl.recipients.email is 'Where mail goes; may be null.';
comment on column pawl.recipients.full_name is 'May be null.';
comment on column pawl.recipients.role is 'owner, admin or member; only owner and admin are ever notified.';

create view pawl.connections as
  select c.id as connection_id, c.org_id, c.provider, c.label from pms_connections c;

comment on view pawl.connections is 'Connections to a PMS, as the trigger on sync logs needs them.';
comment on column pawl.connections.connection_id is 'The connection.';
comment on column pawl.connections.org_id is 'The organisation it belongs to.';
comment on column pawl.connections.provider is 'The PMS, for example Reapit.';
comment on column pawl.connections.label is 'The organisation''s own name for it; may be null.';

create table pawl.application (schema name not null);
create unique index application_once on pawl.application ((true));
comment on table pawl.application is 'Where the application''s tables are: found on the path of whoever migrated.';
comment on column pawl.application.schema is 'The schema of notifications; pawl addresses that table by it.';
insert into pawl.application
select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.oid = to_regclass('notifications');

-- plpgsql looks at columns only when it runs; a table that lacks one is refused here and not in production.
do $$ begin
  perform event_id, user_id, org_id, kind, urgency, title, body, link, data from notifications limit 0;
end $$;

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
    from (values ('pawl.recipients', reader), ('pawl.connections', current_user),
                 ((select format('%I.notifications', a.schema) from pawl.application a), reader)) v (view, role)
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
comment on function pawl.hidden_rows is 'What hides rows of what pawl reads of the application from those who read it, and what to do.';

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
  'True, or an error PW001 that says what hides rows of people or notifications from the role that asks.';

create function pawl.application_problems(reader name, out kind text, out problem text) returns setof record
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  read record;
begin
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
comment on function pawl.application_problems is 'What keeps pawl from reading the application''s people, and what to do.';
insert into pawl.checks (line, problems) values ('depositlink', 'pawl.application_problems');

create function pawl.runs_notifying(runs uuid[], who text) returns setof uuid
language plpgsql stable set search_path = pg_catalog, pawl, pg_temp as $$
begin
  return query execute format(
    'select r.run_id from pawl.effects_of($1) r join %I.notifications n on n.event_id = r.effects_of'
    ' where n.user_id::text = lower($2)',
    (select a.schema from pawl.application a)) using runs, who;
end $$;
comment on function pawl.runs_notifying is 'Those of the runs that have a notification to a user, by his id.';
insert into pawl.user_runs values ('depositlink', 'pawl.runs_notifying');

select pawl.close_functions();
