//! The table of Claude's models: when they think, which of them bind their thinking to what precedes it, and which settings
//! they refuse. A model that is not in it gets what the settings say, unchecked.

use serde_json::{Value, json};

use Thinks::{Always, IfAsked, Never, Unasked};

/// `CLAUDE_THINKING`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThinkingMode {
    Auto,
    Adaptive,
    Off,
}

/// What the settings say about thinking.
#[derive(Debug, Clone, Copy)]
pub struct Thinking {
    pub mode: ThinkingMode,
    pub display: Option<&'static str>,
    pub effort: Option<&'static str>,
}

/// What is known of a model.
struct Model {
    name: &'static str,
    thinks: Thinks,
    /// A thinking block is valid only after exactly the system prompt, tools and messages that it was created after.
    binds: bool,
    efforts: &'static [&'static str],
    /// Accepts [`UPDATES`].
    updates: bool,
}

/// When a model thinks.
#[derive(Clone, Copy)]
enum Thinks {
    /// Refuses `adaptive`.
    Never,
    IfAsked,
    /// Unless a request says this type.
    Unasked(&'static str),
    Always,
}

pub(super) const DISPLAYS: [(&str, &str); 3] = [
    ("summarized", "summarized"),
    ("omitted", "omitted"),
    (UPDATES, UPDATES),
];
/// The display that needs [`UPDATES_BETA`].
const UPDATES: &str = "updates";
const UPDATES_BETA: &str = "thinking-display-updates-2026-08-18";
const BINDING_BETA: &str = "thinking-binding-controls-2026-08-01";

const NONE: &[&str] = &[];
const TO_HIGH: &[&str] = &["low", "medium", "high"];
const NO_XHIGH: &[&str] = &["low", "medium", "high", "max"];
pub(super) const EFFORTS: &[&str] = &["low", "medium", "high", "xhigh", "max"];

/// From Anthropic's documentation, as of 2026-11-28: thinking and efforts from `models/*/overview`, `models/*/whats-new-*`
/// and the pages about adaptive thinking and effort; binding from `preserved-thinking/prefix-checks`; updates from the
/// migration guide to Fable 5.1. Columns: name, when it thinks, binds, efforts, updates.
const MODELS: &[Model] = &[
    model("claude-haiku-4-5", Never, false, NONE, false),
    model("claude-sonnet-4-5", Never, false, NONE, false),
    model("claude-opus-4-5", Never, false, TO_HIGH, false),
    model("claude-sonnet-4-6", IfAsked, false, NO_XHIGH, false),
    model("claude-opus-4-6", IfAsked, false, NO_XHIGH, false),
    model("claude-opus-4-7", IfAsked, false, EFFORTS, false),
    model("claude-opus-4-8", IfAsked, false, EFFORTS, false),
    model(
        "claude-sonnet-5",
        Unasked("disabled"),
        false,
        EFFORTS,
        false,
    ),
    model("claude-opus-5", Unasked("disabled"), false, EFFORTS, false),
    model("claude-fable-5", Always, false, EFFORTS, true),
    model("claude-mythos-5", Always, false, EFFORTS, false),
    model(
        "claude-haiku-5-5",
        Unasked("disabled"),
        true,
        EFFORTS,
        false,
    ),
    model(
        "claude-sonnet-5-5",
        Unasked("between_tools"),
        true,
        EFFORTS,
        true,
    ),
    model("claude-opus-5-5", Always, true, EFFORTS, true),
    model("claude-fable-5-1", Always, true, EFFORTS, true),
    model("claude-fable-5-2", Always, true, EFFORTS, true),
    model("claude-mythos-5-1", Always, true, EFFORTS, true),
];

const fn model(
    name: &'static str,
    thinks: Thinks,
    binds: bool,
    efforts: &'static [&'static str],
    updates: bool,
) -> Model {
    Model {
        name,
        thinks,
        binds,
        efforts,
        updates,
    }
}

