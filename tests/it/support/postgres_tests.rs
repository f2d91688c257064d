use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use super::postgres::Postgres;

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("a connection")
}

async fn run(connection: &mut PgConnection, sql: &str) {
    let query = sqlx::query(AssertSqlSafe(sql.to_owned()));
    query.execute(connection).await.expect("sound SQL");
}

/// The names of the tables in `public`.
async fn tables(connection: &mut PgConnection) -> Vec<String> {
    let sql = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1";
    let rows = sqlx::query(sql).fetch_all(connection).await;
    let rows = rows.expect("sound SQL");
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn databases_are_separate() {
    let postgres = Postgres::shared();
    let (one, other) = (postgres.database(), postgres.database());
    assert_ne!(one, other);
    run(&mut connect(&one).await, "CREATE TABLE mine (id int)").await;
    assert_eq!(tables(&mut connect(&one).await).await, ["mine"]);
    assert!(tables(&mut connect(&other).await).await.is_empty());
    let superuser = postgres.superuser_url(&one);
    assert_eq!(tables(&mut connect(&superuser).await).await, ["mine"]);
}

#[tokio::test]
async fn the_applications_role_has_no_privileges_but_its_database() {
    let mut connection = connect(&Postgres::shared().database()).await;
    let sql = "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole,
            pg_get_userbyid(nspowner) = current_user
        FROM pg_roles, pg_namespace WHERE rolname = current_user AND nspname = 'public'";
    let row = sqlx::query(sql).fetch_one(&mut connection).await;
    let row = row.expect("one role and one schema");
    assert!(!row.get::<bool, _>(0), "privileges");
    assert!(row.get::<bool, _>(1), "not the owner of its schema");
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let url = Postgres::shared().database();
    let wrong = url.replace("secret", "guess");
    assert_ne!(url, wrong);
    let error = PgConnection::connect(&wrong).await.expect_err("refused");
    let error = error.into_database_error().expect("said by the server");
    assert_eq!(error.code().as_deref(), Some("28P01"), "{error}");
}

#[tokio::test]
async fn a_server_leaves_nothing_behind() {
    let server = Postgres::start(true);
    let url = server.database();
    run(&mut connect(&url).await, "CREATE TABLE mine (id int)").await;
    let folder = server.folder.clone();
    assert!(folder.is_dir(), "{folder:?}");
    drop(server);
    assert!(!folder.exists(), "{folder:?}");
    PgConnection::connect(&url).await.expect_err("stopped");
}
