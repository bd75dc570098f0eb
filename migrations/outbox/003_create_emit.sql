-- How a service writes an event in its own transaction, and rings only if somebody sleeps.
--
-- NOTIFY in every business transaction cuts producers to a third, because commits that notify queue behind one lock. So
-- a worker with nothing to do raises its flag in pawl.workers, looks once more, and only then listens; a producer rings
-- only if it sees a raised flag. An event whose transaction straddles the falling asleep is found by the slow poll.
-- The flag of a worker that died counts for nothing once its lease is over.
--
-- It runs with its owner's rights: a service needs `usage` on the schema, to execute pawl.emit, and a row in
-- pawl.producers for each type that it emits. `pawl migrate --roles` creates the roles that have what each task needs.

-- Ids of events are UUIDs of version 7, in the order of time: whatever is kept by event id then grows at one end of its
-- index, where random ids dirty a page of their own in each.
--
-- RFC 9562, method 3: microseconds fill the 12 bits after the milliseconds; the variant's bits are those of
-- gen_random_uuid. In plpgsql, which keeps its plans: in SQL it would be read anew at each call, for 28 us.
create function pawl.new_event_id() returns uuid
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  us constant bigint := extract(epoch from clock_timestamp()) * 1000000;
begin
  return encode(int8send((us / 1000) << 16 | x'7000'::bigint | us % 1000 * 4096 / 1000)
                || substring(uuid_send(gen_random_uuid()) from 9), 'hex');
end $$;
comment on function pawl.new_event_id is 'An id for an event: a UUID of version 7, in the order of time.';

-- Databases of some encodings store bytes that are no character, or none of UTF-8's, and would give them to no worker.
create function pawl.in_utf8(text text) returns text
language plpgsql immutable set search_path = pg_catalog, pawl, pg_temp as $$
begin
  if getdatabaseencoding() <> 'UTF8' then perform convert_to(text, 'UTF8'); end if;
  return text;
exception when character_not_in_repertoire or untranslatable_character then
  return regexp_replace(text, '[^[:ascii:]]', '?', 'g');
end $$;
comment on function pawl.in_utf8 is 'The text, or with question marks for all but ASCII where UTF-8 cannot have it.';

-- Every claim reads these texts, of all events in one answer: one that cannot be read would keep all from every worker. A
-- payload is as it was emitted, and fails its own run.
create function pawl.mark_texts_of_event() returns trigger
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
begin
  new.type := pawl.in_utf8(new.type);
  new.aggregatetype := pawl.in_utf8(new.aggregatetype);
  new.aggregateid := pawl.in_utf8(new.aggregateid);
  new.workflow := pawl.in_utf8(new.workflow);
  new.headers := pawl.in_utf8(new.headers::text)::jsonb;
  new.from_step := pawl.in_utf8(new.from_step);
  return new;
end $$;
comment on function pawl.mark_texts_of_event is 'Puts marks into the texts of an event that UTF-8 cannot have.';
-- Of inserts only: a trigger before updates would lock each event of a claim once more. What an operator says of an event is
-- looked at where it is written.
create trigger pawl_mark_texts before insert on pawl.outbox for each row when (getdatabaseencoding() <> 'UTF8') execute function pawl.mark_texts_of_event();

-- Whoever locks and then looks is to see what he has waited for, which only read committed shows.
create function pawl.require_read_committed(what text, way_out text default '') returns void
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
begin
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception '% needs a transaction in read committed, this one is in %', what,
        current_setting('transaction_isolation')
      using errcode = 'invalid_transaction_state',
            hint = 'Begin the transaction with isolation level read committed' || way_out || '.';
  end if;
end $$;
comment on function pawl.require_read_committed is 'Refuses a transaction that does not see what others commit beside it.';

create table pawl.producers (
  role name not null,
  type text not null,
  primary key (role, type)
);
comment on table pawl.producers is 'Who may emit which types of events, beside the owner of the schema.';
comment on column pawl.producers.role is 'A login, or a group that it is a member of.';
comment on column pawl.producers.type is 'The type of event.';

