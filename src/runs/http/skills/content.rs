//! Parses and checks the content of skills, whole or patched.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{
    agent::claude::is_blank,
    http::problem::{Code, Problem},
    runs::{
        http::{
            app::App,
            checks::{Usable, check_callback, check_length, check_prompt},
            choice::Connections,
            json::{from_value, invalid, without_nulls},
            refused::Refused,
        },
        model::{SkillContent, Step, UserId},
        skills,
    },
};

const MAX_NAME: usize = 200;
const MAX_DESCRIPTION: usize = 10_000;
const MAX_STEPS: usize = 50;
const MAX_TOOLS: usize = 500;
const MAX_TOOL_NAME: usize = 200;

/// Content that can be stored.
pub(super) struct Checked {
    pub(super) content: SkillContent,
    /// The next planned time of an active schedule.
    pub(super) next_at: Option<Timestamp>,
}

/// Parses and checks a whole content. Connections and the callback of the `stored` content are not checked again: what they
/// need may be gone.
pub(super) async fn parse(
    app: &App,
    owner: &UserId,
    choice: &Connections,
    body: Value,
    stored: Option<&SkillContent>,
) -> Result<Checked, Refused> {
    if !body.is_object() {
        return Err(invalid("body", "must be an object").into());
    }
    let body = without_nulls(body);
    check_objects(&body)?;
    check_trigger(&body)?;
    let mut content: SkillContent = from_value(body)?;
    if is_blank(&content.name) {
        return Err(invalid("name", "is blank").into());
    }
    check_length("name", &content.name, MAX_NAME)?;
    check_length("description", &content.description, MAX_DESCRIPTION)?;
    let callback = content.callback_url.as_deref();
    if stored.is_none_or(|stored| stored.callback_url.as_deref() != callback) {
        check_callback(app.rules(), callback)?;
    }
    let stored = stored.map_or(&[][..], |stored| &stored.steps);
    check_steps(app, owner, choice, (&content.steps, stored)).await?;
    fill_connections(app, choice, &mut content.steps);
    let next_at = skills::next_run(&content, Timestamp::now());
    let next_at =
        next_at.map_err(|error| Problem::new(Code::InvalidRequest, format!("trigger.{error}")))?;
    Ok(Checked { content, next_at })
}

/// serde reads steps and triggers from lists as well.
fn check_objects(body: &Value) -> Result<(), Problem> {
    let steps = body.get("steps").and_then(Value::as_array);
    let step = steps.and_then(|steps| steps.iter().position(|step| !step.is_object()));
    if let Some(at) = step {
        return Err(invalid(&format!("steps[{at}]"), "must be an object"));
    }
    match body.get("trigger") {
        Some(trigger) if !trigger.is_object() => Err(invalid("trigger", "must be an object")),
        _ => Ok(()),
    }
}

/// serde does not refuse further fields of a trigger without any.
fn check_trigger(body: &Value) -> Result<(), Problem> {
    let Some(trigger) = body.get("trigger").and_then(Value::as_object) else {
        return Ok(());
    };
    let kind = trigger.get("type").and_then(Value::as_str);
    let unknown = trigger.keys().any(|field| field != "type");
    if matches!(kind, Some("manual" | "webhook")) && unknown {
        let why = "has `type` alone, unless it is a schedule";
        return Err(invalid("trigger", why));
    }
    Ok(())
}

