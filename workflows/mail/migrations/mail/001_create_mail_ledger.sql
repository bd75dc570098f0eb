-- The mail ledger: the truth about every mail, written before it is sent and settled after.
--
--   (none) --claim--> sending --settle--> accepted   (final)
--                        |  +-----------> deferred | rejected | suppressed   (a later claim sends again)
--                        |  +-----------> in_doubt
--                        +--found by a later claim: interrupted, counted in in_doubt_count--> sending | in_doubt
--
-- A row stays `sending` exactly while its outcome is not recorded. If the worker dies there, the mail may or may not have
-- left; the next claim counts that in in_doubt_count and then sends again (policy resend) or leaves it in_doubt for an
-- operator (policy hold). No state is indexed, so each change is a heap-only update: an
-- index of those that are being sent would cost 23 us and 310 bytes of WAL a mail. What settling changes stands last, side
-- by side: WAL has what is between the first and the last byte that differ, 90 bytes a mail less than anywhere else.
--
-- A mail's key is its run, its step and its recipient. A run has the id of its event; one of a further workflow of the
-- event has an id of its own, so that the workflow is written down for people only. A recipient who is no user of the
-- application has an id made of his address.
--
-- A step's mail to one mailbox is one mail, whichever of the mailbox's users asks for it: should recipients be resolved
-- anew, because the checkpoints are lost, the address tells that the mail was sent under another user's row. The date is
-- that of the claim, and stays from the first claim on that may have sent the mail.

create table pawl.email_deliveries (
  event_id uuid not null,
  user_id uuid not null,
  epoch bigint not null,
  claim bigint not null,
  claimed_at timestamptz not null,
  attempts int not null,
  in_doubt_count int not null default 0,
  workflow text not null,
  step text collate "C" not null,
  message_id text not null,
  address text,
  first_claimed_at timestamptz,
  settled_at timestamptz,
  state text not null,
  reply text,
  primary key (event_id, user_id, step),
  constraint email_state_known
    check (state in ('sending', 'accepted', 'deferred', 'in_doubt', 'rejected', 'suppressed')),
  constraint email_sending_is_unsettled check ((state = 'sending') = (settled_at is null)),
  constraint email_in_doubt_is_counted check (state <> 'in_doubt' or in_doubt_count > 0),
  constraint email_unsent_has_reason check (state not in ('rejected', 'suppressed') or reply is not null)
) with (fillfactor = 45);

create index email_by_user on pawl.email_deliveries (user_id);  -- 2 us and 80 bytes of WAL a mail
create index email_doubted on pawl.email_deliveries (event_id) where in_doubt_count > 0;

comment on table pawl.email_deliveries is 'The mail ledger, one row per event, step and recipient. Read it through pawl.v1_emails.';
comment on column pawl.email_deliveries.user_id is
  'The recipient: a user, or, where the mail is to no user of the application, an id made of the address.';
comment on column pawl.email_deliveries.epoch is 'The worker that claimed it last; nobody else can settle it.';
comment on column pawl.email_deliveries.claim is 'That worker''s claim call: tells a repeated call from an interrupted mail.';
comment on column pawl.email_deliveries.attempts is
  'How often a worker was cleared to send it, also while the step was paused, when the run is charged no attempt.';
comment on column pawl.email_deliveries.in_doubt_count is 'How often it may have been sent without a recorded reply.';
comment on column pawl.email_deliveries.reply is 'The server''s reply, or why it was not sent.';
comment on column pawl.email_deliveries.address is
  'Where it goes, as typed but for blanks around it; null where there was no address.';
comment on column pawl.email_deliveries.first_claimed_at is
  'The first claim that may have sent it, where that is not the last one.';

-- Whose mails went to an address, for whoever knows the address alone: so many rows as there are pairs, where an index of
-- the mails would have one a mail. Each is written once a day, so that one that is in use is never taken for old.
create table pawl.mailboxes (
  address text,
  user_id uuid,
  seen_on date not null,
  primary key (address, user_id)
);
comment on table pawl.mailboxes is 'Addresses that mails were claimed for, and for whom.';
comment on column pawl.mailboxes.address is 'In lower case.';
comment on column pawl.mailboxes.user_id is 'The recipient, as in email_deliveries.';
comment on column pawl.mailboxes.seen_on is 'The last day on which one was claimed.';

-- `event_id` is the run's id, under which all effects of a run are kept; of one that stands for another, that one's.
create view pawl.v1_emails as
  select event_id as run_id, workflow, step, user_id, state, in_doubt_count, attempts, message_id, reply, epoch, claimed_at, settled_at, address,
         coalesce(first_claimed_at, claimed_at) as dated_at,
         coalesce((select o.headers->>'traceparent' from pawl.outbox o where o.id = event_id),
                  (select a.headers->>'traceparent' from pawl.outbox_archive a where a.id = event_id
                   order by a.finished_at desc limit 1)) as traceparent
  from pawl.email_deliveries;

