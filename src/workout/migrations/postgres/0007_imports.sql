-- Workouts that come from a file of an app: which of the app's workouts it is, so that a file can be imported again, and when
-- it was imported or overwritten by a later import.
ALTER TABLE workout ADD COLUMN import_key TEXT;
ALTER TABLE workout ADD COLUMN imported_at BIGINT;
