-- What each role needs, and no more: columns where a whole table is not needed. Repeated at each migration.

-- The worker claims, finishes and archives events.
grant usage on schema pawl to pawl_worker;
grant select on pawl.migrations, pawl.workflows to pawl_worker;
grant select, insert, update, delete on pawl.workers to pawl_worker;
grant select, insert, update on pawl.stores to pawl_worker;
grant insert, select (takeover, from_epoch) on pawl.takeovers to pawl_worker;
grant insert on pawl.takeover_runs to pawl_worker;
grant select, insert, update, delete on pawl.step_reports to pawl_worker;
grant select, delete, update (lease_epoch, lease_batch, deliveries, mark, marked_by, marked_at, mark_note,
  mark_epoch)
  on pawl.outbox to pawl_worker;
grant insert, select (id, position, status) on pawl.outbox_archive to pawl_worker;
-- payload_bytes: for an update of the outbox where somebody has put a trigger before it. A role that inserts into the
-- outbox by itself, not by pawl.emit, needs it as well.
grant execute on function pawl.payload_bytes, pawl.name_runs, pawl.maintain_archive, pawl.prune, pawl.problems,
  pawl.work_on_batches, pawl.read_gauges, pawl.prunable, pawl.headers_to_keep to pawl_worker;

-- The operator sees everything in the views, and changes events by functions that record who asked.
grant usage on schema pawl to pawl_operator;
grant select on pawl.migrations, pawl.workflows, pawl.commands, pawl.producers, pawl.stores, pawl.notifiers to pawl_operator;
grant select on pawl.v1_events, pawl.v1_workers, pawl.v1_lag, pawl.v1_commands, pawl.v1_batches, pawl.v1_batch_runs to pawl_operator;
grant select on pawl.v1_stores, pawl.v1_takeovers, pawl.v1_waiting, pawl.v1_circuits, pawl.v1_pauses, pawl.v1_calls to pawl_operator;
grant select (id, event, workflow, type, lease_epoch, created_at, available_at) on pawl.outbox to pawl_operator;
grant select (id, event, workflow, status, finished_at) on pawl.outbox_archive to pawl_operator;
grant execute on function pawl.runs_of, pawl.resume, pawl.dismiss, pawl.unpin, pawl.problems,
  pawl.prunable, pawl.reason_shape, pawl.select_runs, pawl.preview_batch, pawl.make_batch, pawl.control_batch,
  pawl.batch_ends, pawl.work_on_batches to pawl_operator;

grant execute on function pawl.requeue to pawl_operator;
grant execute on function pawl.cancel, pawl.retry_now, pawl.rerun, pawl.rerun_run to pawl_operator;
grant execute on function pawl.deliveries_of, pawl.runs_that_notified, pawl.people to pawl_operator;

-- The producer emits the types that pawl.producers gives it. A trigger on the application's tables needs no grant.
grant usage on schema pawl to pawl_producer;
grant select on pawl.migrations, pawl.workflows to pawl_producer;  -- for `pawl emit`, which looks before it emits
grant execute on function pawl.emit, pawl.new_event_id to pawl_producer;
