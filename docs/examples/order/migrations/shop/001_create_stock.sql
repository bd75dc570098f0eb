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
  primary key (effects_id, sku)
);
comment on column shop.reservations.released is 'Its items are back; nothing of this sku is reserved under the id any more.';
