//! `query!("… $1 … $2"; a, b)`: an `sqlx` query with its parameters bound in order.

macro_rules! query {
    ($sql:expr; $($parameter:expr),+ $(,)?) => { sqlx::query($sql)$(.bind($parameter))+ };
}
pub(crate) use query;
