//! The table of Claude's models: when they think, which of them bind their thinking to what precedes it, and what they refuse.

use Fields::{All, NoForcing, NoSampling};
use Thinks::{Always, IfAsked, Never, Unasked};

/// What is known of a model.
pub(super) struct Model {
    pub(super) name: &'static str,
    pub(super) thinks: Thinks,
    /// A thinking block is valid only after exactly the system prompt, tools and messages that it was created after.
    pub(super) binds: bool,
    pub(super) efforts: &'static [&'static str],
    /// Accepts the display `updates`.
    pub(super) updates: bool,
    pub(super) fields: Fields,
}

/// Fields of a request that a model refuses.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Fields {
    /// Refuses none.
    All,
    /// Refuses a thinking budget, and `temperature`, `top_p` and `top_k` but for their defaults.
    NoSampling,
    /// As `NoSampling`, and refuses a `tool_choice` that forces a call.
    NoForcing,
}

/// When a model thinks.
#[derive(Clone, Copy)]
pub(super) enum Thinks {
    /// Refuses `adaptive`.
    Never,
    IfAsked,
    /// Unless a request says this type.
    Unasked(&'static str),
    Always,
}

const NONE: &[&str] = &[];
const TO_HIGH: &[&str] = &["low", "medium", "high"];
const NO_XHIGH: &[&str] = &["low", "medium", "high", "max"];
pub(in crate::config) const EFFORTS: &[&str] = &["low", "medium", "high", "xhigh", "max"];

/// From Anthropic's documentation, as of 2026-11-28: thinking, efforts and fields from `models/*/overview`,
/// `models/*/whats-new-*` and the pages about adaptive thinking and effort; binding from `preserved-thinking/prefix-checks`;
/// updates from the migration guide to Fable 5.1. Columns: name, when it thinks, binds, efforts, updates, fields.
pub(super) const MODELS: &[Model] = &[
    model("claude-haiku-4-5", Never, false, NONE, false, All),
    model("claude-sonnet-4-5", Never, false, NONE, false, All),
    model("claude-opus-4-5", Never, false, TO_HIGH, false, All),
    model("claude-sonnet-4-6", IfAsked, false, NO_XHIGH, false, All),
    model("claude-opus-4-6", IfAsked, false, NO_XHIGH, false, All),
    model(
        "claude-opus-4-7",
        IfAsked,
        false,
        EFFORTS,
        false,
        NoSampling,
    ),
    model(
        "claude-opus-4-8",
        IfAsked,
        false,
        EFFORTS,
        false,
        NoSampling,
    ),
    model(
        "claude-sonnet-5",
        Unasked("disabled"),
        false,
        EFFORTS,
        false,
        NoSampling,
    ),
    model(
        "claude-opus-5",
        Unasked("disabled"),
        false,
        EFFORTS,
        false,
        NoSampling,
    ),
    model("claude-fable-5", Always, false, EFFORTS, true, NoSampling),
    model("claude-mythos-5", Always, false, EFFORTS, false, NoSampling),
    model(
        "claude-haiku-5-5",
        Unasked("disabled"),
        true,
        EFFORTS,
        false,
        NoSampling,
    ),
    model(
        "claude-sonnet-5-5",
        Unasked("between_tools"),
        true,
        EFFORTS,
        true,
        NoForcing,
    ),
    model("claude-opus-5-5", Always, true, EFFORTS, true, NoForcing),
    model("claude-fable-5-1", Always, true, EFFORTS, true, NoForcing),
    model("claude-fable-5-2", Always, true, EFFORTS, true, NoForcing),
    model("claude-mythos-5-1", Always, true, EFFORTS, true, NoForcing),
];

const fn model(
    name: &'static str,
    thinks: Thinks,
    binds: bool,
    efforts: &'static [&'static str],
    updates: bool,
    fields: Fields,
) -> Model {
    Model {
        name,
        thinks,
        binds,
        efforts,
        updates,
        fields,
    }
}

/// The model of this name; also in the spellings of clouds and gateways: `anthropic.claude-opus-4-6-v1:0`,
/// `anthropic/claude-opus-4.6`, `claude-haiku-4-5@20251001`.
pub(super) fn find(name: &str) -> Option<&'static Model> {
    let name = name.get(name.find("claude-")?..)?.replace('.', "-");
    MODELS.iter().find(|model| {
        name.strip_prefix(model.name).is_some_and(|rest| {
            let date = rest.strip_prefix('-').unwrap_or_default();
            let is_date = date.len() >= 8 && date.as_bytes()[..8].iter().all(u8::is_ascii_digit);
            rest.is_empty() || rest.starts_with(['@', ':']) || rest.starts_with("-v") || is_date
        })
    })
}
