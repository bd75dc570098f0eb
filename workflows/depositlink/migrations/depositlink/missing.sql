-- Which of the application's tables are missing; null: none.
select string_agg(t.name, ', ')
from unnest(array['organisations', 'users', 'org_members', 'pms_connections', 'pms_sync_logs', 'notifications']) t (name)
where not exists (select from unnest(current_setting('pawl.application_schemas')::text[]) s (name)
                  where to_regclass(format('%I.%I', s.name, t.name)) is not null)
