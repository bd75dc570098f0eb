-- What is on the shelves, and what of it each order has. The count and the reservation change in one statement.
create schema shop;

create table shop.stock (
  sku text primary key,
  on_shelf int not null check (on_shelf >= 0)
);

create table shop.reservations (
  event_id uuid,
  sku text,
  quantity int not null,
  released boolean not null default false,
  primary key (event_id, sku)
);
comment on column shop.reservations.released is 'Its items are back; the event reserves nothing of this sku any more.';
