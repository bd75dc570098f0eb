-- Whose event it is, so that one organisation's backlog does not starve the others.
--
-- A worker that finds its claims filled by a few keys lets events of other keys overtake theirs. The key is the tenant in
-- the event's headers, else its aggregateid: headers are small, while reading it out of a large payload for every
-- waiting event would not be cheap. So emit copies the payload's org_id there, where it has one; a producer that inserts
-- into pawl.outbox itself sets `tenant` as it likes.

create or replace function pawl.emit(type text, aggregatetype text, aggregateid text, payload jsonb,
                                     id uuid default gen_random_uuid()) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into pawl.outbox (type, aggregatetype, aggregateid, payload, id, headers)
  values (emit.type, emit.aggregatetype, emit.aggregateid, emit.payload, emit.id,
          jsonb_strip_nulls(jsonb_build_object('tenant', emit.payload->>'org_id')))
  on conflict on constraint outbox_id_once do nothing;
  if exists (select from pawl.workers where asleep and expires_at > now()) then
    perform pg_notify('pawl', '');
  end if;
  return emit.id;
end $$;

comment on column pawl.outbox.headers is
  'For tracing and other consumers. pawl reads `tenant` alone: events of one tenant do not starve those of others.';
