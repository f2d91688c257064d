//! The face of a turn: how its request is read and its events are sent.

/// A face, as metrics and the log name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `POST /chat`, one answer.
    Json,
    /// `POST /chat`, the events of the turn.
    Sse,
    /// `POST /chat/ui`.
    Ui,
    /// `POST /chat/agui`.
    Agui,
}

impl Mode {
    /// The mode of `POST /chat`.
    pub fn of_chat(is_streamed: bool) -> Self {
        if is_streamed { Self::Sse } else { Self::Json }
    }

    /// Events reach the client as they happen.
    pub fn is_streamed(self) -> bool {
        self != Self::Json
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Sse => "sse",
            Self::Ui => "ui",
            Self::Agui => "agui",
        }
    }
}
