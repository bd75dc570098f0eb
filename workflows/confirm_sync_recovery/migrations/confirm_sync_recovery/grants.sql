-- The worker reads which failures an event confirms, what their runs are called, and which runs stand for them.
grant select on pawl.sync_failures to pawl_worker, pawl_operator;
grant select (stands_for) on pawl.outbox_archive to pawl_worker;
grant execute on function pawl.run_id to pawl_worker;
