-- The worker keeps the ledger; the operator reads it, and resolves mails in doubt.
grant select, insert, update on pawl.email_deliveries, pawl.mailboxes to pawl_worker;
grant select on pawl.v1_emails, pawl.v1_in_doubt, pawl.mailboxes to pawl_operator;
grant execute on function pawl.resolve_in_doubt, pawl.mails_of, pawl.events_mailing to pawl_operator;
