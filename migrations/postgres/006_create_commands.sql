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
  constraint commands_verb_given check (verb <> '')
);
comment on table pawl.commands is 'Audit trail of every command that changed something, and of those refused.';
comment on column pawl.commands.outcome is 'resumed, or why it was refused.';

-- A failed event goes back under a new position; `store` sends it to the checkpoints that hold its finished steps.
create function pawl.resume(event_id uuid, requested_by text, note text default null, delay interval default '0')
returns text language plpgsql as $$
declare
  archived pawl.outbox_archive;
  outcome text := 'resumed';
begin
  select * into archived from pawl.outbox_archive a
  where a.id = resume.event_id order by a.finished_at desc limit 1 for update;
  if exists (select from pawl.outbox o where o.id = resume.event_id) then
    outcome := 'not finished: it is in the outbox';
  elsif archived.id is null then
    outcome := 'not found';
  elsif archived.status <> 'failed' then
    outcome := 'not failed: it is ' || archived.status;
  else
    insert into pawl.outbox (id, created_at, available_at, resumes, store, type, aggregatetype, aggregateid, payload, headers)
    values (archived.id, archived.created_at, now() + delay, archived.resumes + 1, archived.store, archived.type,
            archived.aggregatetype, archived.aggregateid, archived.payload, archived.headers)
    on conflict on constraint outbox_id_once do nothing;
    if found then
      delete from pawl.outbox_archive a where a.id = archived.id and a.finished_at = archived.finished_at;
    else
      outcome := 'not finished: it is in the outbox';
    end if;
  end if;
  insert into pawl.commands (verb, event_id, requested_by, note, outcome)
  values ('resume', resume.event_id, resume.requested_by, resume.note, outcome);
  if exists (select from pawl.workers where asleep and expires_at > now()) then
    perform pg_notify('pawl', '');
  end if;
  return outcome;
end $$;
revoke execute on function pawl.resume from public;
comment on function pawl.resume is 'Puts a failed event back into the outbox; returns resumed, or why it was refused.';
