-- The worker takes off shelves and puts back.
grant usage on schema shop to pawl_worker;
grant select, update on shop.stock to pawl_worker;
grant select, insert, update on shop.reservations to pawl_worker;
