-- Ids of events are taken once over outbox and archive, requests of operators are done once however often they are sent,
-- and a run that has acted on a failure is resumed only where its checkpoints say so.

alter table pawl.outbox_archive add column resumable text not null default 'anywhere'
  constraint archive_resumable_known check (resumable in ('anywhere', 'here', 'nowhere'));
comment on column pawl.outbox_archive.resumable is
  'Where a failed run may go on: anywhere, here (only in `store`, since it has acted on a failure), nowhere (it has acted on all).';

alter table pawl.outbox add column only_store boolean not null default false,
  add constraint outbox_only_store_given check (not only_store or store is not null);
comment on column pawl.outbox.only_store is
  'No worker with checkpoints other than `store` may run it: they know which failures the run has acted on.';

-- Insert first, then look, then undo: whoever looked first would miss an event that is just being archived, and double
-- it. While the archiving transaction is open the insert waits for it. Only in read committed does the look see what
-- the insert has waited for.
create or replace function pawl.emit(type text, aggregatetype text, aggregateid text, payload jsonb,
                                     id uuid default null) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  event_id constant uuid := coalesce(emit.id, pawl.new_event_id());
begin
  if emit.id is not null and current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'emit event %: an id of one''s own needs a transaction in read committed, this one is in %',
        emit.id, current_setting('transaction_isolation')
      using errcode = 'invalid_transaction_state',
            hint = 'Begin the transaction with isolation level read committed, or leave the id to pawl.emit.';
  end if;
  insert into pawl.outbox (type, aggregatetype, aggregateid, payload, id, headers)
  values (emit.type, emit.aggregatetype, emit.aggregateid, emit.payload, event_id,
          jsonb_strip_nulls(jsonb_build_object('tenant', emit.payload->>'org_id')))
  on conflict on constraint outbox_id_once do nothing;
  if not found then return event_id; end if;
  if emit.id is not null and exists (select from pawl.outbox_archive a where a.id = event_id) then
    delete from pawl.outbox o where o.id = event_id;
    return event_id;
  end if;
  if exists (select from pawl.workers where asleep and expires_at > now()) then
    perform pg_notify('pawl', '');
  end if;
  return event_id;
end $$;
comment on function pawl.emit is
  'Writes an event as part of the caller''s transaction and returns its id; an id that is or was an event''s is not taken again.';

alter table pawl.commands add column request uuid;
create index commands_by_request on pawl.commands (request) where request is not null;
comment on column pawl.commands.request is
  'Chosen by whoever asks: the same request sent again, as after a lost reply, answers as it did and changes nothing.';

-- A failed event goes back under a new position; `store` sends it to the checkpoints that hold its finished steps.
-- The lock comes first: a request whose reply was lost may still be at work.
drop function pawl.resume(uuid, text, text, interval);
create function pawl.resume(event_id uuid, requested_by text, note text default null, delay interval default '0',
                            request uuid default null)
returns text language plpgsql as $$
declare
  archived pawl.outbox_archive;
  outcome text;
begin
  select * into archived from pawl.outbox_archive a
  where a.id = resume.event_id order by a.finished_at desc limit 1 for update;
  select c.outcome into outcome from pawl.commands c
  where c.request = resume.request and c.event_id = resume.event_id and c.verb = 'resume';
  if found then return outcome; end if;
  outcome := 'resumed';
  if exists (select from pawl.outbox o where o.id = resume.event_id) then
    outcome := 'not finished: it is in the outbox';
  elsif archived.id is null then
    outcome := 'not found';
  elsif archived.status <> 'failed' then
    outcome := 'not failed: it is ' || archived.status;
  elsif archived.resumable = 'nowhere' then
    outcome := 'nothing to resume: its workflow has acted on each failure and ended by itself; emit a new event instead';
  else
    insert into pawl.outbox (id, created_at, available_at, resumes, store, only_store, type, aggregatetype, aggregateid,
                             payload, headers)
    values (archived.id, archived.created_at, now() + delay, archived.resumes + 1, archived.store,
            archived.resumable = 'here', archived.type, archived.aggregatetype, archived.aggregateid, archived.payload,
            archived.headers)
    on conflict on constraint outbox_id_once do nothing;
    if found then
      delete from pawl.outbox_archive a where a.id = archived.id;
    else
      outcome := 'not finished: it is in the outbox';
    end if;
  end if;
  insert into pawl.commands (verb, event_id, requested_by, note, outcome, request)
  values ('resume', resume.event_id, resume.requested_by, resume.note, outcome, resume.request);
  if exists (select from pawl.workers where asleep and expires_at > now()) then
    perform pg_notify('pawl', '');
  end if;
  return outcome;
