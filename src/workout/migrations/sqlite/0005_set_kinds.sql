-- Kinds of sets, reps in reserve, failed attempts (0 reps), body weight, the day on which weeks begin.
CREATE TABLE workout_set_new (
    user_id TEXT NOT NULL,
    workout_id TEXT NOT NULL,
    exercise_position INTEGER NOT NULL,
    position INTEGER NOT NULL CHECK (position >= 0),
    reps INTEGER NOT NULL CHECK (reps >= 0),
    weight REAL NOT NULL CHECK (weight >= 0),
    unit TEXT NOT NULL CHECK (unit IN ('lb', 'kg')),
    rpe REAL CHECK (rpe BETWEEN 1 AND 10),
    is_warmup INTEGER NOT NULL DEFAULT 0 CHECK (is_warmup IN (0, 1)),
    rir REAL CHECK (rir BETWEEN 0 AND 10),
    -- A warm-up is normal.
    kind TEXT NOT NULL DEFAULT 'normal' CHECK (kind IN ('normal', 'drop', 'failure', 'failed_attempt')),
    CHECK (reps > 0 OR kind = 'failed_attempt'),
    PRIMARY KEY (user_id, workout_id, exercise_position, position),
    FOREIGN KEY (user_id, workout_id, exercise_position)
        REFERENCES workout_exercise (user_id, workout_id, position) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
INSERT INTO workout_set_new (user_id, workout_id, exercise_position, position, reps, weight, unit, rpe, is_warmup)
SELECT user_id, workout_id, exercise_position, position, reps, weight, unit, rpe, is_warmup FROM workout_set;
DROP TABLE workout_set;
ALTER TABLE workout_set_new RENAME TO workout_set;

CREATE TABLE body_weight (
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    -- From this day on: 2026-11-21.
    day TEXT NOT NULL,
    weight REAL NOT NULL CHECK (weight > 0),
    unit TEXT NOT NULL CHECK (unit IN ('lb', 'kg')),
    PRIMARY KEY (user_id, day)
) STRICT, WITHOUT ROWID;

ALTER TABLE user_settings ADD COLUMN week_start TEXT NOT NULL DEFAULT 'monday' CHECK (week_start IN ('monday', 'sunday'));
-- Earlier versions wrote UTC for users who had chosen no zone.
UPDATE user_settings SET time_zone = NULL WHERE time_zone = 'UTC';
