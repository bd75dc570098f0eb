-- Ids of events in the order of time: UUID version 7, whose first half is when it was made and whose second is random.
--
-- Whatever is kept by event id (outbox, archive, mail ledger, notifications, the checkpoint store) then grows at one end
-- of its index. With random ids each event dirties a page of its own in each of them.

-- RFC 9562, method 3: microseconds fill the 12 bits after the milliseconds; the variant's bits are those of
-- gen_random_uuid. In plpgsql, which keeps its plans: in SQL it would be read anew at each call, for 28 us.
create function pawl.new_event_id() returns uuid
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  us constant bigint := extract(epoch from clock_timestamp()) * 1000000;
begin
  return encode(int8send((us / 1000) << 16 | x'7000'::bigint | us % 1000 * 4096 / 1000)
                || substring(uuid_send(gen_random_uuid()) from 9), 'hex');
end $$;
comment on function pawl.new_event_id is 'An id for an event: a UUID of version 7, in the order of time.';

-- The id is made inside, with the owner's rights, so that a service still needs `usage` on the schema and nothing else.
create or replace function pawl.emit(type text, aggregatetype text, aggregateid text, payload jsonb,
                                     id uuid default null) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  event_id constant uuid := coalesce(emit.id, pawl.new_event_id());
begin
  insert into pawl.outbox (type, aggregatetype, aggregateid, payload, id, headers)
  values (emit.type, emit.aggregatetype, emit.aggregateid, emit.payload, event_id,
          jsonb_strip_nulls(jsonb_build_object('tenant', emit.payload->>'org_id')))
  on conflict on constraint outbox_id_once do nothing;
  if exists (select from pawl.workers where asleep and expires_at > now()) then
    perform pg_notify('pawl', '');
  end if;
  return event_id;
end $$;