comment on view pawl.v1_emails is 'The mail ledger, one row per event, step and recipient.';
comment on column pawl.v1_emails.run_id is 'The run under whose keys it is sent, as v1_events.effects_of says of others.';
comment on column pawl.v1_emails.workflow is 'The workflow that it is a mail of.';
comment on column pawl.v1_emails.step is 'The step that it is a mail of.';
comment on column pawl.v1_emails.user_id is
  'The recipient: a user, or, where the mail is to no user of the application, an id made of the address.';
comment on column pawl.v1_emails.state is 'sending, accepted, deferred, in_doubt, rejected or suppressed.';
comment on column pawl.v1_emails.in_doubt_count is 'How often it may have been sent without a recorded reply.';
comment on column pawl.v1_emails.attempts is
  'How often a worker was cleared to send it, also while the step was paused, when the run is charged no attempt.';
comment on column pawl.v1_emails.message_id is 'The same in every copy.';
comment on column pawl.v1_emails.reply is 'The server''s last reply, or why it was not sent.';
comment on column pawl.v1_emails.epoch is 'The worker that claimed it last.';
comment on column pawl.v1_emails.claimed_at is 'When that worker was cleared to send.';
comment on column pawl.v1_emails.settled_at is 'When the outcome was recorded; null while sending.';
comment on column pawl.v1_emails.address is
  'Where it goes, as typed but for blanks around it; null where there was no address.';
comment on column pawl.v1_emails.dated_at is
  'Its Date, the same in every copy: the first claim that may have sent it.';
comment on column pawl.v1_emails.traceparent is
  'The trace in which its event was emitted; null where there is none, or the event has left the archive.';

-- A mail is in doubt when its last transaction ended between the final dot and the recorded reply: the ledger says
-- in_doubt, or it still says sending though the worker that claimed it is gone. Under the policy resend the next attempt
-- sends it again; under hold its run has failed and it waits for somebody who knows, from the relay's log or by asking
-- the recipient. Resolving is one transaction: ledger, audit trail and the run's return to the outbox.

-- `sending` is in no index. So what a worker that is gone was sending is looked for among the mails of runs that have not
-- ended, or not well, or whose code went on over a failed step: any other run that is done has settled its mails. (But for
-- one to somebody who is no recipient any more, where recipients were resolved anew: v1_emails has it.) The sub-selects keep
-- the planner from reading the whole ledger.
--
-- The run may be one that was made from the one that the mail is kept under.
create view pawl.v1_in_doubt as
  select d.event_id as run_id, d.workflow, d.step, d.user_id,
         d.address as email,
         coalesce(d.first_claimed_at, d.claimed_at) as since,
         d.in_doubt_count + (d.state = 'sending')::int as in_doubt_count, d.attempts,
         coalesce(d.reply, 'interrupted before the reply was recorded') as reply, d.message_id,
         case when exists (select from pawl.outbox o where o.id = d.event_id or o.effects_of = d.event_id)
              then 'its run goes on'
              when exists (select from pawl.outbox_archive a
                           where (a.id = d.event_id or a.effects_of = d.event_id) and a.status = 'failed')
              then 'held: its run has failed' else 'its run has ended' end as run
  from (select e.* from pawl.email_deliveries e where e.in_doubt_count > 0
        union all
        select s.* from (select coalesce(o.effects_of, o.id) as run_id from pawl.outbox o
                         where o.deliveries > 0 or o.effects_of is not null
                         union
                         select coalesce(a.effects_of, a.id) from pawl.outbox_archive a where a.status = 'failed'
                         union
                         select coalesce(a.effects_of, a.id) from pawl.outbox_archive a
                         where a.status in ('cancelled', 'dismissed')
                         union
                         select coalesce(a.effects_of, a.id) from pawl.outbox_archive a
                         where a.status = 'done' and a.resumable = 'nowhere') r
        cross join lateral (select e.* from pawl.email_deliveries e
                            where e.event_id = r.run_id and e.state = 'sending' and e.in_doubt_count = 0 offset 0) s) d
  where d.state = 'in_doubt'
     or (d.state = 'sending'
         and not exists (select from pawl.workers w where w.epoch = d.epoch and w.expires_at > now()));