-- A run's id: the event's in the first workflow of its type, made of both in any other. The first half is the event's, so
-- that these too are in the order of time.
create function pawl.run_id(event_id uuid, workflow text) returns uuid
language sql immutable set search_path = pg_catalog, pawl, pg_temp as $$
  select (left(replace(event_id::text, '-', ''), 16) || '8' || left(md5(event_id || '/' || workflow), 15))::uuid
$$;
comment on function pawl.run_id is 'The id of an event''s run in a workflow that is not the first of its type.';

create function pawl.add_further_runs(event_id uuid, workflows text[]) returns void
language sql set search_path = pg_catalog, pawl, pg_temp as $$
  insert into pawl.outbox (id, event, workflow, created_at, available_at, type, aggregatetype, aggregateid, payload, headers)
  select pawl.run_id(o.id, further.workflow), o.id, further.workflow, o.created_at, o.available_at, o.type,
         o.aggregatetype, o.aggregateid, o.payload, o.headers
  from pawl.outbox o cross join unnest(workflows) with ordinality further (workflow, place)
  where o.id = event_id order by further.place
  on conflict on constraint outbox_id_once do nothing
$$;
comment on function pawl.add_further_runs is 'Writes an event''s runs in the workflows behind the first of its type.';

-- The trace in which an event is emitted (W3C Trace Context): as the caller gives it, else as the session says with
-- `set local pawl.traceparent = '00-...'`, for whoever's event a trigger writes. What is none is left out, since no
-- business transaction is to fail over it.
create function pawl.trace_headers(headers jsonb) returns jsonb
language plpgsql stable set search_path = pg_catalog, pawl, pg_temp as $$
declare
  traceparent constant text := nullif(current_setting('pawl.traceparent', true), '');
  tracestate text;
begin
  if jsonb_typeof(headers) <> 'object' or octet_length(headers::text) > 8192 then
    raise exception 'emit event: its headers are %, and have % bytes', jsonb_typeof(headers), octet_length(headers::text)
      using errcode = 'invalid_parameter_value', hint = 'Give an object of at most 8192 bytes.';
  end if;
  if traceparent ~ '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$' then
    tracestate := nullif(left(current_setting('pawl.tracestate', true), 512), '');
    return jsonb_strip_nulls(jsonb_build_object('traceparent', traceparent, 'tracestate', tracestate))
           || (coalesce(headers, '{}') - 'tenant');
  end if;
  return coalesce(headers, '{}') - 'tenant';
end $$;
comment on function pawl.trace_headers is 'The headers of an event: those given, and the trace of the session.';

create function pawl.ring() returns void
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
begin
  if exists (select from pawl.workers where asleep and expires_at > now()) then perform pg_notify('pawl', ''); end if;
end $$;
comment on function pawl.ring is 'Wakes workers that sleep.';

-- What emit and triggers share. Events of a tenant do not starve those of others: the key is the tenant in the headers,
-- else the aggregateid; headers are small, while reading it out of a large payload for every waiting event would not be
-- cheap. Insert first, then look, then undo: whoever looked first would miss an event that is just being archived, and
-- double it. While the archiving transaction is open the insert waits for it. Only in read committed does the look see
-- what the insert has waited for. The run of the first workflow, which has the event's id, is inserted first and answers
-- for all of them. It rings as pawl.ring does, without calling it: the call alone costs as much as the look twice.
create function pawl.write_event(type text, aggregatetype text, aggregateid text, payload jsonb, id uuid default null,
                                 headers jsonb default null)
returns uuid language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  event_id constant uuid := coalesce(write_event.id, pawl.new_event_id());
  workflows constant text[] := array(
    select w.workflow from pawl.workflows w where w.type = write_event.type order by w.place);
  tenant constant text := payload->>'org_id';
  longest constant int := greatest(octet_length(type), octet_length(aggregatetype), octet_length(aggregateid),
                                   octet_length(tenant));
  all_headers jsonb := jsonb_strip_nulls(jsonb_build_object('tenant', tenant));
