-- A corrected payload for an event whose run failed.
--
-- The run that failed stays as it is, dismissed, with the word by whom and as what it was requeued. The new one is an event
-- of its own, of the same workflow, with the old run as its parent. It does its effects under the keys of the run that it
-- stands for: whoever was told of the old one is not told twice. All of it is one transaction, so that neither a crash nor a
-- lost reply leaves both runs to be done, or none. Whoever may not emit a payload of the type may not requeue it either, but
-- for the one that the event has already.

create function pawl.requeue(run_id uuid, payload jsonb, requested_by text, reason text, request uuid default null)
returns uuid language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  archived pawl.outbox_archive;
  made uuid;
  at_work uuid;
  why_not text;
  tenant constant text := requeue.payload->>'org_id';
begin
  perform pawl.require_reason('requeue', requeue.run_id, requeue.reason);
  if jsonb_typeof(requeue.payload) is null then
    raise exception 'requeue event %: a payload is needed, the corrected one', requeue.run_id
      using errcode = 'null_value_not_allowed';
  end if;
  if octet_length(tenant) > 1024 then  -- every claim reads it
    raise exception 'requeue event %: org_id may have 1024 bytes, and has %', requeue.run_id, octet_length(tenant)
      using errcode = 'string_data_right_truncation';
  end if;
  -- as in pawl.resume_run, the lock comes first: a request whose reply was lost may still be at work
  at_work := pawl.who_does_effects_of(requeue.run_id);
  select * into archived from pawl.outbox_archive a
  where a.id = requeue.run_id order by a.finished_at desc limit 1 for update;
  select c.event_id into made from pawl.commands c
  where c.request = requeue.request and c.verb = 'requeue' and c.outcome = 'requeued from ' || requeue.run_id;
  if found then return made; end if;
  perform from pawl.commands c
  where c.request = requeue.request and c.event_id = requeue.run_id and c.verb = 'requeue';
  if found then return null; end if;
  why_not := case
    when exists (select from pawl.outbox o where o.id = requeue.run_id) then 'not finished: it is in the outbox'
    when archived.id is null then 'not found'
    when archived.status <> 'failed' then 'not failed: it is ' || archived.status
    when at_work is not null then 'not finished: ' || at_work || ' is doing its effects' end;
  if why_not is not null then
    insert into pawl.commands (verb, event_id, requested_by, note, outcome, request)
    values ('requeue', requeue.run_id, requeue.requested_by, requeue.reason, why_not, requeue.request);
    return null;
  end if;
  if requeue.payload is distinct from archived.payload and not pg_has_role(session_user, current_user, 'member') then
    perform pawl.require_payload(archived.type, requeue.payload);
  end if;
  made := pawl.new_event_id();
  insert into pawl.outbox (id, parent, effects_of, stands_for, workflow, type, aggregatetype, aggregateid, payload, headers)
  values (made, archived.id, coalesce(archived.effects_of, archived.id),
          coalesce(archived.stands_for, archived.event, archived.id), archived.workflow, archived.type,
          archived.aggregatetype, archived.aggregateid, requeue.payload,
          archived.headers || jsonb_strip_nulls(jsonb_build_object('tenant', tenant)));
  perform pawl.dismiss_failed(archived, format('requeued as %s by %s: %s', made, requeue.requested_by, requeue.reason));
  insert into pawl.commands (verb, event_id, requested_by, note, outcome, request)
  values ('requeue', archived.id, requeue.requested_by, requeue.reason, 'requeued as ' || made, requeue.request),
         ('requeue', made, requeue.requested_by, requeue.reason, 'requeued from ' || archived.id, requeue.request);
  perform pawl.ring();
  return made;
end $$;
comment on function pawl.requeue is
  'Makes a new event of a failed run, with a corrected payload, and dismisses the failed one; returns the new event''s id, or '
  'null where it was refused: pawl.commands has why, by the request.';

-- Mails and notifications are kept under the run that they stand for, so whoever asks for those of a run asks by this.
create function pawl.effects_of(runs uuid[], out run_id uuid, out effects_of uuid) returns setof record
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select o.id, coalesce(o.effects_of, o.id) from pawl.outbox o where o.id = any(runs)
  union
  select a.id, coalesce(a.effects_of, a.id) from pawl.outbox_archive a where a.id = any(runs)
$$;
comment on function pawl.effects_of is 'The runs under whose keys these do their effects; mostly they themselves.';

-- A run's story asks for what was done to it, and for the runs that were made from it.
create index commands_by_event on pawl.commands (event_id) where event_id is not null;
create index outbox_children on pawl.outbox (parent) where parent is not null;
create index outbox_archive_children on pawl.outbox_archive (parent) where parent is not null;

select pawl.close_functions();
