-- What operators ask for, with who, when, why and what came of it.
--
-- A command and its effect are one transaction, so the audit trail neither misses one nor invents one.

create table pawl.commands (
  id bigint generated always as identity primary key,
  verb text not null,
  event_id uuid,
  requested_by text not null,
  requested_at timestamptz not null default now(),
  note text,
  outcome text not null,
  user_id uuid,
  request uuid,
  db_user name default session_user,
  constraint commands_verb_given check (verb <> '')
);
comment on table pawl.commands is 'Audit trail of every command that changed something, and of those refused.';
comment on column pawl.commands.requested_by is 'Who asked, as the caller says.';
comment on column pawl.commands.db_user is 'Who asked, as Postgres knows: the login of the session.';
comment on column pawl.commands.outcome is 'resumed, dismissed, unpinned, sent or not sent, or why it was refused.';
comment on column pawl.commands.user_id is 'Whose mail, where the command is about one.';
comment on column pawl.commands.request is
  'Chosen by whoever asks: the same request sent again, as after a lost reply, answers as it did and changes nothing.';
create index commands_by_request on pawl.commands (request) where request is not null;

-- A failed event goes back under a new position; `store` sends it to the checkpoints that hold its finished steps.
-- The lock comes first: a request whose reply was lost may still be at work.
create function pawl.resume(event_id uuid, requested_by text, note text default null, delay interval default '0',
                            request uuid default null)
returns text language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
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
comment on function pawl.resume is 'Puts a failed event back into the outbox; returns resumed, or why it was refused.';

-- As in pawl.resume, the lock comes first.
create function pawl.dismiss(event_id uuid, reason text, requested_by text default session_user,
                             request uuid default null)
returns text language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  archived pawl.outbox_archive;
  outcome text;
begin
  if coalesce(trim(dismiss.reason), '') = '' then
    raise exception 'dismiss event %: a reason is needed, for whoever looks at it later', dismiss.event_id
      using errcode = 'invalid_parameter_value';
  end if;
  select * into archived from pawl.outbox_archive a
  where a.id = dismiss.event_id order by a.finished_at desc limit 1 for update;
  select c.outcome into outcome from pawl.commands c
  where c.request = dismiss.request and c.event_id = dismiss.event_id and c.verb = 'dismiss';
  if found then return outcome; end if;
  if exists (select from pawl.outbox o where o.id = dismiss.event_id) then
    outcome := 'not finished: it is in the outbox';
  elsif archived.id is null then
    outcome := 'not found';
  elsif archived.status <> 'failed' then
    outcome := 'not failed: it is ' || archived.status;
  else
    outcome := 'dismissed';
    update pawl.outbox_archive a
    set payload = case when a.withheld is null then a.payload
                       else jsonb_build_object('withheld_bytes', a.withheld) end,  -- nobody will read it any more
        status = 'dismissed', reason = format('dismissed by %s: %s; it had failed: %s', requested_by, dismiss.reason, a.reason)
    where a.id = archived.id and a.finished_at = archived.finished_at;
  end if;
  insert into pawl.commands (verb, event_id, requested_by, note, outcome, request)
  values ('dismiss', dismiss.event_id, dismiss.requested_by, dismiss.reason, outcome, dismiss.request);
  return outcome;
end $$;
comment on function pawl.dismiss is
  'Says that a failed event is to stay undone, and why; returns dismissed, or why it was refused. Retention may drop it then.';

-- A run that has acted on a failure waits for its own checkpoints. Where those are lost it may begin anew, at the risk of
-- whoever says so: its steps are done again, under their keys, and it no longer knows what it has made good. What is
-- leased, or belongs to a store whose worker lives, is not waiting for anybody.
create function pawl.unpin(event_id uuid, reason text, requested_by text default session_user,
                           request uuid default null)
returns text language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  pinned pawl.outbox;
  outcome text;
begin
  if coalesce(trim(unpin.reason), '') = '' then
    raise exception 'unpin event %: a reason is needed, for whoever looks at it later', unpin.event_id
      using errcode = 'invalid_parameter_value';
  end if;
  select * into pinned from pawl.outbox o where o.id = unpin.event_id for update;
  select c.outcome into outcome from pawl.commands c
  where c.request = unpin.request and c.event_id = unpin.event_id and c.verb = 'unpin';
  if found then return outcome; end if;
  outcome := case
    when pinned.id is null then 'not in the outbox'
    when not pinned.only_store then 'not pinned: any worker may run it'
    when pinned.lease_epoch is not null then 'not waiting: a worker has it'
    when exists (select from pawl.workers w
                 where w.store = pinned.store and w.stopped_at is null and w.expires_at > now())
      then 'not lost: a worker with its checkpoints is at work'
    else 'unpinned' end;
  if outcome = 'unpinned' then
    update pawl.outbox o set only_store = false where o.id = pinned.id;
    if exists (select from pawl.workers where asleep and expires_at > now()) then
      perform pg_notify('pawl', '');
    end if;
  end if;
  insert into pawl.commands (verb, event_id, requested_by, note, outcome, request)
  values ('unpin', unpin.event_id, unpin.requested_by, unpin.reason, outcome, unpin.request);
  return outcome;
end $$;
comment on function pawl.unpin is
  'Lets any worker run a resumed event whose checkpoints are lost; returns unpinned, or why it was refused.';

select pawl.close_functions();
