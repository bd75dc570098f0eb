-- The worker reads people and posts notifications; the operator sees what was posted.
grant select on pawl.application, pawl.recipients to pawl_worker;
grant execute on function pawl.require_visible_rows, pawl.owners_and_admins to pawl_worker;
grant select on pawl.application to pawl_operator;
grant select (user_id, email, full_name) on pawl.recipients to pawl_operator;  -- who a user is, beside his id
grant execute on function pawl.notifications_of, pawl.events_notifying, pawl.recipients_among to pawl_operator;

-- notifications belongs to the application: whoever may not grant on it need not, once its owner has. Of a grant that
-- gives nothing Postgres only warns, so what the roles hold is looked at afterwards, and whatever is missing told at once.
do $$
declare
  notifications constant text := (select format('%I.notifications', schema) from pawl.application);
  owner constant text := (select c.relowner::regrole from pg_class c where c.oid = to_regclass(notifications));
  wanted record;
  lacking text[];
  statements text[] := '{}';
begin
  perform set_config('client_min_messages', 'error', true);
  for wanted in
    select w.*, a.schema,
           format('grant %s (%s) on %s to %I', w.privilege, array_to_string(w.columns, ', '), notifications, w.task) as statement
    from pawl.application a, (values
      ('pawl_worker', 'insert', array['id', 'event_id', 'user_id', 'org_id', 'kind', 'urgency', 'title', 'body', 'link', 'data']),
      ('pawl_worker', 'select', array['event_id', 'user_id', 'kind']),
      ('pawl_operator', 'select', array['event_id', 'user_id', 'title', 'created_at'])) w (task, privilege, columns)
  loop
    for attempt in 1..2 loop
      lacking := array(select c from unnest(wanted.columns) c
                       where not has_column_privilege(wanted.task, notifications, c, wanted.privilege));
      exit when lacking = '{}';
      if attempt = 2 then
        statements := statements || format('grant %s (%s) on %s to %I', wanted.privilege, array_to_string(lacking, ', '),
                                           notifications, wanted.task);
        exit;
      end if;
      begin
        execute wanted.statement;
      exception when insufficient_privilege then null;
      end;
    end loop;
    for attempt in 1..2 loop
      exit when has_schema_privilege(wanted.task, wanted.schema, 'usage');
      if attempt = 2 then
        statements := statements || format('grant usage on schema %I to %I', wanted.schema, wanted.task);
        exit;
      end if;
      begin
        execute format('grant usage on schema %I to %I', wanted.schema, wanted.task);
      exception when insufficient_privilege then null;
      end;
    end loop;
  end loop;
  if statements <> '{}' then
    raise exception '% may not give the roles what they need of %: as its owner %, %', current_user, notifications, owner,
        (select string_agg(distinct s, '; ') from unnest(statements) s)
      using errcode = 'insufficient_privilege';
  end if;
end $$;
