-- The archive: finished events, one partition a month, so that retention drops tables and deletes no rows.
--
-- pawl.maintain_archive creates the partitions of this month and the next two, and drops what is older than asked. Rows
-- that arrive while nobody has done so land in the default partition and are moved when their month is created: nothing
-- fails because a chore was forgotten.

create table pawl.outbox_archive (
  position bigint not null,
  id uuid not null,
  created_at timestamptz not null,
  finished_at timestamptz not null default now(),
  deliveries int not null,
  resumes int not null,
  store uuid not null,
  status text not null,
  reason text,
  type text not null,
  aggregatetype text not null,
  aggregateid text not null,
  payload jsonb not null,
  headers jsonb not null,
  primary key (id, finished_at),
  constraint archive_status_known check (status in ('done', 'failed')),
  constraint archive_failed_has_reason check (status = 'done' or reason <> '')
) partition by range (finished_at);

create index outbox_archive_failed on pawl.outbox_archive (finished_at) where status = 'failed';
create table pawl.outbox_archive_default partition of pawl.outbox_archive default;

comment on table pawl.outbox_archive is 'Finished events, moved here in the transaction that finished them.';
comment on column pawl.outbox_archive.status is 'done or failed.';
comment on column pawl.outbox_archive.reason is 'Why it failed, or what a done run has to say.';
comment on column pawl.outbox_archive.store is 'The checkpoint store that holds its run.';

create function pawl.create_archive_month(month timestamp) returns void language plpgsql as $$
declare
  partition_name text := 'outbox_archive_' || to_char(month, 'YYYY_MM');
  first_moment timestamptz := month at time zone 'UTC';
  last_moment timestamptz := (month + interval '1 month') at time zone 'UTC';
begin
  if to_regclass('pawl.' || partition_name) is not null then return; end if;
  execute format('create table pawl.%I (like pawl.outbox_archive including all)', partition_name);
  execute format('with moved as (delete from pawl.outbox_archive_default
                                 where finished_at >= %L and finished_at < %L returning *)
                  insert into pawl.%I select * from moved', first_moment, last_moment, partition_name);
  execute format('alter table pawl.outbox_archive attach partition pawl.%I for values from (%L) to (%L)',
                 partition_name, first_moment, last_moment);
end $$;

create function pawl.maintain_archive(keep interval default null) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  this_month timestamp := date_trunc('month', now() at time zone 'UTC');
  expired text;
  dropped int := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('pawl.maintain_archive', 0));
  for ahead in 0..2 loop
    perform pawl.create_archive_month(this_month + ahead * interval '1 month');
  end loop;
  if keep is null then return 0; end if;
  for expired in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'pawl.outbox_archive'::regclass and c.relname ~ '^outbox_archive_\d{4}_\d\d$'
      and (to_timestamp(right(c.relname, 7), 'YYYY_MM')::timestamp + interval '1 month') at time zone 'UTC' < now() - keep
  loop
    execute format('drop table pawl.%I', expired);
    dropped := dropped + 1;
  end loop;
  delete from pawl.outbox_archive_default where finished_at < now() - keep;
  return dropped;
end $$;

revoke execute on function pawl.create_archive_month, pawl.maintain_archive from public;
comment on function pawl.maintain_archive is
  'Creates the archive''s coming partitions, drops those wholly older than keep (null: none), returns how many.';

select pawl.maintain_archive();
