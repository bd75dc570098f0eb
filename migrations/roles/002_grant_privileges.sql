-- What each role needs, and no more: columns where a whole table is not needed. Repeated at each migration.

-- The worker claims, finishes and archives events, keeps the mail ledger, and posts notifications.
grant usage on schema pawl to pawl_worker;
grant select on pawl.migrations, pawl.application, pawl.recipients to pawl_worker;
grant select, insert, update, delete on pawl.workers to pawl_worker;
grant select, insert, update on pawl.stores to pawl_worker;
grant select, delete, update (lease_epoch, lease_batch, deliveries) on pawl.outbox to pawl_worker;
grant insert, select (id, position) on pawl.outbox_archive to pawl_worker;
grant select, insert, update on pawl.email_deliveries to pawl_worker;
grant execute on function pawl.maintain_archive, pawl.prune, pawl.problems, pawl.require_visible_rows to pawl_worker;

-- The operator sees everything in the views, and changes events by functions that record who asked.
grant usage on schema pawl to pawl_operator;
grant select on pawl.migrations, pawl.application, pawl.commands, pawl.producers, pawl.stores to pawl_operator;
grant select on pawl.v1_events, pawl.v1_emails, pawl.v1_workers, pawl.v1_lag, pawl.v1_in_doubt to pawl_operator;
grant select (id, status, finished_at) on pawl.outbox_archive to pawl_operator;
grant execute on function pawl.resume, pawl.dismiss, pawl.resolve_in_doubt, pawl.problems to pawl_operator;

-- The producer emits the types that pawl.producers gives it. A trigger on the application's tables needs no grant.
grant usage on schema pawl to pawl_producer;
grant execute on function pawl.emit, pawl.new_event_id to pawl_producer;

-- notifications belongs to the application: whoever may not grant on it need not, once its owner has.
do $$
declare
  notifications constant text := (select format('%I.notifications', schema) from pawl.application);
  wanted record;
begin
  for wanted in
    select * from (values
      ('pawl_worker', 'INSERT', array['id', 'event_id', 'user_id', 'org_id', 'kind', 'urgency', 'title', 'body', 'link', 'data']),
      ('pawl_worker', 'SELECT', array['event_id', 'user_id', 'kind']),
      ('pawl_operator', 'SELECT', array['event_id', 'user_id', 'title', 'created_at'])) w (task, privilege, columns)
  loop
    if exists (select from unnest(wanted.columns) c
               where not has_column_privilege(wanted.task, notifications, c, wanted.privilege)) then
      execute format('grant %s (%s) on %s to %I', wanted.privilege, array_to_string(wanted.columns, ', '), notifications,
                     wanted.task);
    end if;
    if not has_schema_privilege(wanted.task, (select schema from pawl.application), 'usage') then
      execute format('grant usage on schema %I to %I', (select schema from pawl.application), wanted.task);
    end if;
  end loop;
end $$;
