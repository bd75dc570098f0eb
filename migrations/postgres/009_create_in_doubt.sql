-- Mails in doubt: what an operator sees of them, and how he resolves them.
--
-- A mail is in doubt when its last transaction ended between the final dot and the recorded reply: the ledger says
-- in_doubt, or it still says sending though the worker that claimed it is gone. Under the policy resend the next attempt
-- sends it again; under hold its run has failed and it waits for somebody who knows, from the relay's log or by asking
-- the recipient. Resolving is one transaction: ledger, audit trail and the run's return to the outbox.

alter table pawl.commands add column user_id uuid;
comment on column pawl.commands.user_id is 'Whose mail, where the command is about one.';
comment on column pawl.commands.outcome is 'resumed, sent or not sent, or why it was refused.';

create view pawl.v1_in_doubt as
  select d.event_id, d.user_id,
         (select r.email from pawl.recipients r where r.user_id = d.user_id limit 1) as email,
         d.claimed_at as since, d.in_doubt_count + (d.state = 'sending')::int as in_doubt_count, d.attempts,
         coalesce(d.reply, 'interrupted before the reply was recorded') as reply, d.message_id,
         case when a.status = 'failed' then 'held: its run has failed' else 'its run goes on' end as run
  from pawl.email_deliveries d
  left join lateral (select a.status from pawl.outbox_archive a where a.id = d.event_id
                     order by a.finished_at desc limit 1) a
    on not exists (select from pawl.outbox o where o.id = d.event_id)
  where d.state = 'in_doubt'
     or (d.state = 'sending'
         and not exists (select from pawl.workers w where w.epoch = d.epoch and w.expires_at > now()));

comment on view pawl.v1_in_doubt is 'Mails that may or may not have been sent, until sent again or resolved.';
comment on column pawl.v1_in_doubt.event_id is 'The event, and its run.';
comment on column pawl.v1_in_doubt.user_id is 'The recipient.';
comment on column pawl.v1_in_doubt.email is 'The recipient''s address today; null if there is none any more.';
comment on column pawl.v1_in_doubt.since is 'When the worker was cleared to send it.';
comment on column pawl.v1_in_doubt.in_doubt_count is 'How often it may have been sent without a recorded reply.';
comment on column pawl.v1_in_doubt.attempts is 'How often a worker was cleared to send it.';
comment on column pawl.v1_in_doubt.reply is 'What was known last.';
comment on column pawl.v1_in_doubt.message_id is 'The same in every copy: what to look for in the relay''s log.';
comment on column pawl.v1_in_doubt.run is 'Whether its run has failed over it, or goes on and comes back to it.';

-- Takes mails of one event out of doubt: all of them, or one user's. Whoever claims a row waits for this transaction,
-- and this one for him. `run` says what became of the event's run.
create function pawl.resolve_in_doubt(event_id uuid, user_id uuid, sent boolean, requested_by text,
                                      note text default null, out resolved int, out outcome text, out run text)
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
  insert into pawl.commands (verb, event_id, user_id, requested_by, note, outcome)
  select 'resolve-in-doubt', resolve_in_doubt.event_id, r.user_id, requested_by, note,
         case when sent then 'sent' else 'not sent' end
  from decided r;
  get diagnostics resolved = row_count;
  if resolved = 0 then
    select coalesce('not in doubt: its mails are ' || string_agg(distinct d.state, ', '), 'not found: no mail of it')
    into outcome from pawl.email_deliveries d
    where d.event_id = resolve_in_doubt.event_id
      and (resolve_in_doubt.user_id is null or d.user_id = resolve_in_doubt.user_id);
    insert into pawl.commands (verb, event_id, user_id, requested_by, note, outcome)
    values ('resolve-in-doubt', resolve_in_doubt.event_id, resolve_in_doubt.user_id, requested_by, note, outcome);
    return;
  end if;
  outcome := 'resolved';
  run := 'goes on by itself';
  if not exists (select from pawl.outbox o where o.id = resolve_in_doubt.event_id) then
    run := pawl.resume(resolve_in_doubt.event_id, requested_by, 'in doubt resolved' || coalesce(': ' || note, ''));
  end if;
end $$;
revoke execute on function pawl.resolve_in_doubt from public;
comment on function pawl.resolve_in_doubt is 'Says that mails in doubt were sent, or were not, and resumes their run.';
