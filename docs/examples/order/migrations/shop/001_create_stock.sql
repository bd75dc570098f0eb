-- What is on the shelves, and what of it each order has. The count and the reservation change in one statement.
create schema shop;

create table shop.stock (
  sku text primary key,
  on_shelf int not null check (on_shelf >= 0)
);

create table shop.reservations (
  effects_id uuid,  -- Item::effects_id()
  sku text,
  quantity int not null,
  released boolean not null default false,
  reserved_at timestamptz not null default now(),
  primary key (effects_id, sku)
);
comment on column shop.reservations.released is 'Its items are back; nothing of this sku is reserved under the id any more.';

-- They go once their orders' events are gone.
create function shop.prune_reservations(age interval, behind text, step int, out removed bigint, out last text)
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  ids uuid[];
begin
  select array_agg(r.effects_id), max(r.effects_id::text) into ids, last
  from (select effects_id from shop.reservations where behind is null or effects_id > behind::uuid
        order by effects_id limit step) r;
  delete from shop.reservations r
  where r.effects_id = any(ids) and r.reserved_at < now() - age and pawl.is_gone(r.effects_id);
  get diagnostics removed = row_count;
  if cardinality(ids) < step then last := null; end if;
end $$;
insert into pawl.retained (name, prune) values ('reservations', 'shop.prune_reservations');
