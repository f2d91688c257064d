//! Tests that hold on either database.

/// The test on `SQLite`, and the same on `PostgreSQL`: the type of its parameter has `sqlite()` and `postgres()`.
macro_rules! on_both {
    ($name:ident, async |$world:ident: $World:ty| $test:block) => {
        mod $name {
            #[allow(unused_imports, reason = "not every module needs them")]
            use super::*;

            #[tokio::test]
            async fn on_sqlite() {
                let test = async |$world: $World| $test;
                test(<$World>::sqlite().await).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                let test = async |$world: $World| $test;
                test(<$World>::postgres().await).await;
            }
        }
    };
}
pub(crate) use on_both;
