-- Times are milliseconds since 1970, UTC. Lists and sessions are JSON text. Every row of a user's carries user_id.

CREATE TABLE shipped (
    name TEXT PRIMARY KEY,
    digest TEXT NOT NULL
);

CREATE TABLE exercise (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    aliases TEXT NOT NULL,
    description TEXT NOT NULL,
    primary_muscles TEXT NOT NULL,
    secondary_muscles TEXT NOT NULL,
    equipment TEXT NOT NULL,
    movement_pattern TEXT NOT NULL,
    bilateral BOOLEAN NOT NULL,
    step_increment DOUBLE PRECISION NOT NULL CHECK (step_increment >= 0),
    progression_limit DOUBLE PRECISION NOT NULL CHECK (progression_limit >= 0)
);

CREATE TABLE workout (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    name TEXT,
    notes TEXT,
    performed_at BIGINT NOT NULL,
    ended_at BIGINT CHECK (ended_at >= performed_at),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- The call that logged it, so that the same call cannot log it twice.
    call_id TEXT,
    UNIQUE (user_id, id),
    UNIQUE (user_id, call_id)
);
CREATE INDEX workout_by_time ON workout (user_id, performed_at DESC, id DESC);

CREATE TABLE workout_exercise (
    user_id TEXT NOT NULL,
    workout_id TEXT NOT NULL,
    position BIGINT NOT NULL CHECK (position >= 0),
    exercise_id TEXT NOT NULL REFERENCES exercise (id),
    superset_group BIGINT,
    notes TEXT,
    PRIMARY KEY (user_id, workout_id, position),
    FOREIGN KEY (user_id, workout_id) REFERENCES workout (user_id, id) ON DELETE CASCADE
);
CREATE INDEX workout_exercise_by_exercise ON workout_exercise (user_id, exercise_id, workout_id);

CREATE TABLE workout_set (
    user_id TEXT NOT NULL,
    workout_id TEXT NOT NULL,
    exercise_position BIGINT NOT NULL,
    position BIGINT NOT NULL CHECK (position >= 0),
    reps BIGINT NOT NULL CHECK (reps > 0),
    weight DOUBLE PRECISION NOT NULL CHECK (weight >= 0),
    unit TEXT NOT NULL CHECK (unit IN ('lb', 'kg')),
    rpe DOUBLE PRECISION CHECK (rpe BETWEEN 1 AND 10),
    is_warmup BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (user_id, workout_id, exercise_position, position),
    FOREIGN KEY (user_id, workout_id, exercise_position)
        REFERENCES workout_exercise (user_id, workout_id, position) ON DELETE CASCADE
);

CREATE TABLE plan (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    is_system BOOLEAN NOT NULL DEFAULT FALSE,
    visibility TEXT NOT NULL DEFAULT 'public' CHECK (visibility IN ('public', 'unlisted')),
    duration_weeks BIGINT NOT NULL CHECK (duration_weeks > 0),
    sessions TEXT NOT NULL
);

CREATE TABLE user_plan (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    based_on_plan_id TEXT REFERENCES plan (id),
    name TEXT NOT NULL,
    description TEXT,
    visibility TEXT NOT NULL DEFAULT 'private' CHECK (visibility IN ('private', 'shared', 'public')),
    created_by TEXT NOT NULL DEFAULT 'user' CHECK (created_by IN ('user', 'ai')),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    starts_at BIGINT,
    ends_at BIGINT CHECK (ends_at >= starts_at),
    is_active BOOLEAN NOT NULL DEFAULT FALSE,
    duration_weeks BIGINT NOT NULL CHECK (duration_weeks > 0),
    sessions TEXT NOT NULL,
    call_id TEXT,
    UNIQUE (user_id, call_id)
);
CREATE INDEX user_plan_by_user ON user_plan (user_id, created_at);
CREATE UNIQUE INDEX user_plan_one_active ON user_plan (user_id) WHERE is_active;

CREATE TABLE user_settings (
    user_id TEXT PRIMARY KEY CHECK (user_id <> ''),
    max_history_days BIGINT NOT NULL CHECK (max_history_days BETWEEN 1 AND 365),
    include_notes BOOLEAN NOT NULL,
    rate_limit_notify BOOLEAN NOT NULL,
    units TEXT CHECK (units IN ('lb', 'kg')),
    time_zone TEXT,
    updated_at BIGINT NOT NULL
);

-- Rows of others stay hidden whoever owns the view.
CREATE VIEW all_plans WITH (security_invoker = true) AS
SELECT id, name, description, 'system' AS source, NULL::TEXT AS owner_id, visibility, is_system AS first_party,
       duration_weeks, sessions, NULL::TEXT AS based_on_plan_id, FALSE AS is_active,
       NULL::BIGINT AS starts_at, NULL::BIGINT AS ends_at,
       'user' AS created_by
FROM plan
UNION ALL
SELECT id, name, description, 'user', user_id, visibility, FALSE,
       duration_weeks, sessions, based_on_plan_id, is_active, starts_at, ends_at, created_by
FROM user_plan;

-- Row-level security besides the WHERE clauses: a user's rows are seen and written only in a transaction that has set
-- app.user_id to that user. FORCE: the tables' owner, which is the application's role, is no exception.
ALTER TABLE workout ENABLE ROW LEVEL SECURITY;
ALTER TABLE workout FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON workout
    USING (user_id = current_setting('app.user_id', true)) WITH CHECK (user_id = current_setting('app.user_id', true));
ALTER TABLE workout_exercise ENABLE ROW LEVEL SECURITY;
ALTER TABLE workout_exercise FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON workout_exercise
    USING (user_id = current_setting('app.user_id', true)) WITH CHECK (user_id = current_setting('app.user_id', true));
ALTER TABLE workout_set ENABLE ROW LEVEL SECURITY;
ALTER TABLE workout_set FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON workout_set
    USING (user_id = current_setting('app.user_id', true)) WITH CHECK (user_id = current_setting('app.user_id', true));
ALTER TABLE user_plan ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_plan FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON user_plan
    USING (user_id = current_setting('app.user_id', true)) WITH CHECK (user_id = current_setting('app.user_id', true));
ALTER TABLE user_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_settings FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON user_settings
    USING (user_id = current_setting('app.user_id', true)) WITH CHECK (user_id = current_setting('app.user_id', true));

-- What is shipped is everybody's to read, and written only while the service starts.
ALTER TABLE exercise ENABLE ROW LEVEL SECURITY;
ALTER TABLE exercise FORCE ROW LEVEL SECURITY;
CREATE POLICY readable ON exercise FOR SELECT USING (true);
CREATE POLICY shipping ON exercise
    USING (current_setting('app.shipping', true) = 'on') WITH CHECK (current_setting('app.shipping', true) = 'on');
ALTER TABLE plan ENABLE ROW LEVEL SECURITY;
ALTER TABLE plan FORCE ROW LEVEL SECURITY;
CREATE POLICY readable ON plan FOR SELECT USING (true);
CREATE POLICY shipping ON plan
    USING (current_setting('app.shipping', true) = 'on') WITH CHECK (current_setting('app.shipping', true) = 'on');
ALTER TABLE shipped ENABLE ROW LEVEL SECURITY;
ALTER TABLE shipped FORCE ROW LEVEL SECURITY;
CREATE POLICY readable ON shipped FOR SELECT USING (true);
CREATE POLICY shipping ON shipped
    USING (current_setting('app.shipping', true) = 'on') WITH CHECK (current_setting('app.shipping', true) = 'on');
