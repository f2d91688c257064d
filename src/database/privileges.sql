-- Revokes what default privileges grant to PUBLIC and to the API roles of Supabase, on the schema that is the search path;
-- runs at every start, after the migrations and under their lock.
DO $$
DECLARE
    grantee TEXT;
    own_schema TEXT := quote_ident(current_schema());
BEGIN
    FOR grantee IN
        SELECT 'PUBLIC' UNION ALL
        SELECT quote_ident(rolname) FROM pg_roles
        WHERE rolname IN ('anon', 'authenticated', 'service_role') AND rolname <> current_user
    LOOP
        EXECUTE 'REVOKE ALL ON SCHEMA ' || own_schema || ' FROM ' || grantee;
        EXECUTE 'REVOKE ALL ON ALL TABLES IN SCHEMA ' || own_schema || ' FROM ' || grantee;
        EXECUTE 'REVOKE ALL ON ALL SEQUENCES IN SCHEMA ' || own_schema || ' FROM ' || grantee;
    END LOOP;
END $$;
