-- What was said to whom came, once an event.
create table pawl.say_hello_greetings (
  effects_id uuid primary key,
  text text not null,
  written_at timestamptz not null default now()
);
comment on table pawl.say_hello_greetings is 'What was said to whom came.';

-- They go once their events are gone.
create function pawl.prune_say_hello_greetings(age interval, behind text, step int, out removed bigint, out last text)
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  ids uuid[];
begin
  select array_agg(g.effects_id), max(g.effects_id::text) into ids, last
  from (select effects_id from pawl.say_hello_greetings where behind is null or effects_id > behind::uuid
        order by effects_id limit step) g;
  delete from pawl.say_hello_greetings g
  where g.effects_id = any(ids) and g.written_at < now() - age and pawl.is_gone(g.effects_id);
  get diagnostics removed = row_count;
  if cardinality(ids) < step then last := null; end if;
end $$;
insert into pawl.retained (name, prune) values ('say_hello_greetings', 'pawl.prune_say_hello_greetings');
