-- A claim that arrives after its worker has given it up takes nothing.
--
-- A worker gives a claim up when its connection breaks or stays silent, and looks for what it may have leased. The claim
-- itself may still be on its way, in a frozen server process or in the network, and run later, under an epoch that
-- lives: nobody would ever look for the events it leases then. So the worker, before it looks, says in its row from
-- which claim on its claims count; a claim checks that while it holds the row's lock, as it checks the epoch.

alter table pawl.workers add column claims_from int not null default 1;
comment on column pawl.workers.claims_from is 'Claims of this epoch with a lower lease_batch come too late and take nothing.';
