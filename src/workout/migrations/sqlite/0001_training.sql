-- Times are milliseconds since 1970, UTC. Lists and sessions are JSON text. Every row of a user's carries user_id.

CREATE TABLE shipped (
    name TEXT PRIMARY KEY,
    digest TEXT NOT NULL
) STRICT;

CREATE TABLE exercise (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    aliases TEXT NOT NULL,
    description TEXT NOT NULL,
    primary_muscles TEXT NOT NULL,
    secondary_muscles TEXT NOT NULL,
    equipment TEXT NOT NULL,
    movement_pattern TEXT NOT NULL,
    bilateral INTEGER NOT NULL CHECK (bilateral IN (0, 1)),
    step_increment REAL NOT NULL CHECK (step_increment >= 0),
    progression_limit REAL NOT NULL CHECK (progression_limit >= 0)
) STRICT;

CREATE TABLE workout (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    name TEXT,
    notes TEXT,
    performed_at INTEGER NOT NULL,
    ended_at INTEGER CHECK (ended_at >= performed_at),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- The call that logged it, so that the same call cannot log it twice.
    call_id TEXT,
    UNIQUE (user_id, id),
    UNIQUE (user_id, call_id)
) STRICT;
CREATE INDEX workout_by_time ON workout (user_id, performed_at DESC, id DESC);

-- WITHOUT ROWID: a workout's exercises and sets lie together, in their order, and once instead of twice.
CREATE TABLE workout_exercise (
    user_id TEXT NOT NULL,
    workout_id TEXT NOT NULL,
    position INTEGER NOT NULL CHECK (position >= 0),
    exercise_id TEXT NOT NULL REFERENCES exercise (id),
    superset_group INTEGER,
    notes TEXT,
    PRIMARY KEY (user_id, workout_id, position),
    FOREIGN KEY (user_id, workout_id) REFERENCES workout (user_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX workout_exercise_by_exercise ON workout_exercise (user_id, exercise_id, workout_id);

CREATE TABLE workout_set (
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
        REFERENCES workout_exercise (user_id, workout_id, position) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE plan (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    is_system INTEGER NOT NULL DEFAULT 0 CHECK (is_system IN (0, 1)),
    visibility TEXT NOT NULL DEFAULT 'public' CHECK (visibility IN ('public', 'unlisted')),
    duration_weeks INTEGER NOT NULL CHECK (duration_weeks > 0),
    sessions TEXT NOT NULL
) STRICT;

CREATE TABLE user_plan (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    based_on_plan_id TEXT REFERENCES plan (id),
    name TEXT NOT NULL,
    description TEXT,
    visibility TEXT NOT NULL DEFAULT 'private' CHECK (visibility IN ('private', 'shared', 'public')),
    created_by TEXT NOT NULL DEFAULT 'user' CHECK (created_by IN ('user', 'ai')),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    starts_at INTEGER,
    ends_at INTEGER CHECK (ends_at >= starts_at),
    is_active INTEGER NOT NULL DEFAULT 0 CHECK (is_active IN (0, 1)),
    duration_weeks INTEGER NOT NULL CHECK (duration_weeks > 0),
    sessions TEXT NOT NULL,
    call_id TEXT,
    UNIQUE (user_id, call_id)
) STRICT;
CREATE INDEX user_plan_by_user ON user_plan (user_id, created_at);
CREATE UNIQUE INDEX user_plan_one_active ON user_plan (user_id) WHERE is_active = 1;

CREATE TABLE user_settings (
    user_id TEXT PRIMARY KEY CHECK (user_id <> ''),
    max_history_days INTEGER NOT NULL CHECK (max_history_days BETWEEN 1 AND 365),
    include_notes INTEGER NOT NULL CHECK (include_notes IN (0, 1)),
    rate_limit_notify INTEGER NOT NULL CHECK (rate_limit_notify IN (0, 1)),
    units TEXT CHECK (units IN ('lb', 'kg')),
    time_zone TEXT,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE VIEW all_plans AS
SELECT id, name, description, 'system' AS source, NULL AS owner_id, visibility, is_system AS first_party,
       duration_weeks, sessions, NULL AS based_on_plan_id, 0 AS is_active, NULL AS starts_at, NULL AS ends_at,
       'user' AS created_by
FROM plan
UNION ALL
SELECT id, name, description, 'user', user_id, visibility, 0,
       duration_weeks, sessions, based_on_plan_id, is_active, starts_at, ends_at, created_by
FROM user_plan;
