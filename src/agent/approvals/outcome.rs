//! Outcomes of calls that need a confirmation, for the metrics.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The user is asked.
    Requested,
    Approved,
    Declined,
    /// Answered too late.
    Expired,
    /// The answers do not fit the history: the request is refused.
    Refused,
    /// The client cannot ask the user: the call is refused.
    Unavailable,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
        }
    }
}
