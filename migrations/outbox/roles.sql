-- The roles of pawl, one a task. None can log in: grant them to the logins that do the task.

do $$
declare
  task text;
begin
  foreach task in array array['pawl_worker', 'pawl_operator', 'pawl_producer'] loop
    if not exists (select from pg_roles where rolname = task) then
      begin
        execute format('create role %I nologin', task);
      exception when duplicate_object or unique_violation then null;  -- another migrator was faster
      end;
    end if;
  end loop;
end $$;
