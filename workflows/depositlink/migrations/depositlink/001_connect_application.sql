-- The seam to the application's tables: two views that read them, and one table of the application's that pawl writes to.
--
-- A deployment whose tables look different redefines the views (`create or replace view`, same columns); no C++ changes.
-- Views bind to the tables that the search path of whoever migrates finds now, and are read with their owners' rights,
-- unless they say security_invoker. By that path nothing else is found, not even an operator.

do $$ begin perform set_config('search_path', current_setting('pawl.application_path'), true); end $$;

create view pawl.recipients as
  select m.org_id, o.name as org_name, u.id as user_id, u.email, u.full_name, m.role
  from org_members m
  join organisations o on o.id operator(pg_catalog.=) m.org_id
  join users u on u.id operator(pg_catalog.=) m.user_id;

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

set local search_path = pg_catalog, pg_temp;

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
select s.name from unnest(current_setting('pawl.application_schemas')::text[]) with ordinality s (name, place)
where to_regclass(format('%I.notifications', s.name)) is not null order by s.place limit 1;

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
  perform pawl.release_triggers();
end $$;
comment on function pawl.release_application is
  'Lets go of the application''s tables, for their columns to be altered; pawl.bind_application() ends it.';

-- Whether casts from a type are Postgres' own: it, or what it is a domain over, is of pg_catalog. Of other types they may
-- be functions of the application's, and must not run with anybody else's rights.
create function pawl.is_builtin(type oid) returns boolean
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  with recursive base as (
    select t.oid, t.typnamespace, t.typbasetype from pg_type t where t.oid = is_builtin.type
    union all
    select t.oid, t.typnamespace, t.typbasetype from base b join pg_type t on t.oid = b.typbasetype)
  select coalesce(bool_or(b.typbasetype = 0 and b.typnamespace = 'pg_catalog'::regnamespace), false) from base b
$$;
comment on function pawl.is_builtin is 'Whether a type, or what it is a domain over, is one of Postgres'' own.';

-- A column whose type has changed is cast to what it was, since whoever reads the view relies on that; one of a type of
-- the application's is read as the text that the type's output gives.
create function pawl.bind_application() returns void
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  released record;
  columns text;
