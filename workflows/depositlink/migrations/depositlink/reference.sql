-- DepositLink's own tables, as far as pawl meets them: for a fresh database, for tests and for the demo.
--
-- The application owns these tables. `pawl migrate --with-app` creates the ones that are missing and leaves existing
-- ones alone, whatever their columns. pawl reads people only through the view pawl.recipients, puts one trigger on
-- pms_sync_logs, and inserts into notifications; it updates and deletes nothing here.

create table if not exists organisations (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  slug text not null unique
);

create table if not exists users (
  id uuid primary key default gen_random_uuid(),
  email text,
  full_name text
);

create table if not exists org_members (
  org_id uuid not null references organisations (id) on delete cascade,
  user_id uuid not null references users (id) on delete cascade,
  role text not null,
  primary key (org_id, user_id),
  constraint org_members_role_known check (role in ('owner', 'admin', 'member'))
);

create table if not exists pms_connections (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references organisations (id) on delete cascade,
  provider text not null,
  label text,
  status text not null default 'active',
  last_synced_at timestamptz
);

create table if not exists pms_sync_logs (
  id uuid primary key default gen_random_uuid(),
  connection_id uuid not null references pms_connections (id) on delete cascade,
  status text not null,
  error_message text,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  constraint pms_sync_logs_status_known check (status in ('running', 'success', 'error'))
);

-- The unique constraint is what makes posting a notification twice harmless. seen_at, read_at and archived_at are the
-- application's; user_id and org_id carry no foreign key, so that a user deleted between two steps fails no batch.
create table if not exists notifications (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null,
  user_id uuid not null,
  org_id uuid not null,
  kind text not null,
  urgency text not null,
  title text not null,
  body text not null,
  link text,
  data jsonb not null default '{}',
  created_at timestamptz not null default now(),
  seen_at timestamptz,
  read_at timestamptz,
  archived_at timestamptz,
  unique (event_id, user_id, kind)
);
