-- The write calls that have been executed, of clients that name their calls: a repeated one is not executed again. Takes the
-- place of call_id in workout and user_plan, which is not used any more.
CREATE TABLE completed_call (
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    -- A digest of tool, turn id and tool-use id.
    call_id TEXT NOT NULL,
    -- A digest.
    arguments TEXT NOT NULL,
    -- The workout or plan that was written; empty for settings.
    result_id TEXT NOT NULL,
    completed_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, call_id)
) STRICT, WITHOUT ROWID;
