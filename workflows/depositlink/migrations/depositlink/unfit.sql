-- What of the application's tables is missing, or of a type that pawl cannot work with; null: all fits.
select string_agg(format('%s.%s is %s', w.name, w.col, coalesce(format_type(a.atttypid, a.atttypmod) || ', not uuid', 'missing')), '; ' order by w.name, w.col)
from (select t.name, c.col, t.ids like '% ' || c.col || ' %' as is_id from (values
  ('organisations', ' id ', 'id name'), ('users', ' id ', 'id email full_name'),
  ('org_members', ' org_id user_id ', 'org_id user_id role'),
  ('pms_connections', ' id org_id ', 'id org_id provider label'),
  ('pms_sync_logs', ' id connection_id ', 'id connection_id status error_message finished_at'),
  ('notifications', ' id event_id user_id org_id ', 'id event_id user_id org_id kind urgency title body link data')) t (name, ids, cols)
  cross join unnest(string_to_array(t.cols, ' ')) c (col)) w
cross join lateral (
  select to_regclass(format('%I.%I', s.name, w.name)) as oid
  from unnest(current_setting('pawl.application_schemas')::text[]) with ordinality s (name, place)
  where to_regclass(format('%I.%I', s.name, w.name)) is not null order by s.place limit 1) found
left join pg_attribute a on a.attrelid = found.oid and a.attname = w.col and not a.attisdropped
left join pg_type y on y.oid = a.atttypid
where (a.attnum is null or w.is_id and 'uuid'::regtype not in (y.oid, y.typbasetype))
