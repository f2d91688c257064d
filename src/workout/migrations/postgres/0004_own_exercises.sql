-- The users' own exercises.
CREATE TABLE user_exercise (
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    aliases TEXT NOT NULL,
    primary_muscles TEXT NOT NULL,
    secondary_muscles TEXT NOT NULL,
    equipment TEXT NOT NULL,
    measure TEXT NOT NULL CHECK (measure IN ('reps', 'seconds', 'metres')),
    load TEXT NOT NULL CHECK (load IN ('external', 'added', 'assistance', 'none')),
    step_increment DOUBLE PRECISION NOT NULL CHECK (step_increment >= 0),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, id)
);
ALTER TABLE user_exercise ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_exercise FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON user_exercise
    USING (user_id = current_setting('app.user_id', true)) WITH CHECK (user_id = current_setting('app.user_id', true));

-- An exercise of a workout may now be one of the user's own: exercise_id no longer refers to the table of shared exercises.
ALTER TABLE workout_exercise DROP CONSTRAINT workout_exercise_exercise_id_fkey;
