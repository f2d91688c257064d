-- Revokes what default privileges grant to PUBLIC and to the API roles of Supabase; runs at every start, after the
-- migrations and under their lock.
DO $$
DECLARE
    grantee TEXT;
BEGIN
    FOR grantee IN
        SELECT 'PUBLIC' UNION ALL
        SELECT quote_ident(rolname) FROM pg_roles
        WHERE rolname IN ('anon', 'authenticated', 'service_role') AND rolname <> current_user
    LOOP
        EXECUTE 'REVOKE ALL ON SCHEMA prog_strength_workouts FROM ' || grantee;
        EXECUTE 'REVOKE ALL ON ALL TABLES IN SCHEMA prog_strength_workouts FROM ' || grantee;
        EXECUTE 'REVOKE ALL ON ALL SEQUENCES IN SCHEMA prog_strength_workouts FROM ' || grantee;
    END LOOP;
END $$;
