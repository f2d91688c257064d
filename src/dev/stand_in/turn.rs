//! From an intent and what the tools have answered so far to the next reply: calls, or an answer. Pure.

use serde_json::{Map, Value, json};

use super::{
    answer,
    intent::{Intent, Period, Wish, Workout, understand, week_before},
    names::Names,
    request::Asked,
    told::{Page, Told, Words, words},
};

pub(super) const PROGRESS: Words = words!("analyze_progress");
pub(super) const NEXT_WEIGHT: Words = words!("suggest_next_weight");
pub(super) const HISTORY: Words = words!("get_exercise_history");
pub(super) const WORKOUTS: Words = words!("list_workouts");
pub(super) const LOG: Words = words!("create_workout");
pub(super) const PLANS: Words = words!("list_plans");
pub(super) const CREATE_PLAN: Words = words!("create_workout_plan");
pub(super) const VOLUME: Words = words!("check_volume_landmarks");
pub(super) const EXERCISES: Words = words!("list_exercises");

/// How long somebody who is stuck may have been: eight weeks.
const STUCK_DAYS: u32 = 56;
/// Whose progress is looked at in one turn.
pub(super) const MOST_EXERCISES: usize = 4;
const SESSIONS_WHEN_TIRED: u32 = 10;
const SESSIONS: u32 = 5;

/// One reply of the stand-in: text, then calls.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Reply {
    pub text: String,
    pub calls: Vec<Call>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Call {
    pub tool: Words,
    pub input: Value,
}

const WHO: Words = words!(
    "I am the offline stand-in: a handful of rules, not Claude. I look things up with the same tools and answer from what \
     they say, nothing more.\n\n"
);
/// The same after the tools were called: a client that does not stream may show the last text alone.
const WHO_BRIEFLY: Words = words!("\n\n(I am the offline stand-in: rules, not Claude.)");
const NO_PHOTOS: Words = words!("I cannot see photos or documents; I go by the text alone.\n\n");

/// The next reply in this conversation.
pub(super) fn reply(asked: &Asked, names: &Names) -> Reply {
    let before = asked.before.as_deref();
    let mut intent = understand(&asked.question, before, asked.today, names);
    if asked.picture && matches!(intent, Intent::Unknown | Intent::LogMore(_)) {
        intent = Intent::Photo;
    }
    let mut page = Page::default();
    if asked.done.is_empty() {
        if asked.first {
            page.say(WHO);
        }
        if asked.picture && intent != Intent::Photo {
            page.say(NO_PHOTOS);
        }
    }
    let calls = calls(&intent, asked);
    let missing = calls.iter().find(|call| !asked.offers(call.tool));
    if let Some(call) = missing {
        answer::no_tool(&mut page, call.tool);
    } else if !calls.is_empty() && asked.may_call() {
        return Reply {
            text: page.text(),
            calls,
        };
    } else {
        answer::write(&mut page, &intent, asked, !calls.is_empty());
    }
    if asked.first && !asked.done.is_empty() {
        page.say(WHO_BRIEFLY);
    }
    Reply {
        text: page.text(),
        calls: Vec::new(),
    }
}

/// The calls that the intent needs next; none once all have been answered, or where none is needed.
fn calls(intent: &Intent, asked: &Asked) -> Vec<Call> {
    if let Intent::CreatePlan(wish) = intent {
        return plan_calls(wish, asked);
    }
    if asked.done.is_empty() {
        first_calls(intent, asked)
    } else {
        Vec::new()
    }
}

fn first_calls(intent: &Intent, asked: &Asked) -> Vec<Call> {
    let days = |period: &Period| period.days(asked.today);
    match intent {
        Intent::Progress(exercises, period) => {
            let of = |exercise| {
                let input = json!({"exercise": exercise, "time_period_days": days(period)});
                call(PROGRESS, input)
            };
            exercises.iter().take(MOST_EXERCISES).map(of).collect()
        }
        Intent::Plateau(Some(exercise)) => {
            vec![call(
                PROGRESS,
                json!({"exercise": exercise, "time_period_days": STUCK_DAYS}),
            )]
        }
        Intent::NextWeight(Some(exercise), reps) => {
            let mut input = json!({"exercise": exercise});
            if let Some(reps) = reps {
                input["target_reps"] = (*reps).into();
            }
            vec![call(NEXT_WEIGHT, input)]
        }
        Intent::History(exercise, period) => {
            vec![call(
                HISTORY,
                json!({"exercise": exercise, "days": days(period)}),
            )]
        }
        Intent::Workouts => vec![call(WORKOUTS, json!({"limit": SESSIONS}))],
        Intent::Plans => vec![call(PLANS, json!({}))],
        Intent::Volume(muscle) => volume_calls(muscle.as_deref(), asked),
        Intent::Recovery => {
            let mut calls = volume_calls(None, asked);
            calls.push(call(WORKOUTS, json!({"limit": SESSIONS_WHEN_TIRED})));
            calls
        }
        Intent::Log(workout) => vec![call(LOG, logged(workout))],
        Intent::Exercises(filters) => vec![call(EXERCISES, Value::Object(filters.clone()))],
        Intent::Plateau(None)
        | Intent::NextWeight(None, _)
        | Intent::CreatePlan(_)
        | Intent::LogMore(_)
        | Intent::SinceWhen
        | Intent::Photo
        | Intent::Help
        | Intent::Unknown => Vec::new(),
    }
}

fn call(tool: Words, input: Value) -> Call {
    Call { tool, input }
}

/// This week, which may have just begun, and the last one, which is complete.
fn volume_calls(muscle: Option<&str>, asked: &Asked) -> Vec<Call> {
    let mut input = Map::new();
    if let Some(muscle) = muscle {
        input.insert("muscle_group".into(), muscle.into());
    }
    let this = call(VOLUME, Value::Object(input.clone()));
    let Some(day) = asked.today.and_then(week_before) else {
        return vec![this];
    };
    input.insert("week".into(), day.to_string().into());
    vec![this, call(VOLUME, Value::Object(input))]
}

fn logged(workout: &Workout) -> Value {
    let exercises = workout.exercises.iter().map(|entry| {
        let sets = entry.sets.iter().map(|set| {
            let mut fields = json!({"reps": set.reps, "weight": set.weight, "unit": set.unit});
            if let Some(rpe) = set.rpe {
                fields["rpe"] = rpe.into();
            }
            fields
        });
        json!({"exercise_id": entry.exercise, "sets": sets.collect::<Vec<_>>()})
    });
    let mut input = json!({"exercises": exercises.collect::<Vec<_>>()});
    if let Some(day) = workout.day {
        input["performed_at"] = day.to_string().into();
    }
    input
}

/// The plans first; then the one that fits best is copied, once in a turn.
fn plan_calls(wish: &Wish, asked: &Asked) -> Vec<Call> {
    if asked.answer_of(CREATE_PLAN).is_some() {
        return Vec::new();
    }
    let Some(plans) = asked.answer_of(PLANS) else {
        return vec![call(PLANS, json!({}))];
    };
    if plans.is_error {
        return Vec::new();
    }
    let shipped = answer::plans::shipped(Told::all(&plans.text));
    let mut fitting = shipped.filter(|plan| wish.fits(plan.name.value(), plan.size.value()));
    let (Some(plan), None) = (fitting.next(), fitting.next()) else {
        return Vec::new();
    };
    let mut input = json!({"name": plan.name.value(), "based_on": plan.id.value()});
    if let Some(weeks) = wish.weeks {
        input["duration_weeks"] = weeks.into();
    }
    vec![call(CREATE_PLAN, input)]
}