begin
  for released in select * from pawl.released_views loop
    begin
      execute format('create or replace view %s as %s', released.view, released.definition);
    exception when invalid_table_definition then
      execute format('create view pawl.being_bound as %s', released.definition);
      select string_agg(format(case when pawl.is_builtin(n.atttypid) then '%1$I::%2$s as %1$I'
                                    else 'case when num_nulls(%1$I) = 0 then format(''%%s'', %1$I)::%2$s end as %1$I' end,
                               a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum) into columns
      from pg_attribute a
      left join pg_attribute n on n.attrelid = 'pawl.being_bound'::regclass and n.attname = a.attname and n.attnum > 0
      where a.attrelid = released.view::regclass and a.attnum > 0 and not a.attisdropped;
      drop view pawl.being_bound;
      execute format('create or replace view %s as select %s from (%s) application', released.view, columns,
                     released.definition);
    end;
    if released.options is not null then
      execute format('alter view %s set (%s)', released.view, array_to_string(released.options, ', '));
    end if;
    delete from pawl.released_views r where r.view = released.view;
  end loop;
  perform pawl.bind_triggers();
end $$;
comment on function pawl.bind_application is 'Reads the application''s tables again after pawl.release_application().';

-- Whether policies let a role read every row of a table: none apply to it, or one that is always true; or insert one at all.
-- Which rows it may not insert is a deployment's own choice, and each is refused with an error; what it may not read, nobody
-- hears of.
create function pawl.has_all_rows(role oid, relation oid, command "char") returns boolean
language sql stable set search_path = pg_catalog, pawl, pg_temp set quote_all_identifiers = off as $$
  select not c.relrowsecurity
    or exists (select from pg_roles r where r.oid = role and (r.rolsuper or r.rolbypassrls))
    or (not c.relforcerowsecurity and pg_has_role(role, c.relowner, 'usage'))
    or coalesce((select bool_or(p.polpermissive and e.passes) and bool_and(p.polpermissive or e.passes)
                 from pg_policy p cross join lateral (
                   select case when command = 'a'
                               then pg_get_expr(coalesce(p.polwithcheck, p.polqual), p.polrelid)
                                    not in ('false', 'NULL::boolean')
                               else pg_get_expr(p.polqual, p.polrelid) = 'true' end as passes) e
                 where p.polrelid = c.oid and p.polcmd in (command, '*')
                   and exists (select from unnest(p.polroles) r where r = 0 or pg_has_role(role, r, 'usage'))), false)
  from pg_class c where c.oid = relation
$$;
comment on function pawl.has_all_rows is
  'Whether row-level security hides nothing of a table from a role (command r), or lets it insert some row (command a).';

create function pawl.refused_rows(writer name) returns setof text
language sql security definer set search_path = pg_catalog, pawl, pg_temp as $$
  select format('row-level security on %s lets %s insert no row: as the owner of the table, create policy pawl_posts on %1$s '
                'for insert to %I with check (true)', c.oid::regclass, writer, writer)
  from pawl.application a join pg_class c on c.oid = to_regclass(format('%I.notifications', a.schema))
  join pg_roles r on r.rolname = writer
  where c.relkind in ('r', 'p') and not pawl.has_all_rows(r.oid, c.oid, 'a')
$$;
comment on function pawl.refused_rows is 'What refuses each notification to a role that is to post them, and what to do.';

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
  from readable r where r.relkind in ('r', 'p') and not pawl.has_all_rows(r.role, r.relation, 'r')
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

-- Whom pawl tells. The first attempt fails where row-level security may hide some of them, and only then is it looked at
-- what it hides: that takes longer than all else here. Where nobody is found, the view may be released.
create function pawl.owners_and_admins(organisations text[], out organisation text, out org_name text, out user_id text,
                                       out email text) returns setof record
language plpgsql stable set search_path = pg_catalog, pawl, pg_temp set row_security = off as $$
#variable_conflict use_column
declare
  is_complete boolean;
begin
  for attempt in 1..2 loop
    begin
      return query
      select o.asked, r.org_name::text, r.user_id::text, coalesce(r.email::text, '')
      from unnest(organisations) o (asked) join pawl.recipients r on r.org_id = o.asked::uuid
      where r.role in ('owner', 'admin');
      is_complete := found and attempt = 1;
      exit;
    exception when insufficient_privilege then
      if attempt = 2 then raise; end if;
      perform set_config('row_security', 'on', true);
    end;
  end loop;
  if not is_complete then perform pawl.require_visible_rows(); end if;
end $$;
comment on function pawl.owners_and_admins is
  'Owners and admins of the organisations, never members; or the error PW001 of pawl.require_visible_rows().';

-- What pawl could not insert, or would insert twice. It is read from the catalogue: planning an insert may run functions of
-- the application's. Of a view nothing is known.
create function pawl.notifications_problems() returns setof text
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  with posted as (
    select c.oid, format('%I.%I', a.schema, c.relname) as name
    from pawl.application a join pg_namespace n on n.nspname = a.schema
    join pg_class c on c.relnamespace = n.oid and c.relname = 'notifications'
    where c.relkind in ('r', 'p')),
  written (name, type) as (
    select unnest(array['id', 'event_id', 'user_id', 'org_id']), 'uuid'::regtype
    union all select unnest(array['kind', 'urgency', 'title', 'body', 'link']), 'text'::regtype
    union all select 'data', 'jsonb'::regtype),
  columns as (
    select p.name as relation, a.*, w.name as written, w.type,
           coalesce(nullif(t.typbasetype, 0), t.oid) as base, t.typcategory
    from posted p join pg_attribute a on a.attrelid = p.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid left join written w on w.name = a.attname)
  select format('%s has no unique constraint on exactly (event_id, user_id, kind), neither partial nor deferrable, so that '
                'people could be told twice: as its owner, alter table %1$s add unique (event_id, user_id, kind)', p.name)
  from posted p
  where not exists (
    select from pg_index i where i.indrelid = p.oid and i.indisunique and i.indimmediate and i.indisvalid
      and i.indpred is null and i.indexprs is null and i.indnkeyatts = 3
      and (select array_agg(a.attname::text order by a.attname::text collate "C") from pg_attribute a
           where a.attrelid = p.oid and a.attnum = any(i.indkey[0:2])) = array['event_id', 'kind', 'user_id'])
  union all
  select format('%s has the rule %I, with which nobody can insert what may be there already: drop it', p.name, r.rulename)
  from posted p join pg_rewrite r on r.ev_class = p.oid and r.ev_type in ('2', '3')
  union all
  select format('%s lacks the column %s, which pawl writes: add it back', p.name, w.name)
  from posted p cross join written w where not exists (select from columns c where c.written = w.name)
  union all
  select format('%s.%I gets no value of pawl''s, since it is generated always: as the table''s owner, alter it',
                c.relation, c.attname)
  from columns c where c.written is not null and (c.attidentity = 'a' or c.attgenerated <> '')
  union all
  select format('%s.%I is %s, which takes no %s: as the table''s owner, alter it', c.relation, c.attname,
                format_type(c.atttypid, c.atttypmod), c.type)
  from columns c
  where c.written is not null and c.base <> c.type::oid and c.typcategory <> 'S'
    and not exists (select from pg_cast k where k.castsource = c.type and k.casttarget = c.base
                    and k.castcontext in ('a', 'i'))
  union all
  select format('%s.%I is not null and has no default, and pawl does not know it: as the table''s owner, alter table %1$s '
                'alter %2$I set default', c.relation, c.attname)
  from columns c
  where c.written is null and c.attnotnull and not c.atthasdef and c.attidentity = ''
    and not exists (select from pg_trigger t where t.tgrelid = c.attrelid and t.tgtype & 7 = 7)  -- before insert may set it
$$;
comment on function pawl.notifications_problems is 'What of the application''s notifications pawl cannot work with, and what to do.';

-- A view calls functions with the rights of who reads it. The trigger reads connections with those of who migrated.
create function pawl.views_with_foreign_rights(view text) returns setof text
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  with recursive readable (relation) as (
    select to_regclass(view)::oid
    union
    select d.refobjid from readable s join pg_rewrite w on w.ev_class = s.relation
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass)
  select format('%s reads the view %s of %s, whose functions would run with the rights of the superuser %s: '
                'give the view to %4$s, or migrate as another role', view, c.oid::regclass, c.relowner::regrole,
                quote_ident(current_user))
  from readable r join pg_class c on c.oid = r.relation and c.relkind = 'v' and c.relnamespace <> 'pawl'::regnamespace
  where (select rolsuper from pg_roles where rolname = current_user)
    and not (select rolsuper from pg_roles o where o.oid = c.relowner)
$$;
comment on function pawl.views_with_foreign_rights is 'Views of others that pawl would read with a superuser''s rights, and what to do.';

create function pawl.application_problems(reader name, out kind text, out problem text) returns setof record
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  read record;
begin
  if to_regclass((select format('%I.notifications', a.schema) from pawl.application a)) is null then
    kind := 'columns';
    select format('there is no %I.notifications any more: restore the application''s tables, and then the schema pawl from the '
                  'same dump; or where they have moved, update pawl.application set schema = %L, and run `pawl migrate`',
                  a.schema,
                  coalesce((select string_agg(c.relnamespace::regnamespace::text, ' or ' order by 1) from pg_class c
                            where c.relname = 'notifications' and c.relkind in ('r', 'p', 'v')), 'THEIRS'))
    into problem from pawl.application a;
    return next;
    return;
  end if;
  return query select 'access', v.problem from pawl.views_with_foreign_rights('pawl.connections') v (problem);
  if found then return; end if;
  return query select 'columns', n.problem from pawl.notifications_problems() n (problem);
  for read in select * from (values
      ('pawl.connections', 'select connection_id, org_id, provider, label from pawl.connections limit 0'),
      ('pawl.recipients', 'select org_id, org_name, user_id, email, full_name, role from pawl.recipients limit 0'))
      r (view, statement)
  loop
    continue when exists (select from pawl.views_with_foreign_rights(read.view));  -- planning may run its functions
    begin
      execute read.statement;
    exception when others then
      kind := 'access';
      problem := format('%s cannot be read: %s', read.view, sqlerrm) || case when sqlstate = '42501' then
        format('; grant select on what it reads to its owner %s, and on itself to %s',
               (select pg_get_userbyid(relowner) from pg_class where oid = to_regclass(read.view)), current_user)
        when sqlstate = '42P01' then
        '; restore the application''s tables, and then the schema pawl from the same dump' else '' end;
      return next;
    end;
  end loop;

  return query select 'rows', h.problem from pawl.hidden_rows(reader) h (problem);
  return query select 'access', f.problem from pawl.refused_rows(reader) f (problem);
end $$;
comment on function pawl.application_problems is 'What keeps pawl from reading the application''s people, and what to do.';
insert into pawl.checks (line, problems) values ('depositlink', 'pawl.application_problems');

create function pawl.runs_notifying(runs uuid[], who text) returns setof uuid
language plpgsql stable set search_path = pg_catalog, pawl, pg_temp as $$
declare
  notifications constant text := (select format('%I.notifications', a.schema) from pawl.application a);
begin
  -- compared as uuid for its index; a type of the application's would bring a cast of the application's
  if not pawl.is_builtin((select a.atttypid from pg_attribute a
                          where a.attrelid = to_regclass(notifications) and a.attname = 'event_id')) then
    raise exception 'the type of %.event_id is the application''s own: alter it to uuid', notifications
      using errcode = 'datatype_mismatch';
  end if;
  return query execute format(
    'select r.run_id from pawl.effects_of($1) r join %s n on n.event_id = r.effects_of'
    ' where format(''%%s'', n.user_id) = lower($2)', notifications) using runs, who;
end $$;
comment on function pawl.runs_notifying is 'Those of the runs that have a notification to a user, by his id.';
insert into pawl.user_runs values ('depositlink', 'pawl.runs_notifying');

-- The application's columns may have types of its own; what a reader is told of them is text.
create function pawl.notifications_of(event_id uuid)
returns table (channel text, user_id text, address text, state text, detail text, at timestamptz)
language plpgsql stable set search_path = pg_catalog, pawl, pg_temp as $$
declare
  notifications constant text := (select format('%I.notifications', a.schema) from pawl.application a);
begin
  if notifications is null then return; end if;
  return query execute format(
    'select ''in-app'', format(''%%s'', n.user_id), '''', ''created'', format(''%%s'', n.title), n.created_at::timestamptz'
    ' from %s n where n.event_id = $1', notifications) using event_id;
end $$;
comment on function pawl.notifications_of is 'The notifications of an event, as they are told in the story of a run.';

create function pawl.events_notifying(user_id uuid, address text, since timestamptz) returns setof uuid
language plpgsql stable set search_path = pg_catalog, pawl, pg_temp as $$
declare
  notifications constant text := (select format('%I.notifications', a.schema) from pawl.application a);
begin
  if notifications is null or user_id is null then return; end if;
  return query execute format(
    'select distinct n.event_id::uuid from %s n where n.user_id = $1 and n.created_at >= $2', notifications)
    using user_id, since;
end $$;
comment on function pawl.events_notifying is 'Events that have a notification to a user, by his id; none goes to an address.';

create function pawl.recipients_among(users uuid[]) returns table (user_id text, name text, email text)
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select distinct on (r.user_id) r.user_id::text, r.full_name::text, r.email::text
  from pawl.recipients r where r.user_id = any(users) order by r.user_id
$$;
comment on function pawl.recipients_among is 'Who users are, for the story of a run.';
insert into pawl.notifiers values
  ('depositlink', 'pawl.notifications_of', 'pawl.events_notifying', 'pawl.recipients_among');

select pawl.close_functions();
