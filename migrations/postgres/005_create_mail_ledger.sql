-- The mail ledger: the truth about every mail, written before it is sent and settled after.
--
--   (none) --claim--> sending --settle--> accepted   (final)
--                        |  +-----------> deferred | rejected | suppressed   (a later claim sends again)
--                        |  +-----------> in_doubt
--                        +--found by a later claim: interrupted, counted in in_doubt_count--> sending | in_doubt
--
-- A row stays `sending` exactly while its outcome is not recorded. If the worker dies there, the mail may or may not have
-- left; the next claim counts that in in_doubt_count and then sends again (policy resend) or leaves it in_doubt for an
-- operator (policy hold). No state but the key is indexed, so each change is a heap-only update.

create table pawl.email_deliveries (
  event_id uuid not null,
  user_id uuid not null,
  epoch bigint not null,
  claim bigint not null,
  claimed_at timestamptz not null,
  settled_at timestamptz,
  attempts int not null,
  in_doubt_count int not null default 0,
  state text not null,
  message_id text not null,
  reply text,
  primary key (event_id, user_id),
  constraint email_state_known
    check (state in ('sending', 'accepted', 'deferred', 'in_doubt', 'rejected', 'suppressed')),
  constraint email_sending_is_unsettled check ((state = 'sending') = (settled_at is null)),
  constraint email_in_doubt_is_counted check (state <> 'in_doubt' or in_doubt_count > 0),
  constraint email_unsent_has_reason check (state not in ('rejected', 'suppressed') or reply is not null)
) with (fillfactor = 45);

comment on table pawl.email_deliveries is 'The mail ledger, one row per event and user. Read it through pawl.v1_emails.';
comment on column pawl.email_deliveries.epoch is 'The worker that claimed it last; nobody else can settle it.';
comment on column pawl.email_deliveries.claim is 'That worker''s claim call: tells a repeated call from an interrupted mail.';
comment on column pawl.email_deliveries.attempts is 'How often a worker was cleared to send it.';
comment on column pawl.email_deliveries.in_doubt_count is 'How often it may have been sent without a recorded reply.';
comment on column pawl.email_deliveries.reply is 'The server''s reply, or why it was not sent.';