comment on view pawl.v1_in_doubt is 'Mails that may or may not have been sent, until sent again or resolved.';
comment on column pawl.v1_in_doubt.run_id is 'The run under whose keys it is sent, as in v1_emails.';
comment on column pawl.v1_in_doubt.workflow is 'The workflow that it is a mail of.';
comment on column pawl.v1_in_doubt.step is 'The step that it is a mail of.';
comment on column pawl.v1_in_doubt.user_id is 'The recipient, as in v1_emails.';
comment on column pawl.v1_in_doubt.email is 'Where it may have gone.';
comment on column pawl.v1_in_doubt.since is 'When the worker was cleared to send the first copy that may exist.';
comment on column pawl.v1_in_doubt.in_doubt_count is 'How often it may have been sent without a recorded reply.';
comment on column pawl.v1_in_doubt.attempts is 'How often a worker was cleared to send it, as in v1_emails.';
comment on column pawl.v1_in_doubt.reply is 'What was known last.';
comment on column pawl.v1_in_doubt.message_id is 'The same in every copy: what to look for in the relay''s log.';
comment on column pawl.v1_in_doubt.run is 'Whether its run has failed over it, goes on and comes back to it, or has ended otherwise.';

-- Takes mails under one run's keys out of doubt: all of them, or one recipient's. Whoever claims a row waits for this transaction,
-- and this one for him. `run` says what became of the event's run.
create function pawl.resolve_in_doubt(run_id uuid, user_id uuid, sent boolean, requested_by text,
                                      note text default null, request uuid default null,
                                      out resolved int, out outcome text, out run text)
language plpgsql security definer set search_path = pg_catalog, pawl, pg_temp as $$
declare
  told constant text := pawl.in_utf8('said ' || case when sent then '' else 'not ' end || 'to have been sent, by ' ||
                                     requested_by || coalesce(': ' || note, ''));
  failed_run uuid;  -- that one, or one that was made from it
begin
  perform pawl.require_read_committed(format('to resolve mails of run %s', resolve_in_doubt.run_id));
  with locked as (
    select d.event_id, d.user_id, d.step from pawl.email_deliveries d
    where d.event_id = resolve_in_doubt.run_id
      and (resolve_in_doubt.user_id is null or d.user_id = resolve_in_doubt.user_id)
      and (d.state = 'in_doubt'
           or (d.state = 'sending'
               and not exists (select from pawl.workers w where w.epoch = d.epoch and w.expires_at > now())))
    order by d.user_id, d.step for update),
  decided as (
    update pawl.email_deliveries d
    set state = case when sent then 'accepted' else 'deferred' end, settled_at = now(), reply = told,
        in_doubt_count = d.in_doubt_count + (d.state = 'sending')::int
    from locked l where d.event_id = l.event_id and d.user_id = l.user_id and d.step = l.step
    returning d.user_id)
  insert into pawl.commands (verb, event_id, user_id, requested_by, note, outcome, request)
  select 'resolve-in-doubt', resolve_in_doubt.run_id, r.user_id, requested_by, note,
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
    where d.event_id = resolve_in_doubt.run_id
      and (resolve_in_doubt.user_id is null or d.user_id = resolve_in_doubt.user_id);
    insert into pawl.commands (verb, event_id, user_id, requested_by, note, outcome, request)
    values ('resolve-in-doubt', resolve_in_doubt.run_id, resolve_in_doubt.user_id, requested_by, note, outcome,
            resolve_in_doubt.request);
    return;
  end if;
  outcome := 'resolved';
  run := 'goes on by itself';
  if not exists (select from pawl.outbox o
                 where o.id = resolve_in_doubt.run_id or o.effects_of = resolve_in_doubt.run_id) then
    select a.id into failed_run from pawl.outbox_archive a
    where (a.id = resolve_in_doubt.run_id or a.effects_of = resolve_in_doubt.run_id) and a.status = 'failed'
    order by a.finished_at desc limit 1;
    run := pawl.resume_run(coalesce(failed_run, resolve_in_doubt.run_id), requested_by,
                           'in doubt resolved' || coalesce(': ' || note, ''), '0', resolve_in_doubt.request);
  end if;
end $$;
comment on function pawl.resolve_in_doubt is 'Says that mails in doubt were sent, or were not, and resumes their run.';

-- A mail in doubt stays until it is resolved, though its run is gone. One that a run has left unsettled is found by that run
-- only, so it is in doubt once there is none.
create function pawl.prune_mails(age interval, behind text, step int, out removed bigint, out last text)
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  events uuid[];
begin
  select array_agg(e.event_id), max(e.event_id::text) into events, last
  from (select event_id from pawl.email_deliveries where behind is null or event_id > behind::uuid
        order by event_id limit prune_mails.step) e;
  update pawl.email_deliveries d
  set state = 'in_doubt', settled_at = now(), in_doubt_count = d.in_doubt_count + 1,
      reply = coalesce(d.reply, 'interrupted before the reply was recorded')
  where d.event_id = any(events) and d.state = 'sending' and d.claimed_at < now() - age and pawl.is_gone(d.event_id);
  delete from pawl.email_deliveries d
  where d.event_id = any(events) and d.state not in ('in_doubt', 'sending')
    and greatest(d.claimed_at, d.settled_at) < now() - age and pawl.is_gone(d.event_id);
  get diagnostics removed = row_count;
  if cardinality(events) < prune_mails.step then last := null; end if;
