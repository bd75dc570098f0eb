-- Which of the application's tables are missing; null: none.
select string_agg(t.name, ', ')
from unnest(array['organisations', 'users', 'org_members', 'pms_connections', 'pms_sync_logs', 'notifications']) t (name)
where to_regclass(t.name) is null
