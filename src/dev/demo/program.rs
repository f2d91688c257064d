//! What the demo user trains: four sessions a week, and each lift with where it began and how far it has come.

use crate::{
    workout::figures::units::Unit::{self, Kg, Lb},
    workout::model::{PlanExercise, PlanSession},
};

/// How strength changes over the seven months.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    Steady,
    /// Good months, then nothing more.
    Stalled,
}

pub(super) struct Lift {
    pub(super) slug: &'static str,
    pub(super) unit: Unit,
    /// In its unit: what the bar, the rack of dumbbells or the stack offers next.
    pub(super) step: f64,
    /// Working sets before the deload, and in the block since.
    sets: (u32, u32),
    /// Lowest and highest aim. With bodyweight: what was possible first, and what is by now.
    pub(super) reps: (u32, u32),
    /// The first session's weight; 0 for bodyweight.
    pub(super) first: f64,
    /// What strength has grown by in the end, as a share of what it was.
    pub(super) gain: f64,
    pub(super) course: Course,
}

impl Lift {
    pub(super) fn sets(&self, new_block: bool) -> u32 {
        if new_block { self.sets.1 } else { self.sets.0 }
    }

    pub(super) fn is_bodyweight(&self) -> bool {
        self.first <= 0.0
    }
}

pub(super) struct Session {
    pub(super) name: &'static str,
    /// 1 Monday to 7 Sunday.
    pub(super) day: u8,
    /// The first is the heavy one, with warm-up sets.
    pub(super) lifts: &'static [Lift],
}

const fn steady(
    slug: &'static str,
    (first, unit, step): (f64, Unit, f64),
    sets: (u32, u32),
    reps: (u32, u32),
    gain: f64,
) -> Lift {
    Lift {
        slug,
        unit,
        step,
        sets,
        reps,
        first,
        gain,
        course: Course::Steady,
    }
}

const fn bodyweight(slug: &'static str, sets: (u32, u32), reps: (u32, u32)) -> Lift {
    steady(slug, (0.0, Kg, 0.0), sets, reps, 0.0)
}

const OVERHEAD_PRESS: Lift = Lift {
    course: Course::Stalled,
    ..steady(
        "barbell-overhead-press",
        (95.0, Lb, 2.5),
        (3, 3),
        (5, 5),
        0.23,
    )
};

const LEG_CURL: Lift = steady("lying-leg-curl", (35.0, Kg, 2.5), (3, 3), (10, 12), 0.3);

/// Since the deload the chest gets more: 21 direct sets a week in place of 15, which is close to MRV.
/// Calves are the lift that is cut short at the end of the week: 4 sets.
pub(super) const SESSIONS: [Session; 4] = [
    Session {
        name: "Upper A",
        day: 1,
        lifts: &[
            steady("barbell-bench-press", (155.0, Lb, 5.0), (3, 3), (5, 5), 0.2),
            steady("seated-cable-row", (50.0, Kg, 2.5), (4, 4), (8, 10), 0.25),
            steady(
                "dumbbell-incline-bench-press",
                (22.0, Kg, 2.0),
                (3, 5),
                (8, 12),
                0.32,
            ),
            bodyweight("pull-up", (3, 3), (6, 11)),
            steady("cable-fly", (12.5, Kg, 2.5), (3, 4), (10, 15), 0.3),
            steady("dumbbell-curl", (10.0, Kg, 2.0), (3, 4), (8, 12), 0.3),
        ],
    },
    Session {
        name: "Lower A",
        day: 2,
        lifts: &[
            steady(
                "barbell-back-squat",
                (185.0, Lb, 5.0),
                (3, 3),
                (8, 10),
                0.28,
            ),
            steady(
                "dumbbell-romanian-deadlift",
                (26.0, Kg, 2.0),
                (3, 3),
                (8, 10),
                0.25,
            ),
            steady("leg-extension", (40.0, Kg, 2.5), (3, 3), (10, 12), 0.3),
            LEG_CURL,
            bodyweight("hanging-leg-raise", (3, 3), (8, 14)),
        ],
    },
    Session {
        name: "Upper B",
        day: 4,
        lifts: &[
            OVERHEAD_PRESS,
            steady(
                "dumbbell-bench-press",
                (26.0, Kg, 2.0),
                (3, 5),
                (8, 10),
                0.25,
            ),
            steady("lat-pulldown", (52.5, Kg, 2.5), (4, 4), (8, 12), 0.22),
            bodyweight("dip", (3, 4), (8, 15)),
            steady(
                "dumbbell-lateral-raise",
                (7.0, Kg, 1.0),
                (3, 3),
                (12, 15),
                0.35,
            ),
            steady("triceps-pushdown", (20.0, Kg, 2.5), (3, 3), (10, 12), 0.3),
        ],
    },
    Session {
        name: "Lower B",
        day: 6,
        lifts: &[
            steady("barbell-deadlift", (265.0, Lb, 5.0), (3, 3), (5, 5), 0.14),
            steady("leg-press", (120.0, Kg, 5.0), (3, 3), (10, 12), 0.3),
            LEG_CURL,
            steady(
                "standing-calf-raise",
                (60.0, Kg, 2.5),
                (3, 4),
                (12, 15),
                0.15,
            ),
            bodyweight("ab-wheel-rollout", (3, 3), (6, 13)),
        ],
    },
];

/// The same as a plan: what is logged since the deload is what it says.
pub(super) fn plan_sessions() -> Vec<PlanSession> {
    let exercise = |lift: &Lift| PlanExercise {
        exercise_id: lift.slug.to_owned(),
        sets: lift.sets(true),
        reps_min: Some(lift.reps.0),
        reps_max: Some(lift.reps.1),
        rpe: Some(8.0),
        rest_seconds: Some(if lift.reps.1 <= 10 { 180 } else { 90 }),
        notes: None,
    };
    let session = |session: &Session| PlanSession {
        name: session.name.to_owned(),
        day: Some(session.day),
        exercises: session.lifts.iter().map(exercise).collect(),
    };
    SESSIONS.iter().map(session).collect()
}
