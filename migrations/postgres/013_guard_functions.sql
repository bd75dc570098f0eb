-- Who may do what: nothing in the schema pawl is open to PUBLIC, what operators call runs with its owner's rights and a
-- path of its own, and a producer emits the types that it was given.
--
-- `pawl migrate --roles` creates the roles pawl_worker, pawl_operator and pawl_producer, which have what each needs.

create table pawl.application (schema name not null);
create unique index application_once on pawl.application ((true));
comment on table pawl.application is 'Where the application''s tables are: found on the path of whoever migrated.';
comment on column pawl.application.schema is 'The schema of notifications; pawl addresses that table by it.';
insert into pawl.application
select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.oid = to_regclass('notifications');

create table pawl.producers (
  role name not null,
  type text not null,
  primary key (role, type)
);
comment on table pawl.producers is 'Who may emit which types of events, beside the owner of the schema.';
comment on column pawl.producers.role is 'A login, or a group that it is a member of.';
comment on column pawl.producers.type is 'The type of event.';

create table pawl.stores (
  store uuid primary key,
  opened_at timestamptz not null
);
comment on table pawl.stores is 'Checkpoint stores that workers have registered; whoever registers one holds its row.';
comment on column pawl.stores.opened_at is 'When a worker registered it last.';

alter table pawl.commands add column db_user name;
alter table pawl.commands alter column db_user set default session_user;
comment on column pawl.commands.requested_by is 'Who asked, as the caller says.';
comment on column pawl.commands.db_user is 'Who asked, as Postgres knows: the login of the session.';

-- What emit and the trigger share. Insert first, then look, then undo: whoever looked first would miss an event that is
-- just being archived, and double it. While the archiving transaction is open the insert waits for it. Only in read
-- committed does the look see what the insert has waited for.
create function pawl.write_event(type text, aggregatetype text, aggregateid text, payload jsonb, id uuid default null)
returns uuid language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  event_id constant uuid := coalesce(write_event.id, pawl.new_event_id());
begin
  insert into pawl.outbox (type, aggregatetype, aggregateid, payload, id, headers)
  values (write_event.type, write_event.aggregatetype, write_event.aggregateid, write_event.payload, event_id,
          jsonb_strip_nulls(jsonb_build_object('tenant', write_event.payload->>'org_id')))
  on conflict on constraint outbox_id_once do nothing;
  if not found then return event_id; end if;
  if write_event.id is not null and exists (select from pawl.outbox_archive a where a.id = event_id) then
    delete from pawl.outbox o where o.id = event_id;
    return event_id;
  end if;
  if exists (select from pawl.workers where asleep and expires_at > now()) then
    perform pg_notify('pawl', '');
  end if;
  return event_id;
end $$;
comment on function pawl.write_event is 'Writes an event for pawl.emit and for triggers, which have checked who asks.';

-- Whoever may emit failures of syncs could else write an urgent mail to the people of any organisation.
create function pawl.require_producer(type text, payload jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from pawl.producers p join pg_roles r on r.rolname = p.role
                 where p.type = require_producer.type and pg_has_role(session_user, r.oid, 'member')) then
    raise exception 'emit event of type %: % may not emit it', type, session_user
      using errcode = 'insufficient_privilege',
            hint = format('As the owner of the schema pawl: insert into pawl.producers values (%L, %L);',
                          session_user, type);
  end if;
  if type = 'pms/connection.sync.failed' and not exists (
       select from pawl.connections c where c.connection_id::text = lower(payload->>'connection_id')
       and c.org_id::text = lower(payload->>'org_id')) then
    raise exception 'emit event of type %: connection % is none of organisation %', type, payload->>'connection_id',
        payload->>'org_id'
      using errcode = 'insufficient_privilege', hint = 'Give the connection''s own org_id.';
  end if;
end $$;
comment on function pawl.require_producer is 'Refuses an event that the login of the session may not emit.';

create or replace function pawl.emit(type text, aggregatetype text, aggregateid text, payload jsonb,
                                     id uuid default null) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not pg_has_role(session_user, current_user, 'member') then
    perform pawl.require_producer(emit.type, emit.payload);
  end if;
  if emit.id is not null and current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'emit event %: an id of one''s own needs a transaction in read committed, this one is in %',
        emit.id, current_setting('transaction_isolation')
      using errcode = 'invalid_transaction_state',
            hint = 'Begin the transaction with isolation level read committed, or leave the id to pawl.emit.';
  end if;
  return pawl.write_event(emit.type, emit.aggregatetype, emit.aggregateid, emit.payload, emit.id);
end $$;

alter function pawl.resume security definer set search_path = pg_catalog, pg_temp;
alter function pawl.resolve_in_doubt security definer set search_path = pg_catalog, pg_temp;
alter function pawl.create_archive_month set search_path = pg_catalog, pg_temp;

-- Functions are open to PUBLIC unless they are closed, and whoever may execute a trigger's function can put it on a table
-- of his own.
do $$
declare
  function regprocedure;
begin
  for function in select oid from pg_proc where pronamespace = 'pawl'::regnamespace loop
    execute format('revoke execute on function %s from public', function);
  end loop;
end $$;
