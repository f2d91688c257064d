-- The schema of the workout server; runs at every start, before the migrations and under their lock. Earlier versions kept
-- everything in the first schema of the search path, as a rule `public`: what they have there is moved here.
DO $$
DECLARE
    old_schema TEXT;
    relation TEXT;
BEGIN
    -- Not IF NOT EXISTS: that needs the privilege to create schemas even where this one exists.
    IF to_regnamespace('prog_strength_workouts') IS NULL THEN
        CREATE SCHEMA prog_strength_workouts;
    END IF;
    SELECT s INTO old_schema FROM unnest(current_schemas(false)) s
    WHERE s <> 'prog_strength_workouts'
      AND to_regclass(format('%I._sqlx_migrations', s)) IS NOT NULL
      AND to_regclass(format('%I.shipped', s)) IS NOT NULL
      AND to_regclass(format('%I.workout_set', s)) IS NOT NULL
    LIMIT 1;
    IF old_schema IS NULL THEN
        NULL;
    ELSIF to_regclass('prog_strength_workouts._sqlx_migrations') IS NOT NULL THEN
        -- An earlier version has run after the move, or the database has two installations: neither may be ignored.
        RAISE object_not_in_prerequisite_state USING MESSAGE = format(
            'there are tables of the workout server both in the schema prog_strength_workouts and, of an earlier version, in the '
            'schema %I: stop the earlier version, move the rows that are needed, and drop or rename its tables', old_schema);
    ELSE
        FOREACH relation IN ARRAY ARRAY['_sqlx_migrations', 'shipped', 'exercise', 'workout', 'workout_exercise',
                                        'workout_set', 'plan', 'user_plan', 'user_settings', 'all_plans'] LOOP
            EXECUTE format('ALTER TABLE %I.%I SET SCHEMA prog_strength_workouts', old_schema, relation);
        END LOOP;
    END IF;
END $$;
SET search_path = prog_strength_workouts;
