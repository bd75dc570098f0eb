-- The worker writes.
grant select, insert on pawl.say_hello_greetings to pawl_worker;
