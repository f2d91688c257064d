//! Data types of the runs: what is stored about a run, a skill, a connection and a callback.
//!
//! Types that clients read serialize as the API shows them (camelCase, RFC 3339 times). The others serialize for the database
//! alone.

mod claim;
mod connection;
mod delivery;
mod ids;
mod input;
mod journal;
mod run;
mod skill;

pub use crate::auth::Subject as UserId;
pub use claim::{Claim, Claimed, End, TIME_OVER};
pub use connection::{NewConnection, SealedRow, StoredConnection};
pub use delivery::{Delivery, DeliveryOutcome, DeliveryState, DueDelivery, event_of};
pub use ids::{DeliveryId, RunId, SkillId};
pub use input::{InlineConnection, RunInput, Step};
pub use journal::{Entry, EntryKind, NewReply, Reply, RetryReason};
pub use run::{Blob, Metadata, NewRun, Run, RunError, RunFile, Status, Trigger, Usage};
pub use skill::{DueSkill, NewSkill, Overlap, SecretChange, Skill, SkillContent, TriggerConfig};
