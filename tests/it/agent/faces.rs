//! The other faces of `/chat`: the same turn, in the words of widespread frontends.

mod agui;
mod approvals;
mod history;
mod limits;
mod ui;
