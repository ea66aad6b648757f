-- What took a mandate's place leans on it, too. Who leans on what is found anew from the first record on; what was
-- recorded before is not recorded a second time.

delete from workers.leans;
delete from workers.positions where worker = 'reactions';
