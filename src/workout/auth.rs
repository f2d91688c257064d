#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    Agent,
    User(std::sync::Arc<str>),
}
