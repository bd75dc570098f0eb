-- What was said to whom came, once an event.
create table pawl.say_hello_greetings (
  effects_id uuid primary key,
  text text not null
);
comment on table pawl.say_hello_greetings is 'What was said to whom came.';
