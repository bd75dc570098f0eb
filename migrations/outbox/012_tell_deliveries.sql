-- What came of notifying people, for the story of a run and for who asks whom it notified. Those who notify people know it:
-- a line of migrations adds its functions here. They run with the rights of whoever asks, and are left out for those who may
-- not execute them.

create table pawl.notifiers (
  line text primary key,
  deliveries regproc not null,
  notifying regproc not null,
  people regproc
);
comment on table pawl.notifiers is 'What each line of migrations knows of the people that a run notified.';
comment on column pawl.notifiers.deliveries is
  'Function of an event''s id, as effects are kept under it: rows of channel, user_id, address, state, detail and at.';
comment on column pawl.notifiers.notifying is
  'Function of a user''s id, an address and a time, of which either of the first two may be null: ids of events that notified him since then.';
comment on column pawl.notifiers.people is 'Function of users'' ids: rows of user_id, name and email; null: it knows no names.';

create function pawl.deliveries_of(run_id uuid)
returns table (channel text, user_id text, address text, state text, detail text, at timestamptz)
language plpgsql stable set search_path = pg_catalog, pawl, pg_temp as $$
declare
  event constant uuid := coalesce((select e.effects_of from pawl.v1_events e
                                   where e.run_id = deliveries_of.run_id and e.effects_of is not null limit 1),
                                  deliveries_of.run_id);
  knows regproc;
begin
  for knows in select n.deliveries from pawl.notifiers n where has_function_privilege(n.deliveries, 'execute') loop
    return query execute format('select channel, user_id, address, state, detail, at from %s($1)', knows) using event;
  end loop;
end $$;
comment on function pawl.deliveries_of is
  'What a run notified people of, under its keys or those of the run that it was made from.';

create function pawl.runs_that_notified(user_id uuid, address text, since timestamptz) returns setof uuid
language plpgsql stable set search_path = pg_catalog, pawl, pg_temp as $$
declare
  events uuid[] := '{}';
  found_by uuid[];
  knows regproc;
begin
  for knows in select n.notifying from pawl.notifiers n where has_function_privilege(n.notifying, 'execute') loop
    execute format('select array(select %s($1, $2, $3))', knows) into found_by using user_id, address, since;
    events := events || found_by;
  end loop;
  return query
  select unnest(events) union select e.run_id from pawl.v1_events e where e.effects_of = any(events);
end $$;
comment on function pawl.runs_that_notified is
  'Runs that notified a user, by his id or an address, and those that were made from them and do their effects under their keys.';

create function pawl.people(users uuid[]) returns table (user_id text, name text, email text)
language plpgsql stable set search_path = pg_catalog, pawl, pg_temp as $$
declare
  knows regproc;
begin
  for knows in
    select n.people from pawl.notifiers n where n.people is not null and has_function_privilege(n.people, 'execute')
  loop
    return query execute format('select user_id, name, email from %s($1)', knows) using users;
  end loop;
end $$;
comment on function pawl.people is 'Names and addresses of users, of those that are known.';

select pawl.close_functions();
