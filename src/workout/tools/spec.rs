//! The list of the tools, with schemas from the types that they read and write.

use std::{borrow::Cow, sync::Arc};

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::{Value, json};

use super::{exercises, history, next_weight, plans, progress, settings, volume, workouts};

pub struct Spec {
    pub name: &'static str,
    title: &'static str,
    description: &'static str,
    effect: Effect,
    /// Whether it is about a user's data.
    personal: bool,
    input: fn() -> Schema,
    output: fn() -> Schema,
}

#[derive(Clone, Copy, PartialEq)]
enum Effect {
    Read,
    /// Adds something at each call.
    Add,
    /// Overwrites or removes; the same call again changes nothing more.
    Overwrite,
    /// May add and overwrite.
    Change,
}

/// Who is shown the tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Must name the user in each call.
    Agent,
    /// Acts for itself; is never shown `user_id`.
    User,
}

pub const SPECS: &[Spec] = &[
    Spec {
        name: super::LIST_EXERCISES,
        title: "List exercises",
        description: "The shared exercise catalogue, optionally filtered by muscle group (chest, back, quads, shoulders …), \
                      equipment (barbell, dumbbell, cable …) or words of the name.",
        effect: Effect::Read,
        personal: false,
        input: schema::<exercises::ListExercises>,
        output: answer::<exercises::ExerciseList>,
    },
    Spec {
        name: "list_workouts",
        title: "List workouts",
        description: "The user's logged workouts, newest first, with exercises, sets and ids.",
        effect: Effect::Read,
        personal: true,
        input: schema::<workouts::ListWorkouts>,
        output: answer::<workouts::WorkoutList>,
    },
    Spec {
        name: "create_workout",
        title: "Log a workout",
        description: "Log a workout that has been done. Each call logs one more.",
        effect: Effect::Add,
        personal: true,
        input: schema::<workouts::CreateWorkout>,
        output: answer::<workouts::Logged>,
    },
    Spec {
        name: "update_workout",
        title: "Correct a workout",
        description: "Correct a logged workout. What is not given stays; \"\" clears a text; exercises replaces all of them.",
        effect: Effect::Overwrite,
        personal: true,
        input: schema::<workouts::UpdateWorkout>,
        output: answer::<workouts::Logged>,
    },
    Spec {
        name: "delete_workout",
        title: "Delete a workout",
        description: "Delete a logged workout for good.",
        effect: Effect::Overwrite,
        personal: true,
        input: schema::<workouts::DeleteWorkout>,
        output: answer::<workouts::Deleted>,
    },
    Spec {
        name: "get_exercise_history",
        title: "Exercise history",
        description: "The sessions of one exercise, newest first, with sets, volume and estimated one-rep max.",
        effect: Effect::Read,
        personal: true,
        input: schema::<history::HistoryOf>,
        output: answer::<history::History>,
    },
    Spec {
        name: "analyze_progress",
        title: "Analyze progress",
        description: "Trend of one exercise over a period: volume, estimated one-rep max with slope per week and fit, \
                      sessions per week, best sets, and whether it is a plateau.",
        effect: Effect::Read,
        personal: true,
        input: schema::<progress::AnalyzeProgress>,
        output: answer::<progress::Progress>,
    },
    Spec {
        name: "suggest_next_weight",
        title: "Suggest the next weight",
        description: "The next weight for an exercise by double progression: one step up when every working set of the last \
                      session met the target, the same after a miss, 10 % down after two.",
        effect: Effect::Read,
        personal: true,
        input: schema::<next_weight::SuggestNextWeight>,
        output: answer::<next_weight::NextWeight>,
    },
    Spec {
        name: "check_volume_landmarks",
        title: "Weekly volume",
        description: "Working sets per muscle in a week (Monday to Sunday), direct and fractional, against the published volume \
                      landmarks MV, MEV, MAV and MRV.",
        effect: Effect::Read,
        personal: true,
        input: schema::<volume::CheckVolume>,
        output: answer::<volume::VolumeReport>,
    },
    Spec {
        name: "list_plans",
        title: "List plans",
        description: "The user's own plans and the system plans. Sessions are included when plan_id is given.",
        effect: Effect::Read,
        personal: true,
        input: schema::<plans::ListPlans>,
        output: answer::<plans::PlanList>,
    },
    Spec {
        name: "create_workout_plan",
        title: "Create a plan",
        description: "Create a plan of weekly sessions for the user, from scratch or based_on another plan (whose sessions are \
                      taken if none are given). visibility is only recorded: plans are not shown to others yet.",
        effect: Effect::Add,
        personal: true,
        input: schema::<plans::CreatePlan>,
        output: answer::<plans::PlanView>,
    },
    Spec {
        name: "modify_plan",
        title: "Modify a plan",
        description: "Change one of the user's own plans. What is not given stays; sessions replaces all of them.",
        effect: Effect::Overwrite,
        personal: true,
        input: schema::<plans::ModifyPlan>,
        output: answer::<plans::PlanView>,
    },
    Spec {
        name: "activate_plan",
        title: "Activate a plan",
        description: "Make a plan the user's one active plan (a system plan is copied first), or end it with active=false.",
        effect: Effect::Change,
        personal: true,
        input: schema::<plans::ActivatePlan>,
        output: answer::<plans::PlanView>,
    },
    Spec {
        name: "get_settings",
        title: "Get settings",
        description: "The user's settings.",
        effect: Effect::Read,
        personal: true,
        input: schema::<settings::GetSettings>,
        output: answer::<settings::SettingsView>,
    },
    Spec {
        name: "update_settings",
        title: "Update settings",
        description: "Change the user's settings. What is not given stays.",
        effect: Effect::Overwrite,
        personal: true,
        input: schema::<settings::UpdateSettings>,
        output: answer::<settings::SettingsView>,
    },
];

