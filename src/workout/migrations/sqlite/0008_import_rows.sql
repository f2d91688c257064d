-- Of a workout that comes from a file: which rows of the file, as JSON, so that a later import takes nothing away.
ALTER TABLE workout ADD COLUMN import_rows TEXT;
