-- Lists the unfinished runs by their number. By status and wake time, which no query looks for, each change of the list
-- compared texts, and a run that parked or moved was listed anew: two of the twenty thousand instructions of ending a
-- run, and as many of starting one. A worker that starts reads them by number, and looked through every run for that.

drop index runs_unfinished;
create index runs_unfinished on runs (run) where ended_at is null;
