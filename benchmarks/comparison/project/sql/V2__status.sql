-- Changes rows.
UPDATE leads SET status = 'new' WHERE status IS NULL;