end $$;
revoke execute on function pawl.resume from public;
comment on function pawl.resume is 'Puts a failed event back into the outbox; returns resumed, or why it was refused.';

-- Takes mails of one event out of doubt: all of them, or one user's. Whoever claims a row waits for this transaction,
-- and this one for him. `run` says what became of the event's run.
drop function pawl.resolve_in_doubt(uuid, uuid, boolean, text, text);
create function pawl.resolve_in_doubt(event_id uuid, user_id uuid, sent boolean, requested_by text,
                                      note text default null, request uuid default null,
                                      out resolved int, out outcome text, out run text)
language plpgsql as $$
declare
  told constant text := 'said ' || case when sent then '' else 'not ' end || 'to have been sent, by ' || requested_by ||
                        coalesce(': ' || note, '');
begin
  with locked as (
    select d.event_id, d.user_id from pawl.email_deliveries d
    where d.event_id = resolve_in_doubt.event_id
      and (resolve_in_doubt.user_id is null or d.user_id = resolve_in_doubt.user_id)
      and (d.state = 'in_doubt'
           or (d.state = 'sending'
               and not exists (select from pawl.workers w where w.epoch = d.epoch and w.expires_at > now())))
    order by d.user_id for update),
  decided as (
    update pawl.email_deliveries d
    set state = case when sent then 'accepted' else 'deferred' end, settled_at = now(), reply = told,
        in_doubt_count = d.in_doubt_count + (d.state = 'sending')::int
    from locked l where d.event_id = l.event_id and d.user_id = l.user_id
    returning d.user_id)
  insert into pawl.commands (verb, event_id, user_id, requested_by, note, outcome, request)
  select 'resolve-in-doubt', resolve_in_doubt.event_id, r.user_id, requested_by, note,
         case when sent then 'sent' else 'not sent' end, resolve_in_doubt.request
  from decided r;
  get diagnostics resolved = row_count;
  if resolved = 0 then  -- perhaps by this very request, whose reply was lost
    select count(*) into resolved from pawl.commands c
    where c.request = resolve_in_doubt.request and c.verb = 'resolve-in-doubt' and c.outcome in ('sent', 'not sent');
    if resolved > 0 then
      outcome := 'resolved';
      select c.outcome into run from pawl.commands c where c.request = resolve_in_doubt.request and c.verb = 'resume';
      run := coalesce(run, 'goes on by itself');
      return;
    end if;
    select coalesce('not in doubt: its mails are ' || string_agg(distinct d.state, ', '), 'not found: no mail of it')
    into outcome from pawl.email_deliveries d
    where d.event_id = resolve_in_doubt.event_id
      and (resolve_in_doubt.user_id is null or d.user_id = resolve_in_doubt.user_id);
    insert into pawl.commands (verb, event_id, user_id, requested_by, note, outcome, request)
    values ('resolve-in-doubt', resolve_in_doubt.event_id, resolve_in_doubt.user_id, requested_by, note, outcome,
            resolve_in_doubt.request);
    return;
  end if;
  outcome := 'resolved';
  run := 'goes on by itself';
  if not exists (select from pawl.outbox o where o.id = resolve_in_doubt.event_id) then
    run := pawl.resume(resolve_in_doubt.event_id, requested_by, 'in doubt resolved' || coalesce(': ' || note, ''), '0',
                       resolve_in_doubt.request);
  end if;
end $$;
revoke execute on function pawl.resolve_in_doubt from public;
comment on function pawl.resolve_in_doubt is 'Says that mails in doubt were sent, or were not, and resumes their run.';
