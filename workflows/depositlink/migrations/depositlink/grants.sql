-- The worker reads people and posts notifications; the operator sees what was posted.
grant select on pawl.application, pawl.recipients to pawl_worker;
grant execute on function pawl.require_visible_rows to pawl_worker;
grant select on pawl.application to pawl_operator;
grant select (user_id, email, full_name) on pawl.recipients to pawl_operator;  -- who a user is, beside his id

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