/// The tools as `tools/list` shows them.
pub fn listed(audience: Audience) -> Vec<Tool> {
    SPECS.iter().map(|spec| spec.tool(audience)).collect()
}

impl Spec {
    fn tool(&self, audience: Audience) -> Tool {
        let mut input = object((self.input)());
        if self.personal {
            let zone = json!({"type": ["string", "null"], "description": "IANA zone for dates; default: the user's setting"});
            properties(&mut input).insert("client_timezone".into(), zone);
            if audience == Audience::Agent {
                name_the_user(&mut input);
            }
        }
        let effect = self.effect;
        let annotations = ToolAnnotations::with_title(self.title)
            .read_only(effect == Effect::Read)
            .destructive(matches!(effect, Effect::Overwrite | Effect::Change))
            .idempotent(matches!(effect, Effect::Read | Effect::Overwrite))
            .open_world(false);
        Tool::new(
            Cow::Borrowed(self.name),
            Cow::Borrowed(self.description),
            Arc::new(input),
        )
        .with_raw_output_schema(Arc::new(object((self.output)())))
        .with_annotations(annotations)
    }
}

/// Puts a required `user_id` before the other properties.
fn name_the_user(input: &mut JsonObject) {
    let others = std::mem::take(properties(input));
    let user = json!({"type": "string", "description": "Whose data"});
    let all = properties(input);
    all.insert("user_id".into(), user);
    all.extend(others);
    let required = input.entry("required").or_insert_with(|| json!([]));
    if let Value::Array(required) = required {
        required.insert(0, "user_id".into());
    }
}

fn properties(schema: &mut JsonObject) -> &mut JsonObject {
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    properties.as_object_mut().expect("an object's schema")
}

fn schema<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>()
}

/// The schema of what is written: fields that may be left out are not required.
fn answer<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>()
}

fn object(schema: Schema) -> JsonObject {
    let mut schema = schema.to_value();
    shorten(&mut schema);
    schema.as_object().cloned().unwrap_or_default()
}

/// Drops what tells a model nothing: every schema is paid for in tokens.
fn shorten(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            for key in ["$schema", "title", "format"] {
                if map.get(key).is_some_and(Value::is_string) {
                    map.remove(key);
                }
            }
            if map.get("default").is_some_and(Value::is_null) {
                map.remove("default");
            }
            map.values_mut().for_each(shorten);
        }
        Value::Array(items) => items.iter_mut().for_each(shorten),
        _ => {}
    }
}
