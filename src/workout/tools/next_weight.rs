//! Tool `suggest_next_weight`: double progression from the latest sessions, toward a target of repetitions.

mod target;
mod text;

use super::{prelude::*, words::Words};
use crate::workout::{
    catalogue::{Load, Measure},
    figures::{
        progression::{self, Reason, RepRange, Rule},
        units::{convert, step_in},
    },
};
use target::{Target, TargetSource};

/// Sessions that a suggestion may rest on.
const SESSIONS: i64 = 20;
/// More assistance than anybody's.
const MOST_ASSISTANCE: f64 = 2000.0;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SuggestNextWeight {
    exercise: String,
    /// Default: the active plan's range, else from the log
    #[schemars(range(min = 1, max = 100))]
    target_reps: Option<u32>,
    /// A range in place of `target_reps`
    #[schemars(range(min = 1, max = 100))]
    reps_min: Option<u32>,
    #[schemars(range(min = 1, max = 100))]
    reps_max: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct NextWeight {
    exercise_id: String,
    name: String,
    /// Reps of all sets at which the weight goes up
    #[serde(skip_serializing_if = "Option::is_none")]
    target_reps: Option<u32>,
    /// Fewer are a miss
    #[serde(skip_serializing_if = "Option::is_none")]
    reps_min: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reps_max: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_from: Option<TargetSource>,
    unit: Unit,
    days: i64,
    /// To be logged; absent without a session, for carries and holds, and out of reach
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<f64>,
    /// The working weight: the heaviest done for about the target; of an estimate, of the session it is from
    #[serde(skip_serializing_if = "Option::is_none")]
    last_weight: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    step_increment: f64,
    progression_limit: f64,
    /// Newest first
    based_on: Vec<SessionView>,
    #[serde(skip)]
    words: Words,
    /// Repetitions that an estimated weight leaves in reserve.
    #[serde(skip)]
    reserve: u32,
    /// The kinds of sets of a log without any that count.
    #[serde(skip)]
    only: String,
    /// The plan's other targets.
    #[serde(skip)]
    others: Option<String>,
}

impl Tool for SuggestNextWeight {
    const NAME: &'static str = "suggest_next_weight";
    const TITLE: &'static str = "Suggest the next weight";
    const DESCRIPTION: &'static str = "Next weight by double progression: a step up when every set at the working weight reached the target, the same after a miss, 10 % down after two.";
    type Output = NextWeight;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<NextWeight>, ToolError> {
        let given = target::given(self.target_reps, self.reps_min, self.reps_max)?;
        let mut user = ctx.read().await?;
        let catalogue = user.catalogue().await?;
        let exercise = catalogue.find(&self.exercise)?;
        let days = user.settings.max_history_days;
        let since = user.days_ago(days);
        let sessions = user.tx.exercise_history(&exercise.id, since, SESSIONS);
        let mut sessions = sessions.await?;
        let only = text::only(&sessions);
        sessions.retain(|session| session.sets.iter().any(counts));
        let unit = unit_of(&sessions, user.settings.units.unit());
        let measured = Measured::new(exercise, unit, &mut user).await?;
        let rule = rule(&measured, &sessions, &user);
        let log = log(&measured, &sessions, &user);
        let planned = match given {
            None => target::planned(&exercise.id, &sessions, &mut user).await?,
            Some(_) => None,
        };
        let (planned, others) = planned.unzip();
        let target = given
            .or(planned)
            .or_else(|| progression::from_log(&log, &rule).map(Target::from_log));
        let by_weight = exercise.measure == Measure::Reps;
        let next = target
            .filter(|_| by_weight)
            .and_then(|target| progression::next(&log, &rule, target.range));
        let next = Suggested {
            target,
            next,
            rule,
            days,
            only,
            others: others.flatten(),
        };
        let suggestion = next.view(&measured, &sessions, &user);
        let (text, notice) = (suggestion.text(), suggestion.notice());
        Ok(Reply::new(suggestion, text).with_notice(notice))
    }
}

/// True for sets that the progression looks at; the others are lighter on purpose.
fn counts(set: &WorkoutSet) -> bool {
    !matches!(set.kind(), SetKind::WarmUp | SetKind::Drop)
}

/// Less assistance is more weight.
fn sign(exercise: &Exercise) -> f64 {
    match exercise.load {
        Load::Assistance => -1.0,
        Load::External | Load::Added | Load::None => 1.0,
    }
}

/// The sessions as the progression sees them.
fn log(
    measured: &Measured<'_>,
    sessions: &[ExerciseSession],
    user: &UserData,
) -> Vec<progression::Session> {
    let sign = sign(measured.exercise);
    let session = |session: &ExerciseSession| {
        let counting = session.sets.iter().filter(|set| counts(set));
        let sets = counting.map(|set| {
            let mut effort = set.effort(measured.unit);
            effort.weight *= sign;
            effort
        });
        progression::Session {
            day: dates::day_number(session.performed_at, &user.zone),
            sets: sets.collect(),
        }
    };
    sessions.iter().map(session).collect()
}

/// The exercise's step and limit in the unit; a limit in lb is rounded down to a step.
fn rule(measured: &Measured<'_>, sessions: &[ExerciseSession], user: &UserData) -> Rule {
    let Measured { exercise, unit, .. } = *measured;
    let step = step_in(exercise.step(), unit);
    let limit = convert(exercise.progression_limit, Unit::Kg, unit);
    let limit = if unit == Unit::Kg || step <= 0.0 {
        round1(limit)
    } else {
        (limit / step).floor() * step
    };
    let mut sets = sessions.iter().flat_map(|session| &session.sets);
    let assisted = exercise.load == Load::Assistance;
    Rule {
        step,
        limit: (assisted || limit > 0.0).then_some(if assisted { 0.0 } else { limit }),
        lowest: if assisted { -MOST_ASSISTANCE } else { 0.0 },
        body: match exercise.load {
            Load::External => Some(0.0),
            Load::Added | Load::Assistance => measured.body_on(user.today()),
            Load::None => None,
        },
        as_entered: sets.all(|set| set.unit == unit || set.weight <= 0.0),
    }
}

/// What the tool has found.
struct Suggested {
    target: Option<Target>,
    next: Option<progression::Suggestion>,
    rule: Rule,
    days: i64,
    only: String,
    others: Option<String>,
}

impl Suggested {
    fn view(
        self,
        measured: &Measured<'_>,
        sessions: &[ExerciseSession],
        user: &UserData,
    ) -> NextWeight {
        let exercise = measured.exercise;
        let sign = sign(exercise);
        // Not `-0`.
        let logged = |weight: f64| round2(weight * sign);
        let reserve = self.next.as_ref().map_or(0, |next| next.reserve);
        let range: Option<RepRange> = self.target.map(|target| target.range);
        let based_on = self.next.as_ref().map(|next| next.based_on.clone());
        let based_on = based_on.unwrap_or_default().into_iter();
        NextWeight {
            exercise_id: exercise.id.clone(),
            name: exercise.name.clone(),
            target_reps: range.map(|range| range.max),
            reps_min: range.map(|range| range.min),
            reps_max: range.map(|range| range.max),
            target_from: self.target.map(|target| target.source),
            unit: measured.unit,
            days: self.days,
            weight: self.next.as_ref().and_then(|next| next.weight.map(logged)),
            last_weight: self.next.as_ref().map(|next| logged(next.from)),
            reason: self.next.map(|next| next.reason),
            step_increment: self.rule.step,
            progression_limit: self.rule.limit.unwrap_or_default(),
            based_on: based_on
                .map(|place| SessionView::new(measured, &sessions[place], user))
                .collect(),
            words: Words::of(exercise),
            reserve,
            only: self.only,
            others: self.others,
        }
    }
}