/// The model of this name; also in the spellings of clouds and gateways: `anthropic.claude-opus-4-6-v1:0`,
/// `anthropic/claude-opus-4.6`, `claude-haiku-4-5@20251001`.
fn find(name: &str) -> Option<&'static Model> {
    let name = name.get(name.find("claude-")?..)?.replace('.', "-");
    MODELS.iter().find(|model| {
        name.strip_prefix(model.name).is_some_and(|rest| {
            let date = rest.strip_prefix('-').unwrap_or_default();
            let is_date = date.len() >= 8 && date.as_bytes()[..8].iter().all(u8::is_ascii_digit);
            rest.is_empty() || rest.starts_with(['@', ':']) || rest.starts_with("-v") || is_date
        })
    })
}

impl Thinking {
    /// Off, if the model thinks unasked and accepts that.
    pub(super) fn least(name: &str) -> Self {
        let mode = match find(name).map(|model| model.thinks) {
            Some(Unasked(_)) => ThinkingMode::Off,
            _ => ThinkingMode::Auto,
        };
        Self {
            mode,
            display: None,
            effort: None,
        }
    }

    /// The settings that a known model refuses: variable and reason.
    pub(super) fn refusals(self, name: &str) -> Vec<(&'static str, String)> {
        let Some(model) = find(name) else {
            return vec![];
        };
        let mut refusals = Vec::new();
        let mut refuse = |variable, why: String| refusals.push((variable, why));
        match (self.mode, model.thinks) {
            (ThinkingMode::Adaptive, Never) => refuse(
                "CLAUDE_THINKING",
                format!("must not be `adaptive`, which {name} refuses"),
            ),
            (ThinkingMode::Off, Always) => refuse(
                "CLAUDE_THINKING",
                format!("must not be `off`: {name} always thinks"),
            ),
            _ => {}
        }
        if self.display == Some(UPDATES) && !model.updates {
            let why = format!("must not be `{UPDATES}`, which {name} refuses");
            refuse("CLAUDE_THINKING_DISPLAY", why);
        }
        if let Some(effort) = self.effort {
            let too_much = self.mode == ThinkingMode::Off && matches!(effort, "xhigh" | "max");
            if !model.efforts.contains(&effort) {
                let why = format!("must not be `{effort}`, which {name} refuses");
                refuse("CLAUDE_EFFORT", why);
            } else if model.binds && too_much {
                let why = format!(
                    "must not be `{effort}` while CLAUDE_THINKING is off: {name} refuses that"
                );
                refuse("CLAUDE_EFFORT", why);
            }
        }
        refusals
    }

    /// True if the model's thinking counts towards `max_tokens`.
    pub(super) fn is_on(self, name: &str) -> bool {
        let unasked = find(name).is_some_and(|model| matches!(model.thinks, Unasked(_) | Always));
        match self.mode {
            ThinkingMode::Auto => unasked,
            ThinkingMode::Adaptive => true,
            ThinkingMode::Off => false,
        }
    }

    /// The field `thinking` of requests to the model, and the betas that it needs. `at_anthropic`: the endpoint is
    /// Anthropic's own, where a model that binds can be told to drop the thinking of a changed conversation.
    pub fn parameter(self, name: &str, at_anthropic: bool) -> (Option<Value>, Vec<&'static str>) {
        let model = find(name);
        let drops = at_anthropic && model.is_some_and(|model| model.binds);
        let kind = match (self.mode, model.map(|model| model.thinks)) {
            (ThinkingMode::Off, Some(Unasked(kind))) => kind,
            (ThinkingMode::Off, _) => "disabled",
            (ThinkingMode::Adaptive, _) => "adaptive",
            // The display cannot be said without the type.
            _ if drops || (self.display.is_some() && self.is_on(name)) => "adaptive",
            _ => return (None, vec![]),
        };
        let (mut thinking, mut betas) = (json!({"type": kind}), vec![]);
        if let Some(display) = self.display.filter(|_| kind != "disabled") {
            thinking["display"] = display.into();
            betas.extend((display == UPDATES).then_some(UPDATES_BETA));
        }
        if drops && kind == "adaptive" {
            thinking["block_binding"] = json!({"prefix_mismatch_behavior": "drop_block"});
            betas.push(BINDING_BETA);
        }
        (Some(thinking), betas)
    }
}

#[cfg(test)]
mod tests;
