-- The seam to the application's tables: two views that read them and one trigger that emits.
--
-- A deployment whose tables look different redefines the views (`create or replace view`, same columns) and puts the
-- trigger on its own table; no C++ changes. Views bind to the tables that the search path finds now.

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

-- A log whose connection is gone still emits: its run then fails with the reason, where an operator sees it. Better than
-- refusing the business write, or than an error row without an event.
create function pawl.emit_sync_failed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  connection pawl.connections;
begin
  select * into connection from pawl.connections c where c.connection_id = new.connection_id;
  perform pawl.emit('pms/connection.sync.failed', 'pms_connection', new.connection_id::text,
    jsonb_build_object(
      'connection_id', new.connection_id,
      'sync_log_id', new.id,
      'org_id', connection.org_id,
      'provider', connection.provider,
      'label', coalesce(connection.label, ''),
      'error_message', coalesce(new.error_message, ''),
      'occurred_at', to_char(coalesce(new.finished_at, now()) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')));
  return null;
end $$;
comment on function pawl.emit_sync_failed is 'Emits pms/connection.sync.failed for a sync log that got status error.';

create trigger pawl_sync_failed_on_insert after insert on pms_sync_logs
  for each row when (new.status = 'error') execute function pawl.emit_sync_failed();
create trigger pawl_sync_failed_on_update after update on pms_sync_logs
  for each row when (new.status = 'error' and old.status is distinct from 'error')
  execute function pawl.emit_sync_failed();

-- plpgsql looks at columns only when it runs; a table that lacks one is refused here and not in production.
do $$ begin
  perform id, connection_id, status, error_message, finished_at from pms_sync_logs limit 0;
  perform event_id, user_id, org_id, kind, urgency, title, body, link, data from notifications limit 0;
end $$;
