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
    step_increment REAL NOT NULL CHECK (step_increment >= 0),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, id)
) STRICT, WITHOUT ROWID;

-- An exercise of a workout may now be one of the user's own: exercise_id no longer refers to the table of shared exercises.
-- SQLite drops a foreign key only with its table, so that the table is written anew, and with it the one that refers to it.
CREATE TABLE new_workout_exercise (
    user_id TEXT NOT NULL,
    workout_id TEXT NOT NULL,
    position INTEGER NOT NULL CHECK (position >= 0),
    exercise_id TEXT NOT NULL,
    superset_group INTEGER,
    notes TEXT,
    PRIMARY KEY (user_id, workout_id, position),
    FOREIGN KEY (user_id, workout_id) REFERENCES workout (user_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE TABLE new_workout_set (
    user_id TEXT NOT NULL,
    workout_id TEXT NOT NULL,
    exercise_position INTEGER NOT NULL,
    position INTEGER NOT NULL CHECK (position >= 0),
    reps INTEGER NOT NULL CHECK (reps > 0),
    weight REAL NOT NULL CHECK (weight >= 0),
    unit TEXT NOT NULL CHECK (unit IN ('lb', 'kg')),
    rpe REAL CHECK (rpe BETWEEN 1 AND 10),
    is_warmup INTEGER NOT NULL DEFAULT 0 CHECK (is_warmup IN (0, 1)),
    PRIMARY KEY (user_id, workout_id, exercise_position, position),
    FOREIGN KEY (user_id, workout_id, exercise_position)
        REFERENCES new_workout_exercise (user_id, workout_id, position) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
INSERT INTO new_workout_exercise (user_id, workout_id, position, exercise_id, superset_group, notes)
SELECT user_id, workout_id, position, exercise_id, superset_group, notes FROM workout_exercise;
INSERT INTO new_workout_set (user_id, workout_id, exercise_position, position, reps, weight, unit, rpe, is_warmup)
SELECT user_id, workout_id, exercise_position, position, reps, weight, unit, rpe, is_warmup FROM workout_set;
DROP TABLE workout_set;
DROP TABLE workout_exercise;
-- The foreign key of new_workout_set follows the new name.
ALTER TABLE new_workout_exercise RENAME TO workout_exercise;
ALTER TABLE new_workout_set RENAME TO workout_set;
CREATE INDEX workout_exercise_by_exercise ON workout_exercise (user_id, exercise_id, workout_id);
