-- A sync log that gets the status `error` becomes an event in its own transaction.

-- Each read of the application's stands by itself, and runs no cast of the application's (pawl.column_text). A column, a view or a privilege that is gone costs what it held: the
-- event tells it in `unreadable`, and its run fails with that reason. Without its text or its time a failure is told all
-- the same; a time outside of the calendar is taken for now. Only an outbox that takes no event refuses the business
-- write, since the event would be lost in silence. Conflicts of the transaction are passed on, for it to be repeated.
--
-- An update that moves a row to another partition is a deletion and an insertion, one right behind the other: the
-- deletion leaves a note of the row, and the insertion that finds it has nothing new to tell. A row that one statement
-- deletes and another inserts is new, though one query may send both: the two then bear different numbers of commands.
-- Those of a row that its own transaction has inserted cannot be compared; what it says can.
create function pawl.moved_sync_log(log anyelement, command text) returns jsonb
language sql set search_path = pg_catalog, pawl, pg_temp as $$
  select jsonb_build_object('row', concat_ws(' ', pawl.column_text(log, 'id'), statement_timestamp()), 'command', command,
                            'says', md5(concat_ws(' ', pawl.column_text(log, 'connection_id'),
                                                  pawl.column_text(log, 'error_message'))))
$$;
comment on function pawl.moved_sync_log is 'The note of a row that may be moving between partitions.';

create function pawl.emit_sync_failed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  was_moving constant text := current_setting('pawl.moving_sync_log', true);
  moved jsonb;
  moving jsonb;
  connection text;
  log text;
  facts jsonb;
  message text;
  finished timestamptz;
begin
  if tg_nargs > 0 then  -- its condition is released
    if pawl.lacks_status(tg_argv[0], tg_op, pawl.column_text(old, 'status'), pawl.column_text(new, 'status')) then
      return null;
    end if;
  end if;
  begin
    if tg_op = 'DELETE' then
      perform set_config('pawl.moving_sync_log', pawl.moved_sync_log(old, old.cmax::text)::text, true);
      return null;
    end if;
    if tg_op = 'INSERT' and was_moving <> '' then
      perform set_config('pawl.moving_sync_log', '', true);
      moved := was_moving::jsonb;
      moving := pawl.moved_sync_log(new, new.cmin::text);
      if moved->'row' = moving->'row' and (moved->'command' = moving->'command' or moved->'says' = moving->'says') then
        return null;
      end if;
    end if;
  exception when others then  -- without an id, no row can be told from another
    if tg_op = 'DELETE' then return null; end if;
  end;
  begin
    connection := nullif(left(format('%s', new.connection_id), 200), '');
    log := nullif(left(format('%s', new.id), 200), '');
    facts := pawl.connection_facts(connection);
  exception when others then
    if sqlstate like '40%' then raise; end if;
    facts := jsonb_build_object('unreadable', left(sqlerrm, 500));
    if sqlstate = '42804' then  -- a type has changed since this session compiled the call
      begin
        connection := left(pawl.column_text(new, 'connection_id'), 200);
        log := left(pawl.column_text(new, 'id'), 200);
        facts := pawl.connection_facts(connection);
      exception when others then
        if sqlstate like '40%' then raise; end if;
      end;
    end if;
  end;
  begin
    message := format('%s', new.error_message);
  exception when others then
    begin
      message := pawl.column_text(new, 'error_message');
    exception when others then message := null;
    end;
  end;
  begin
    if pg_typeof(new.finished_at) = 'timestamptz'::regtype then  -- else a cast, which may be the application's own
      finished := pawl.calendar_time(new.finished_at);
    else
      finished := pawl.finished_at(new);
    end if;
  exception when others then
    finished := pawl.finished_at(new);
  end;
  if octet_length(message) > 65536 then message := pawl.capped(message, 65536); end if;
  message := pawl.in_utf8(message);
  perform pawl.write_event('pms/connection.sync.failed', 'pms_connection', coalesce(connection, ''),
    jsonb_build_object('connection_id', connection, 'sync_log_id', log, 'org_id', null, 'provider', null, 'label', '',
                       'error_message', coalesce(message, ''), 'occurred_at', pawl.rfc3339(finished)) || facts);
  return null;
end $$;

comment on function pawl.emit_sync_failed is 'Emits pms/connection.sync.failed for a sync log that got status error.';

-- Whoever may emit failures of syncs could else write an urgent mail to the people of any organisation.
create function pawl.require_own_connection(payload jsonb) returns void
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
begin
  if not exists (select from pawl.connections c where format('%s', c.connection_id) = lower(payload->>'connection_id')
                 and format('%s', c.org_id) = lower(payload->>'org_id')) then
    raise exception 'emit event of type pms/connection.sync.failed: connection % is none of organisation %',
        payload->>'connection_id', payload->>'org_id'
      using errcode = 'insufficient_privilege', hint = 'Give the connection''s own org_id.';
  end if;
end $$;
comment on function pawl.require_own_connection is 'Refuses a failure of a connection that is not the organisation''s.';
insert into pawl.producer_checks values ('pms/connection.sync.failed', 'pawl.require_own_connection');

insert into pawl.sync_log_triggers values
  ('pawl_sync_failed_on_insert', 'pawl.emit_sync_failed()', 4, 'after insert on %s for each row'
   ' when (new.status = ''error'')', false, '{id,connection_id,error_message,finished_at}'),
  ('pawl_sync_failed_on_update', 'pawl.emit_sync_failed()', 16, 'after update on %s for each row'
   ' when (new.status = ''error'' and old.status is distinct from ''error'')', false,
   '{id,connection_id,error_message,finished_at}'),
  ('pawl_sync_failed_on_move', 'pawl.emit_sync_failed()', 8, 'after delete on %s for each row'
   ' when (old.status = ''error'')', true, '{id}');
select pawl.mend_triggers();
select pawl.close_functions();
