-- Whose event it is, if its producer said so: a tenant whose items are refused is kept apart from the others, also after
-- its runs have waited.

alter table events add column tenant text not null default '';
