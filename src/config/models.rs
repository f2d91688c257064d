//! Thinking and effort in requests to Claude's models, and the settings that each refuses. A model that is not in the table
//! gets what the settings say, unchecked.

mod table;

use serde_json::{Map, Value, json};

pub(super) use table::EFFORTS;
use table::{
    Fields::{All, NoForcing},
    Thinks::{Always, Never, Unasked},
    find,
};

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

pub(super) const DISPLAYS: [(&str, &str); 3] = [
    ("summarized", "summarized"),
    ("omitted", "omitted"),
    (UPDATES, UPDATES),
];
/// The display that needs [`UPDATES_BETA`].
const UPDATES: &str = "updates";
const UPDATES_BETA: &str = "thinking-display-updates-2026-08-18";
const BINDING_BETA: &str = "thinking-binding-controls-2026-08-01";

/// Why a known model refuses these fields of every request to it. `with_tools`: its requests have tools.
pub(super) fn refused_fields(
    name: &str,
    fields: &Map<String, Value>,
    with_tools: bool,
) -> Option<String> {
    let refuses = find(name)?.fields;
    let is_given = |field: &str, default: Option<f64>| {
        let value = fields.get(field).filter(|it| !it.is_null());
        value.is_some_and(|it| default.is_none() || it.as_f64() != default)
    };
    let samplings = [
        ("temperature", Some(1.0)),
        ("top_p", Some(1.0)),
        ("top_k", None),
    ];
    let mut samplings = samplings.into_iter();
    let part = |field: &str, member: &str| fields.get(field).and_then(|it| it.get(member));
    let forces = part("tool_choice", "type").is_some_and(|kind| kind == "any" || kind == "tool");
    let refused = if refuses == All {
        None
    } else if let Some((field, _)) = samplings.find(|(field, default)| is_given(field, *default)) {
        Some(field)
    } else if part("thinking", "budget_tokens").is_some() {
        Some("thinking.budget_tokens")
    } else {
        (with_tools && forces && refuses == NoForcing)
            .then_some("a `tool_choice` that forces a call")
    };
    refused.map(|what| format!("must not have {what}, which {name} refuses"))
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