end $$;
create function pawl.count_old_mails(age interval) returns bigint
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select count(*) from pawl.email_deliveries d
  where greatest(d.claimed_at, d.settled_at) < now() - age and d.state not in ('in_doubt', 'sending')
    and not exists (select from pawl.known_events k where k.event_id = d.event_id and k.ages_from >= now() - age)
$$;

-- A mail that stays, as one in doubt does, keeps its address.
create function pawl.old_mailboxes(age interval) returns setof pawl.mailboxes
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select m.* from pawl.mailboxes m
  where m.seen_on < now() - age - interval '1 day'
    and not exists (select from pawl.email_deliveries d where d.user_id = m.user_id and lower(d.address) = m.address)
$$;
create function pawl.prune_mailboxes(age interval, behind text, step int, out removed bigint, out last text)
language plpgsql set search_path = pg_catalog, pawl, pg_temp as $$
declare
  addresses text[];
begin
  select array_agg(m.address), max(m.address) into addresses, last
  from (select address from pawl.mailboxes where behind is null or address > behind
        order by address limit prune_mailboxes.step) m;
  delete from pawl.mailboxes m using pawl.old_mailboxes(age) o
  where m.address = any(addresses) and m.address = o.address and m.user_id = o.user_id;
  get diagnostics removed = row_count;
  if cardinality(addresses) < prune_mailboxes.step then last := null; end if;
end $$;
create function pawl.count_old_mailboxes(age interval) returns bigint
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$ select count(*) from pawl.old_mailboxes(age) $$;
insert into pawl.retained (name, prune, count_old) values
  ('mails', 'pawl.prune_mails', 'pawl.count_old_mails'),
  ('addresses of mails', 'pawl.prune_mailboxes', 'pawl.count_old_mailboxes');

create function pawl.runs_mailing(runs uuid[], who text) returns setof uuid
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select r.run_id from pawl.effects_of(runs) r join pawl.email_deliveries d on d.event_id = r.effects_of
  where (d.user_id::text = lower(who) or lower(d.address) = lower(who))
$$;
comment on function pawl.runs_mailing is 'Those of the runs that have a mail to a user, by his id or address.';
insert into pawl.user_runs values ('mail', 'pawl.runs_mailing');

-- By the view, which is what an operator may read.
create function pawl.mails_of(event_id uuid)
returns table (channel text, user_id text, address text, state text, detail text, at timestamptz)
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select 'email', e.user_id::text, e.address, e.state, e.reply, coalesce(e.settled_at, e.claimed_at)
  from pawl.v1_emails e where e.run_id = mails_of.event_id
$$;
comment on function pawl.mails_of is 'The mails of an event, as they are told in the story of a run.';

-- In PL/pgSQL, which plans for the address that is asked for: where a few addresses have most of the mails, a plan for any
-- looks through them all.
create function pawl.events_mailing(user_id uuid, address text, since timestamptz) returns setof uuid
language plpgsql stable set search_path = pg_catalog, pawl, pg_temp as $$
begin
  return query
  select e.run_id from pawl.v1_emails e
  where e.user_id = events_mailing.user_id and coalesce(e.settled_at, e.claimed_at) >= since
  union
  select e.run_id from pawl.v1_emails e
  where e.user_id = any(array(select m.user_id from pawl.mailboxes m where m.address = lower(events_mailing.address)))
    and lower(e.address) = lower(events_mailing.address) and coalesce(e.settled_at, e.claimed_at) >= since;
end $$;
comment on function pawl.events_mailing is 'Events that have a mail to a user, by his id, or to an address.';
insert into pawl.notifiers values ('mail', 'pawl.mails_of', 'pawl.events_mailing');

-- By one index, some times a minute. What a worker that died was sending is counted once somebody has claimed it again; the
-- view has it before.
create function pawl.read_in_doubt(out name text, out workflow text, out value double precision) returns setof record
language sql stable set search_path = pg_catalog, pawl, pg_temp as $$
  select 'in_doubt', d.workflow, count(*)::double precision from pawl.email_deliveries d
  where d.in_doubt_count > 0 and d.state = 'in_doubt' group by d.workflow
$$;
insert into pawl.gauges values ('mail', 'pawl.read_in_doubt');
select pawl.close_functions();
