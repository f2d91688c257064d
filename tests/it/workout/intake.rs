//! What the schemas allow is not refused for its shape, and clear values are taken in other spellings.

use prog_strength_agent::workout::tools::{Audience, listed};
use proptest::{
    strategy::{Strategy, ValueTree},
    string::string_regex,
    test_runner::TestRunner,
};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};

use crate::support::world::{World, day, on_both};

const CALLS_OF_EACH_TOOL: usize = 40;
/// Words of errors about the shape of arguments.
const SHAPE: [&str; 7] = [
    "it must be",
    "it must have",
    "; give ",
    "no field",
    "is longer than",
    "is blank",
    "takes",
];

/// Values that an input schema allows.
struct Generator {
    rng: StdRng,
    runner: TestRunner,
}

impl Generator {
    fn value(&mut self, name: &str, schema: &Value) -> Value {
        if let Some(values) = schema["enum"].as_array() {
            return values.choose(&mut self.rng).expect("values").clone();
        }
        match schema["type"].as_str().expect("a type") {
            "boolean" => json!(self.rng.random::<bool>()),
            "integer" => {
                let bound = |key: &str| schema[key].as_i64().expect("a bound");
                let (min, max) = (bound("minimum"), bound("maximum"));
                let between = self.rng.random_range(min..=max);
                json!([min, between, max].choose(&mut self.rng))
            }
            "number" => {
                let bound = |key: &str| schema[key].as_f64().expect("a bound");
                let (min, max) = (bound("minimum"), bound("maximum"));
                let between = self.rng.random_range(min..=max);
                json!([min, between, max].choose(&mut self.rng))
            }
            "string" => json!(self.text(name, schema)),
            "array" => {
                let bound = |key: &str| schema[key].as_u64().expect("a bound");
                let least = schema["minItems"].as_u64().unwrap_or(0);
                let most = bound("maxItems").min(least + 3);
                let n = self.rng.random_range(least..=most);
                (0..n).map(|_| self.value(name, &schema["items"])).collect()
            }
            _ => self.object(schema),
        }
    }

    fn object(&mut self, schema: &Value) -> Value {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let mut object = json!({});
        for (name, field) in schema["properties"].as_object().expect("properties") {
            if required.contains(&json!(name)) || self.rng.random() {
                object[name] = self.value(name, field);
            }
        }
        object
    }

    fn text(&mut self, name: &str, schema: &Value) -> String {
        if let Some(pattern) = schema["pattern"].as_str() {
            let pattern = of_the_calendar(pattern.trim_start_matches('^').trim_end_matches('$'));
            let pattern = &pattern;
            let texts = string_regex(pattern).expect("a pattern");
            return texts.new_tree(&mut self.runner).expect("a text").current();
        }
        let max = schema["maxLength"].as_u64().unwrap_or(30).min(10_000);
        let n = [0, 1, 5, max].choose(&mut self.rng).copied().expect("some");
        let letters = ['a', 'é', '💪', '\n', '"', ' ', '\u{301}'];
        let mut text = || *letters.choose(&mut self.rng).expect("letters");
        match name {
            "exercise" | "exercise_id" => "squat".to_owned(),
            _ => (0..n).map(|_| text()).collect(),
        }
    }
}

/// The pattern for times that exist.
fn of_the_calendar(pattern: &str) -> String {
    let narrower = [
        (r"W\d\d", "W(0[1-9]|[1-4][0-9]|5[0-2])"),
        (r"\d{4}", "(19[5-9]|20[0-9])[0-9]"),
        (r"-\d\d-\d\d", "-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"),
        (r"|\d\d-\d\d", "|(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"),
        (
            r"T\d\d:\d\d(:\d\d)",
            "T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])",
        ),
        (r"[+-]\d\d:\d\d", "[+-](0[0-9]|1[0-3]):[0-5][0-9]"),
    ];
    let narrow = |pattern: String, (wide, narrow): &(&str, &str)| pattern.replace(wide, narrow);
    narrower.iter().fold(pattern.to_owned(), narrow)
}