async fn check_steps(
    app: &App,
    owner: &UserId,
    choice: &Connections,
    (steps, stored): (&[Step], &[Step]),
) -> Result<(), Refused> {
    let known = stored.iter().flat_map(|step| &step.connections).flatten();
    let mut usable = Usable::new(app, owner, choice, known);
    if steps.is_empty() || steps.len() > MAX_STEPS {
        let why = format!("must be 1 to {MAX_STEPS} steps");
        return Err(invalid("steps", why).into());
    }
    for (at, step) in steps.iter().enumerate() {
        let place = format!("steps[{at}]");
        check_prompt(&format!("{place}.prompt"), &step.prompt)?;
        let tools = step.allowed_tools.iter().flatten();
        let too_long = tools.clone().any(|tool| tool.len() > MAX_TOOL_NAME);
        if too_long || tools.count() > MAX_TOOLS {
            let why = format!("must be at most {MAX_TOOLS} names of tools");
            return Err(invalid(&format!("{place}.allowedTools"), why).into());
        }
        if let Some(names) = &step.connections {
            usable.check(&format!("{place}.connections"), names).await?;
        }
    }
    Ok(())
}

/// A step without connections uses all of the operator's. Where the choice is another, the names of then are kept.
fn fill_connections(app: &App, choice: &Connections, steps: &mut [Step]) {
    if *choice == Connections::all(&app.config) {
        return;
    }
    for step in steps {
        let names = || choice.names().map(str::to_owned).collect();
        step.connections.get_or_insert_with(names);
    }
}

/// The content after a merge patch (RFC 7396). A trigger of another type takes the place of the old one.
pub(super) fn patched(content: &SkillContent, patch: &Value) -> Result<Value, Problem> {
    let Value::Object(patch) = patch else {
        return Err(invalid("body", "must be an object"));
    };
    let mut value = serde_json::to_value(content).map_err(|_| Problem::internal())?;
    let kind = |value: Option<&Value>| value?.get("type")?.as_str().map(str::to_owned);
    let asked = kind(patch.get("trigger"));
    if asked.is_some() && asked != kind(value.get("trigger")) {
        value["trigger"] = Value::Null;
    }
    merge(&mut value, patch);
    Ok(value)
}

fn merge(value: &mut Value, patch: &Map<String, Value>) {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    let Value::Object(fields) = value else { return };
    for (name, patch) in patch {
        match patch {
            Value::Null => drop(fields.shift_remove(name)),
            Value::Object(patch) => merge(fields.entry(name).or_insert(Value::Null), patch),
            other => drop(fields.insert(name.clone(), other.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn after(patch: &Value) -> Value {
        let content = json!({
            "name": "review", "description": "of the week", "steps": [{"prompt": "look"}],
            "trigger": {"type": "schedule", "cron": "0 7 * * 1", "timezone": "Europe/Berlin"},
        });
        patched(&serde_json::from_value(content).unwrap(), patch).unwrap()
    }

    #[test]
    fn a_patch_changes_what_it_names_and_null_removes() {
        let patched = after(&json!({"description": null, "trigger": {"cron": "0 8 * * 1"}}));
        assert_eq!(
            patched,
            json!({
                "name": "review", "steps": [{"prompt": "look"}], "isActive": true,
                "trigger": {"type": "schedule", "cron": "0 8 * * 1", "timezone": "Europe/Berlin", "overlap": "skip"},
            })
        );
        assert_eq!(after(&json!({"steps": []}))["steps"], json!([]));
    }

    #[test]
    fn steps_and_triggers_are_objects_and_no_lists() {
        let table = [
            (json!({"steps": [{"prompt": "a"}], "trigger": {}}), None),
            (json!({"steps": [{"prompt": "a"}, ["b"]]}), Some("steps[1]")),
            (json!({"trigger": ["manual"]}), Some("trigger")),
        ];
        for (body, place) in table {
            let refusal = check_objects(&body).err().map(|error| error.to_string());
            let expected =
                place.map(|place| format!("invalid_request: {place}: must be an object"));
            assert_eq!(refusal, expected, "{body}");
        }
    }

    #[test]
    fn a_trigger_of_another_type_replaces_the_old_one() {
        let patched = after(&json!({"trigger": {"type": "webhook"}}));
        assert_eq!(patched["trigger"], json!({"type": "webhook"}));
        let same = after(&json!({"trigger": {"type": "schedule", "overlap": "queue"}}));
        assert_eq!(same["trigger"]["cron"], "0 7 * * 1");
    }
}
