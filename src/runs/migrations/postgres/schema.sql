-- The schema of the runs; runs at every start, before the migrations and under their lock.
DO $$
BEGIN
    -- Not IF NOT EXISTS: that needs the privilege to create schemas even where this one exists.
    IF to_regnamespace('prog_strength_runs') IS NULL THEN
        CREATE SCHEMA prog_strength_runs;
    END IF;
END $$;
SET search_path = prog_strength_runs;