#[tokio::test]
async fn what_the_schemas_allow_is_not_refused_for_its_shape() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let mut generator = Generator {
        rng: StdRng::seed_from_u64(20_261_130),
        runner: TestRunner::deterministic(),
    };
    for tool in listed(Audience::User) {
        let schema = json!(tool.input_schema);
        let validator = jsonschema::draft202012::new(&schema).expect("a schema");
        for _ in 0..CALLS_OF_EACH_TOOL {
            let arguments = generator.object(&schema);
            // ECMA's white space includes U+FEFF, which that of the generator does not.
            if !validator.is_valid(&arguments) {
                continue;
            }
            let called = ann.call(&tool.name, arguments.clone()).await;
            let error = called.err().unwrap_or_default();
            let shape = SHAPE.iter().any(|words| error.contains(words))
                || ["is no date", "is no time;", "is no week"]
                    .iter()
                    .any(|words| error.contains(words));
            // What a new plan lacks may come from another plan.
            let shape = shape && !error.contains("or based_on a plan");
            assert!(!shape, "{} {arguments}: {error}", tool.name);
        }
    }
}

/// The value with numbers and lists as texts, integers as floats, and nothing said in several ways.
fn respelled(value: &Value, schema: &Value, style: usize) -> Value {
    let none = [json!(null), json!("null"), json!("")];
    match value {
        Value::Object(fields) => {
            let mut other = json!({});
            for (name, field) in schema["properties"].as_object().expect("properties") {
                other[name] = match fields.get(name) {
                    Some(value) => respelled(value, field, style),
                    None if field["maxLength"].is_null() => none[style].clone(),
                    None => json!(null),
                };
            }
            other
        }
        Value::Array(items) => {
            let items: Vec<Value> = items
                .iter()
                .map(|item| respelled(item, &schema["items"], style))
                .collect();
            match style {
                0 => json!(items),
                _ => json!(json!(items).to_string()),
            }
        }
        Value::Number(number) => match style {
            0 => json!(number.as_f64()),
            _ => json!(number.to_string()),
        },
        Value::String(text) if text == "kg" => json!(["KG", "Kgs", "Kilograms"][style]),
        other => other.clone(),
    }
}

on_both!(
    clear_values_are_taken_in_other_spellings,
    async |world: World| {
        let ann = world.user("ann").await;
        let sets = json!([{"reps": 5, "weight": 102.5, "unit": "kg", "rpe": 8, "is_warmup": true}, {"reps": 3, "weight": 0, "unit": "kg"}]);
        let exercises = json!([{"exercise_id": "squat", "sets": sets, "superset_group": 1}]);
        let workout = json!({"exercises": exercises, "performed_at": day(3)});
        let logged = ann.call("create_workout", workout.clone()).await.unwrap();
        let id = &logged["workout"]["id"];
        let exercise =
            json!({"exercise_id": "plank", "sets": 3, "seconds": 60, "rest_seconds": 90});
        let sessions = json!([{"name": "a", "day": 1, "exercises": [exercise]}]);
        let without_ids = |mut answer: Value| {
            answer["plan_id"] = json!(null);
            if let Some(workout) = answer.get_mut("workout") {
                workout["id"] = json!(null);
            }
            answer
        };
        for (tool, arguments) in [
            ("create_workout", workout),
            (
                "update_workout",
                json!({"workout_id": id, "exercises": exercises}),
            ),
            (
                "correct_set",
                json!({"workout_id": id, "exercise": "squat", "set": 2, "reps": 4}),
            ),
            ("list_workouts", json!({"limit": 1})),
            (
                "get_exercise_history",
                json!({"exercise": "squat", "days": 30}),
            ),
            ("analyze_progress", json!({"exercise": "squat"})),
            (
                "suggest_next_weight",
                json!({"exercise": "squat", "target_reps": 5}),
            ),
            ("check_volume_landmarks", json!({})),
            ("list_exercises", json!({"equipment": "barbell"})),
            (
                "create_workout_plan",
                json!({"name": "x", "duration_weeks": 4, "sessions": sessions}),
            ),
            ("update_settings", json!({"max_history_days": 300})),
        ] {
            let tools = listed(Audience::User);
            let tool = tools.iter().find(|listed| listed.name == tool).unwrap();
            let expected = ann.call(&tool.name, arguments.clone()).await.unwrap();
            for style in 0..3 {
                let other = respelled(&arguments, &json!(tool.input_schema), style);
                let answer = ann.call(&tool.name, other.clone()).await;
                let answer = answer.unwrap_or_else(|error| panic!("{other}: {error}"));
                assert_eq!(
                    without_ids(answer),
                    without_ids(expected.clone()),
                    "{other}"
                );
            }
        }
    }
);
