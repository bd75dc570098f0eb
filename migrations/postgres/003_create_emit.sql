-- How a service writes an event in its own transaction, and rings only if somebody sleeps.
--
-- NOTIFY in every business transaction cuts producers to a third, because commits that notify queue behind one lock. So
-- a worker with nothing to do raises its flag in pawl.workers, looks once more, and only then listens; a producer rings
-- only if it sees a raised flag. An event whose transaction straddles the falling asleep is found by the slow poll.
-- The flag of a worker that died counts for nothing once its lease is over.
--
-- It runs with its owner's rights: a service needs `usage` on the schema pawl and nothing else.

-- Emitting an id that is still unfinished changes nothing, so a producer may repeat itself.
create function pawl.emit(type text, aggregatetype text, aggregateid text, payload jsonb,
                          id uuid default gen_random_uuid()) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into pawl.outbox (type, aggregatetype, aggregateid, payload, id)
  values (emit.type, emit.aggregatetype, emit.aggregateid, emit.payload, emit.id)
  on conflict on constraint outbox_id_once do nothing;
  if exists (select from pawl.workers where asleep and expires_at > now()) then
    perform pg_notify('pawl', '');
  end if;
  return emit.id;
end $$;
comment on function pawl.emit is 'Writes an event as part of the caller''s transaction and returns its id.';
