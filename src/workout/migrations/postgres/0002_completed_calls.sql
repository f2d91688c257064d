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
    completed_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, call_id)
);
ALTER TABLE completed_call ENABLE ROW LEVEL SECURITY;
ALTER TABLE completed_call FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON completed_call
    USING (user_id = current_setting('app.user_id', true)) WITH CHECK (user_id = current_setting('app.user_id', true));

-- The table of the migrator is for the role that owns it, and its members.
ALTER TABLE _sqlx_migrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE _sqlx_migrations FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON _sqlx_migrations
    USING (pg_has_role((SELECT relowner FROM pg_class WHERE oid = '_sqlx_migrations'::regclass), 'MEMBER'))
    WITH CHECK (pg_has_role((SELECT relowner FROM pg_class WHERE oid = '_sqlx_migrations'::regclass), 'MEMBER'));
