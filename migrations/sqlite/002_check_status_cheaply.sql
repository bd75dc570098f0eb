-- Checks a run's status by comparing. For `in` with more than two texts SQLite fills a table of them at every check, which
-- was two fifths of all the instructions of committing the checkpoints of a run. The rows stay as they are, so the table need not be
-- written anew: what SQLite documents for a change that no row shows.

pragma writable_schema = on;

update sqlite_schema
set sql = replace(sql, 'status in (''running'', ''waiting'', ''done'', ''failed'', ''superseded'')',
                  'status = ''running'' or status = ''waiting'' or status = ''done'' or status = ''failed'''
                  || ' or status = ''superseded''')
where type = 'table' and name = 'runs';

pragma writable_schema = off;
