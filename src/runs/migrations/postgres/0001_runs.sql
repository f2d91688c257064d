-- Times are milliseconds since 1970, UTC. Every row with contents carries user_id.

-- A run, without what it is asked to do and what is dispatched. JSON is text.
CREATE TABLE run (
    run_id TEXT COLLATE "C" PRIMARY KEY,
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    request_id TEXT COLLATE "C" NOT NULL,
    -- SHA-256 of the request that repeated ones are compared with.
    body_digest TEXT NOT NULL,
    trigger_kind TEXT NOT NULL CHECK (trigger_kind IN ('api', 'manual', 'webhook', 'schedule')),
    skill_id TEXT COLLATE "C",
    metadata TEXT,
    callback_url TEXT,
    response TEXT,
    stop_reason TEXT,
    error_code TEXT,
    error_message TEXT,
    usage TEXT NOT NULL,
    UNIQUE (user_id, request_id)
);
CREATE INDEX run_by_skill ON run (user_id, skill_id, run_id);

CREATE TABLE run_input (
    run_id TEXT COLLATE "C" PRIMARY KEY REFERENCES run (run_id) ON DELETE CASCADE,
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    input TEXT NOT NULL,
    -- With sealed headers; empty when the run has ended.
    inline_connections TEXT NOT NULL
);

-- The journal.
CREATE TABLE run_entry (
    run_id TEXT COLLATE "C" NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    seq BIGINT NOT NULL CHECK (seq > 0),
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (run_id, seq)
);

-- Claude's replies, from which a conversation is built again.
CREATE TABLE run_reply (
    run_id TEXT COLLATE "C" NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    number BIGINT NOT NULL CHECK (number > 0),
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    step BIGINT NOT NULL,
    -- The last entry of the journal when the reply was stored.
    seq BIGINT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (run_id, number)
);

CREATE TABLE run_file (
    run_id TEXT COLLATE "C" NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    number BIGINT NOT NULL CHECK (number > 0),
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    name TEXT COLLATE "C" NOT NULL,
    size BIGINT NOT NULL,
    content_type TEXT NOT NULL,
    sha256 TEXT,
    error TEXT,
    -- Where the file store has it.
    file_key TEXT,
    PRIMARY KEY (run_id, number),
    UNIQUE (run_id, name)
);

-- What tools have returned, until the file store has it.
CREATE TABLE run_blob (
    run_id TEXT COLLATE "C" NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    data BYTEA NOT NULL,
    PRIMARY KEY (run_id, name)
);

-- Runs that were cancelled before they existed.
CREATE TABLE cancelled_request (
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    request_id TEXT COLLATE "C" NOT NULL,
    cancelled_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, request_id)
);

CREATE TABLE delivery (
    delivery_id TEXT COLLATE "C" PRIMARY KEY,
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    run_id TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES run (run_id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    url TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts BIGINT NOT NULL,
    last_status BIGINT,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    last_attempt_at BIGINT
);

CREATE TABLE skill (
    skill_id TEXT COLLATE "C" PRIMARY KEY,
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    version BIGINT NOT NULL,
    content TEXT NOT NULL,
    -- Sealed.
    secret TEXT,
    run_count BIGINT NOT NULL,
    last_run_at BIGINT,
    last_skipped_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX skill_by_user ON skill (user_id, skill_id);

CREATE TABLE connection (
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    name TEXT COLLATE "C" NOT NULL,
    url TEXT NOT NULL,
    -- The values are sealed.
    headers TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, name)
);

-- What is needed to dispatch runs without knowing their owners. No contents.
CREATE TABLE run_dispatch (
    run_id TEXT COLLATE "C" PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL CHECK (owner <> ''),
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'completed', 'failed', 'cancelled', 'expired')),
    skill_id TEXT COLLATE "C",
    -- Begins when that run has ended.
    after_run TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    -- Grows with each claim; a worker's writes name theirs.
    claim BIGINT NOT NULL,
    claimed_at BIGINT,
    attempt BIGINT NOT NULL,
    -- Working time in milliseconds: of earlier claims, and up to the last write of this one.
    worked_before BIGINT NOT NULL,
    worked BIGINT NOT NULL,
    retry_reason TEXT CHECK (retry_reason IN ('interrupted', 'handed_back')),
    cancel_requested BIGINT NOT NULL CHECK (cancel_requested IN (0, 1)),
    -- The number of entries in the journal.
    last_seq BIGINT NOT NULL
);
CREATE INDEX run_dispatch_by_owner ON run_dispatch (owner, run_id);
CREATE INDEX run_dispatch_queue ON run_dispatch (owner, created_at, run_id) WHERE state = 'queued';
CREATE INDEX run_dispatch_queued ON run_dispatch (created_at) WHERE state = 'queued';
CREATE INDEX run_dispatch_running ON run_dispatch (run_id) WHERE state = 'running';
CREATE INDEX run_dispatch_of_skill ON run_dispatch (skill_id) WHERE state IN ('queued', 'running') AND skill_id IS NOT NULL;
CREATE INDEX run_dispatch_ended ON run_dispatch (ended_at) WHERE ended_at IS NOT NULL;

