-- Which failures a failed run's workflow has acted on: resuming keeps those and forgets the others. And where the run may
-- go on: anywhere (it acted on none), here (where the marks are) or nowhere (it acted on all). Of a run that ended before
-- there was a mark every failure is forgotten, as it was then.

alter table steps add column caught integer not null default 0
  constraint caught_is_a_failure check (caught = 0 or caught = 1 and failed = 1);
alter table runs add column resumable text not null default 'anywhere'
  constraint known_resumable check (resumable = 'anywhere' or resumable = 'here' or resumable = 'nowhere');
