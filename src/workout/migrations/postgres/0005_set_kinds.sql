-- Kinds of sets, reps in reserve, failed attempts (0 reps), body weight, the day on which weeks begin.
ALTER TABLE workout_set ADD COLUMN rir DOUBLE PRECISION CHECK (rir BETWEEN 0 AND 10);
-- A warm-up is normal.
ALTER TABLE workout_set ADD COLUMN kind TEXT NOT NULL DEFAULT 'normal'
    CHECK (kind IN ('normal', 'drop', 'failure', 'failed_attempt'));
ALTER TABLE workout_set DROP CONSTRAINT workout_set_reps_check;
ALTER TABLE workout_set ADD CONSTRAINT workout_set_reps_check CHECK (reps > 0 OR reps = 0 AND kind = 'failed_attempt');

CREATE TABLE body_weight (
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    -- From this day on: 2026-11-21.
    day TEXT NOT NULL,
    weight DOUBLE PRECISION NOT NULL CHECK (weight > 0),
    unit TEXT NOT NULL CHECK (unit IN ('lb', 'kg')),
    PRIMARY KEY (user_id, day)
);
ALTER TABLE body_weight ENABLE ROW LEVEL SECURITY;
ALTER TABLE body_weight FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON body_weight
    USING (user_id = current_setting('app.user_id', true)) WITH CHECK (user_id = current_setting('app.user_id', true));

ALTER TABLE user_settings ADD COLUMN week_start TEXT NOT NULL DEFAULT 'monday' CHECK (week_start IN ('monday', 'sunday'));
-- Earlier versions wrote UTC for users who had chosen no zone. An UPDATE would see no row, by the policies of the table.
ALTER TABLE user_settings ALTER COLUMN time_zone TYPE TEXT USING NULLIF(time_zone, 'UTC');
