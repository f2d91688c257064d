-- Times are milliseconds since 1970, UTC. Every row with contents carries user_id.

-- A run, without what it is asked to do and what is dispatched. JSON is text.
CREATE TABLE run (
    run_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    request_id TEXT NOT NULL,
    -- SHA-256 of the request that repeated ones are compared with.
    body_digest TEXT NOT NULL,
    trigger_kind TEXT NOT NULL CHECK (trigger_kind IN ('api', 'manual', 'webhook', 'schedule')),
    skill_id TEXT,
    metadata TEXT,
    callback_url TEXT,
    response TEXT,
    stop_reason TEXT,
    error_code TEXT,
    error_message TEXT,
    usage TEXT NOT NULL,
    UNIQUE (user_id, request_id)
) STRICT;
CREATE INDEX run_by_skill ON run (user_id, skill_id, run_id);

CREATE TABLE run_input (
    run_id TEXT PRIMARY KEY REFERENCES run (run_id) ON DELETE CASCADE,
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    input TEXT NOT NULL,
    -- With sealed headers; empty when the run has ended.
    inline_connections TEXT NOT NULL
) STRICT;

-- The journal.
CREATE TABLE run_entry (
    run_id TEXT NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    seq INTEGER NOT NULL CHECK (seq > 0),
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    at INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

-- Claude's replies, from which a conversation is built again.
CREATE TABLE run_reply (
    run_id TEXT NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number > 0),
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    step INTEGER NOT NULL,
    -- The last entry of the journal when the reply was stored.
    seq INTEGER NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_file (
    run_id TEXT NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number > 0),
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    content_type TEXT NOT NULL,
    sha256 TEXT,
    error TEXT,
    -- Where the file store has it.
    file_key TEXT,
    PRIMARY KEY (run_id, number),
    UNIQUE (run_id, name)
) STRICT, WITHOUT ROWID;

-- What tools have returned, until the file store has it.
CREATE TABLE run_blob (
    run_id TEXT NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    data BLOB NOT NULL,
    PRIMARY KEY (run_id, name)
) STRICT;

-- Runs that were cancelled before they existed.
CREATE TABLE cancelled_request (
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    request_id TEXT NOT NULL,
    cancelled_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, request_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery (
    delivery_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    run_id TEXT NOT NULL UNIQUE REFERENCES run (run_id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    url TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts INTEGER NOT NULL,
    last_status INTEGER,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    last_attempt_at INTEGER
) STRICT;

CREATE TABLE skill (
    skill_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    version INTEGER NOT NULL,
    content TEXT NOT NULL,
    -- Sealed.
    secret TEXT,
    run_count INTEGER NOT NULL,
    last_run_at INTEGER,
    last_skipped_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX skill_by_user ON skill (user_id, skill_id);

CREATE TABLE connection (
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    -- The values are sealed.
    headers TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, name)
) STRICT, WITHOUT ROWID;

-- What is needed to dispatch runs without knowing their owners. No contents.
CREATE TABLE run_dispatch (
    run_id TEXT PRIMARY KEY,
    owner TEXT NOT NULL CHECK (owner <> ''),
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'completed', 'failed', 'cancelled', 'expired')),
    skill_id TEXT,
    -- Begins when that run has ended.
    after_run TEXT,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    -- Grows with each claim; a worker's writes name theirs.
    claim INTEGER NOT NULL,
    claimed_at INTEGER,
    attempt INTEGER NOT NULL,
    -- Working time in milliseconds: of earlier claims, and up to the last write of this one.
    worked_before INTEGER NOT NULL,
    worked INTEGER NOT NULL,
    retry_reason TEXT CHECK (retry_reason IN ('interrupted', 'handed_back')),
    cancel_requested INTEGER NOT NULL CHECK (cancel_requested IN (0, 1)),
    -- The number of entries in the journal.
    last_seq INTEGER NOT NULL
) STRICT;
CREATE INDEX run_dispatch_by_owner ON run_dispatch (owner, run_id);
CREATE INDEX run_dispatch_queue ON run_dispatch (owner, created_at, run_id) WHERE state = 'queued';
CREATE INDEX run_dispatch_queued ON run_dispatch (created_at) WHERE state = 'queued';
CREATE INDEX run_dispatch_running ON run_dispatch (run_id) WHERE state = 'running';
CREATE INDEX run_dispatch_of_skill ON run_dispatch (skill_id) WHERE state IN ('queued', 'running') AND skill_id IS NOT NULL;
CREATE INDEX run_dispatch_ended ON run_dispatch (ended_at) WHERE ended_at IS NOT NULL;

-- The queue of each owner. An owner stays.
CREATE TABLE run_owner (
    owner TEXT PRIMARY KEY CHECK (owner <> ''),
    queued INTEGER NOT NULL CHECK (queued >= 0),
    running INTEGER NOT NULL CHECK (running >= 0),
    -- When the last claim was made; 0 if never.
    served_at INTEGER NOT NULL,
    -- Since when there are queued runs.
    waiting_since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX run_owner_turn ON run_owner (running, served_at, waiting_since, owner) WHERE queued > 0;

-- The owner and the schedule of each skill.
CREATE TABLE skill_dispatch (
    skill_id TEXT PRIMARY KEY,
    owner TEXT NOT NULL CHECK (owner <> ''),
    -- The next planned time.
    next_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX skill_dispatch_due ON skill_dispatch (next_at) WHERE next_at IS NOT NULL;

-- The planned times that have made a run or were left out.
CREATE TABLE skill_fired (
    skill_id TEXT NOT NULL,
    planned_at INTEGER NOT NULL,
    PRIMARY KEY (skill_id, planned_at)
) STRICT, WITHOUT ROWID;

-- When each callback is due.
CREATE TABLE delivery_dispatch (
    delivery_id TEXT PRIMARY KEY,
    owner TEXT NOT NULL CHECK (owner <> ''),
    -- The next attempt; while one is made, the end of its lease.
    due_at INTEGER,
    -- Grows with each attempt.
    lease INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_dispatch_due ON delivery_dispatch (due_at) WHERE due_at IS NOT NULL;