begin
  if headers is not null or current_setting('pawl.traceparent', true) <> '' then
    all_headers := pawl.trace_headers(headers) || all_headers;
  end if;
  if longest > 1024 then  -- every claim reads them, whatever it takes of the payload
    raise exception 'emit event of type %: names and org_id may have 1024 bytes each, and one has %',
        left(type, 100), longest
      using errcode = 'string_data_right_truncation', hint = 'Names are type, aggregatetype and aggregateid.';
  end if;
  insert into pawl.outbox (type, aggregatetype, aggregateid, payload, id, headers, workflow)
  values (write_event.type, write_event.aggregatetype, write_event.aggregateid, write_event.payload, event_id,
          all_headers, workflows[1])
  on conflict on constraint outbox_id_once do nothing;
  if not found then return event_id; end if;
  if write_event.id is not null and exists (select from pawl.outbox_archive a where a.id = event_id) then
    delete from pawl.outbox o where o.id = event_id;
    return event_id;
  end if;
  if cardinality(workflows) > 1 then perform pawl.add_further_runs(event_id, workflows[2:]); end if;
  if exists (select from pawl.workers where asleep and expires_at > now()) then
    perform pg_notify('pawl', '');
  end if;
  return event_id;
end $$;
comment on function pawl.write_event is 'Writes an event for pawl.emit and for triggers, which have checked who asks.';

-- Events that were emitted before any workflow of their type was registered, or written past pawl.emit. Workers look for
-- them once a second; of two that find one, one passes it over.
create function pawl.name_runs() returns bigint
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  unnamed record;
  named bigint := 0;
begin
  for unnamed in
    select o.position, o.id, known.workflows from pawl.outbox o
    join (select w.type, array_agg(w.workflow order by w.place) as workflows from pawl.workflows w group by w.type) known
      using (type)
    where o.workflow is null limit 10000 for update of o skip locked
  loop
    update pawl.outbox o set workflow = unnamed.workflows[1] where o.position = unnamed.position;
    perform pawl.add_further_runs(unnamed.id, unnamed.workflows[2:]);
    named := named + 1;
  end loop;
  return named;
end $$;
comment on function pawl.name_runs is 'Makes runs of events that have none; returns of how many.';

-- Of some types not every payload is a producer's to write: a line of migrations adds its check of them here.
create table pawl.producer_checks (
  type text primary key,
  check_function regproc not null
);
comment on table pawl.producer_checks is 'Functions that refuse payloads which a producer may not emit, by type.';
comment on column pawl.producer_checks.check_function is 'Takes the payload, and raises an error for one that is refused.';

create function pawl.require_payload(type text, payload jsonb) returns void
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  check_function regproc;
begin
  select c.check_function into check_function from pawl.producer_checks c where c.type = require_payload.type;
  if found then execute format('select %s($1)', check_function) using payload; end if;
end $$;
comment on function pawl.require_payload is 'Refuses a payload that a producer of the type may not emit.';

create function pawl.require_producer(type text, payload jsonb) returns void
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
begin
  if not exists (select from pawl.producers p join pg_roles r on r.rolname = p.role
                 where p.type = require_producer.type and pg_has_role(session_user, r.oid, 'member')) then
    raise exception 'emit event of type %: % may not emit it', type, session_user
      using errcode = 'insufficient_privilege',
            hint = format('As the owner of the schema pawl: insert into pawl.producers values (%L, %L);',
                          session_user, type);
  end if;
  perform pawl.require_payload(type, payload);
end $$;
comment on function pawl.require_producer is 'Refuses an event that the login of the session may not emit.';

-- Emitting an id that is or was an event's changes nothing, so a producer may repeat itself.
create function pawl.emit(type text, aggregatetype text, aggregateid text, payload jsonb,
                                     id uuid default null, headers jsonb default null) returns uuid
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
begin
  if not pg_has_role(session_user, current_user, 'member') then
    perform pawl.require_producer(emit.type, emit.payload);
  end if;
  if emit.id is not null then
    perform pawl.require_read_committed(format('emit event %s: an id of one''s own', emit.id),
                                        ', or leave the id to pawl.emit');
  end if;
  return pawl.write_event(emit.type, emit.aggregatetype, emit.aggregateid, emit.payload, emit.id, emit.headers);
end $$;

comment on function pawl.emit is
  'Writes an event as part of the caller''s transaction and returns its id; an id that is or was an event''s is not taken again.';
select pawl.close_functions();
