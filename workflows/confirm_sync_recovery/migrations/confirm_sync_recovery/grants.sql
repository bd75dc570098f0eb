-- The worker reads which failures an event confirms, and what their runs are called.
grant select on pawl.sync_failures to pawl_worker, pawl_operator;
grant execute on function pawl.run_id to pawl_worker;
