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