-- The queue of each owner. An owner stays.
CREATE TABLE run_owner (
    owner TEXT COLLATE "C" PRIMARY KEY CHECK (owner <> ''),
    queued BIGINT NOT NULL CHECK (queued >= 0),
    running BIGINT NOT NULL CHECK (running >= 0),
    -- When the last claim was made; 0 if never.
    served_at BIGINT NOT NULL,
    -- Since when there are queued runs.
    waiting_since BIGINT NOT NULL
);
CREATE INDEX run_owner_turn ON run_owner (running, served_at, waiting_since, owner) WHERE queued > 0;

-- The owner and the schedule of each skill.
CREATE TABLE skill_dispatch (
    skill_id TEXT COLLATE "C" PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL CHECK (owner <> ''),
    -- The next planned time.
    next_at BIGINT
);
CREATE INDEX skill_dispatch_due ON skill_dispatch (next_at) WHERE next_at IS NOT NULL;

-- The planned times that have made a run or were left out.
CREATE TABLE skill_fired (
    skill_id TEXT COLLATE "C" NOT NULL,
    planned_at BIGINT NOT NULL,
    PRIMARY KEY (skill_id, planned_at)
);

-- When each callback is due.
CREATE TABLE delivery_dispatch (
    delivery_id TEXT COLLATE "C" PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL CHECK (owner <> ''),
    -- The next attempt; while one is made, the end of its lease.
    due_at BIGINT,
    -- Grows with each attempt.
    lease BIGINT NOT NULL
);
CREATE INDEX delivery_dispatch_due ON delivery_dispatch (due_at) WHERE due_at IS NOT NULL;

-- Row-level security besides the WHERE clauses: a user's rows are seen and written only in a transaction that has set
-- app.user_id to that user. FORCE: the tables' owner, which is the application's role, is no exception.
ALTER TABLE run ENABLE ROW LEVEL SECURITY;
ALTER TABLE run FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON run
    USING (user_id = current_setting('app.user_id', true)) WITH CHECK (user_id = current_setting('app.user_id', true));
ALTER TABLE run_input ENABLE ROW LEVEL SECURITY;
ALTER TABLE run_input FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON run_input
    USING (user_id = current_setting('app.user_id', true)) WITH CHECK (user_id = current_setting('app.user_id', true));
ALTER TABLE run_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE run_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON run_entry
    USING (user_id = current_setting('app.user_id', true)) WITH CHECK (user_id = current_setting('app.user_id', true));
ALTER TABLE run_reply ENABLE ROW LEVEL SECURITY;
ALTER TABLE run_reply FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON run_reply
    USING (user_id = current_setting('app.user_id', true)) WITH CHECK (user_id = current_setting('app.user_id', true));
ALTER TABLE run_file ENABLE ROW LEVEL SECURITY;
ALTER TABLE run_file FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON run_file
    USING (user_id = current_setting('app.user_id', true)) WITH CHECK (user_id = current_setting('app.user_id', true));
ALTER TABLE run_blob ENABLE ROW LEVEL SECURITY;
ALTER TABLE run_blob FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON run_blob
    USING (user_id = current_setting('app.user_id', true)) WITH CHECK (user_id = current_setting('app.user_id', true));
ALTER TABLE cancelled_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE cancelled_request FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON cancelled_request
    USING (user_id = current_setting('app.user_id', true)) WITH CHECK (user_id = current_setting('app.user_id', true));
ALTER TABLE delivery ENABLE ROW LEVEL SECURITY;
ALTER TABLE delivery FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON delivery
    USING (user_id = current_setting('app.user_id', true)) WITH CHECK (user_id = current_setting('app.user_id', true));
ALTER TABLE skill ENABLE ROW LEVEL SECURITY;
ALTER TABLE skill FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON skill
    USING (user_id = current_setting('app.user_id', true)) WITH CHECK (user_id = current_setting('app.user_id', true));
ALTER TABLE connection ENABLE ROW LEVEL SECURITY;
ALTER TABLE connection FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON connection
    USING (user_id = current_setting('app.user_id', true)) WITH CHECK (user_id = current_setting('app.user_id', true));

ALTER TABLE _sqlx_migrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE _sqlx_migrations FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON _sqlx_migrations
    USING (pg_has_role((SELECT relowner FROM pg_class WHERE oid = '_sqlx_migrations'::regclass), 'MEMBER'))
    WITH CHECK (pg_has_role((SELECT relowner FROM pg_class WHERE oid = '_sqlx_migrations'::regclass), 'MEMBER'));
