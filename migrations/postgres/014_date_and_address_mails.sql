-- Where a mail went, and the date that every copy of it carries.
--
-- An event's mail to one mailbox is one mail, whichever of the mailbox's users asks for it: should recipients be resolved
-- anew, because the checkpoints are lost, the address tells that the mail was sent under another user's row. The date is
-- that of the claim, and stays from the first claim on that may have sent the mail. Both are in no index, so that each
-- change stays a heap-only update.

alter table pawl.email_deliveries add column address text, add column first_claimed_at timestamptz;
comment on column pawl.email_deliveries.address is
  'Where it goes, as typed but for blanks around it; null for mails of older builds, and where there was no address.';
comment on column pawl.email_deliveries.first_claimed_at is
  'The first claim that may have sent it, where that is not the last one.';

create or replace view pawl.v1_emails as
  select event_id, user_id, state, in_doubt_count, attempts, message_id, reply, epoch, claimed_at, settled_at, address,
         coalesce(first_claimed_at, claimed_at) as dated_at
  from pawl.email_deliveries;

comment on column pawl.v1_emails.address is
  'Where it goes, as typed but for blanks around it; null for mails of older builds, and where there was no address.';
comment on column pawl.v1_emails.dated_at is
  'Its Date, the same in every copy: the first claim that may have sent it.';

create or replace view pawl.v1_in_doubt as
  select d.event_id, d.user_id,
         coalesce(d.address, (select r.email from pawl.recipients r where r.user_id = d.user_id limit 1)) as email,
         coalesce(d.first_claimed_at, d.claimed_at) as since,
         d.in_doubt_count + (d.state = 'sending')::int as in_doubt_count, d.attempts,
         coalesce(d.reply, 'interrupted before the reply was recorded') as reply, d.message_id,
         case when a.status = 'failed' then 'held: its run has failed' else 'its run goes on' end as run
  from pawl.email_deliveries d
  left join lateral (select a.status from pawl.outbox_archive a where a.id = d.event_id
                     order by a.finished_at desc limit 1) a
    on not exists (select from pawl.outbox o where o.id = d.event_id)
  where d.state = 'in_doubt'
     or (d.state = 'sending'
         and not exists (select from pawl.workers w where w.epoch = d.epoch and w.expires_at > now()));

comment on column pawl.v1_in_doubt.email is 'Where it may have gone.';
comment on column pawl.v1_in_doubt.since is 'When the worker was cleared to send the first copy that may exist.';
comment on column pawl.email_deliveries.attempts is
  'How often a worker was cleared to send it, also while the step was paused, when the run is charged no attempt.';
comment on column pawl.v1_emails.attempts is
  'How often a worker was cleared to send it, also while the step was paused, when the run is charged no attempt.';
