//! What the answers say.

use super::turns::{PROGRESS, TURNS, answered};

#[test]
fn answers_are_sentences_with_lists_and_tables() {
    let answer = |n: usize| answered(TURNS[n].0, TURNS[n].1);
    insta::assert_snapshot!(answer(0), @r#"
    Your **Barbell Bench Press** over the last 60 days: 5 sessions (0.58 a week). The estimated one-rep max is rising.

    - **Estimated one-rep max**: first 208.1, latest 219.4, best 219.4 lb; +1.53 lb a week (R² 0.97)
    - **Volume**: 14100 lb in all, 2820 a session; +12.4 a week
    - **Best sets**: 5 @ 195 lb on 2026-11-18, 5 @ 190 lb on 2026-11-04
    - **Plateau**: no
    - **Formula**: Brzycki 1993: weight * 36 / (37 - reps)
    "#);
    insta::assert_snapshot!(answer(1), @r#"
    **Barbell Back Squat**: **next 230 lb for 10 reps (last 225 lb)**.

    Why: every working set reached 10 reps: one step of 5 lb up.

    - From 2026-11-19: 3x10 @ 225 lb (e1RM 300 lb)
    "#);
    insta::assert_snapshot!(answer(2), @r#"
    Yes, going by your log this is a plateau. Your **Overhead Press** over the last 56 days: 6 sessions (0.75 a week).

    - **Estimated one-rep max**: first 110, latest 108, best 112 lb; -0.2 lb a week (R² 0.1)
    - **Volume**: 9000 lb in all, 1500 a session
    - **Plateau**: yes, the e1RM has not risen over at least 4 sessions and 21 days

    General guidance for when a lift stands still: take a deload week, about half the usual sets at an easy effort, and start again a little below where you were. If that does not move it, train a close variation for a few weeks, for instance one with a pause or another grip.
    "#);
    insta::assert_snapshot!(answer(3), @r#"
    I created the plan **Upper/Lower 4 Days**: 4 sessions a week for 8 weeks.

    - **Upper A (day 1)**: Barbell Bench Press 4x5-8
    - **Lower A (day 2)**: Barbell Back Squat 4x5-8
    "#);
    insta::assert_snapshot!(answer(4), @r#"
    No plan was created. I can copy one of the plans below, but cannot tell which one you want. Ask again with its kind and its days a week.

    - **Novice 5x5 Linear Progression**: 3 sessions a week for 12 weeks
    - **Upper/Lower 4 Days**: 4 sessions a week for 8 weeks
    - **Strength 4 Days with Weekly Waves**: 4 sessions a week for 12 weeks
    - **My Upper/Lower**: 4 sessions a week for 8 weeks; active
    "#);
    insta::assert_snapshot!(answer(5), @r#"
    Last week, the last complete one, **chest** stood high: too much, or close to it.

    Working sets from 2026-11-09 to 2026-11-15; this week's from 2026-11-16 to 2026-11-22 (so far).

    | Muscle | Sets | How that stands | This week |
    |---|---|---|---|
    | chest | 26 direct, 26.5 fractional | above MRV (MV 4, MEV 6, MAV 6-16, MRV 24) | 3 direct, 3 fractional |
    | back | 8 direct, 8 fractional | in the most productive range (MV 4) | |

    Landmarks: RP (2025-01), sets.
    "#);
    insta::assert_snapshot!(answer(6), @r#"
    That is worth taking seriously. I would take a deload week: for one week cut the usual volume by about half to sixty percent, with easy weights and every set far from failure. That is general guidance, not medical advice. With pain or illness, stop and see a professional.

    Your recent sessions:

    - 2026-11-20 Workout: Barbell Bench Press, Barbell Row
    - 2026-11-18 <img src=x onerror=alert(1)>: Barbell Back Squat
    - … and more

    In the last complete week these stand high:

    - **chest**: 26 direct, 26.5 fractional; above MRV (MV 4, MEV 6, MAV 6-16, MRV 24)

    In this week so far no muscle stands above its most productive range.
    "#);
    insta::assert_snapshot!(answer(7), @r#"
    Logged: **2026-11-21 Workout**

    - **Barbell Bench Press**: 3x5 @ 185 lb
    "#);
    insta::assert_snapshot!(answer(8), @r#"
    The catalogue has 2 exercises that fit:

    | Exercise | Muscles | Equipment |
    |---|---|---|
    | Barbell Bench Press | chest | barbell |
    | A\|B (C) | side delts, chest | smith machine |
    "#);
    insta::assert_snapshot!(answer(9), @r#"
    Your latest workouts:

    - **2026-11-20 Workout**
      - Barbell Bench Press: 3x5 @ 185 lb
      - Barbell Row: 3x10 @ 135 lb
    - **2026-11-18 <img src=x onerror=alert(1)>**
      - Barbell Back Squat: 5x5 @ 225 lb
    - … and more
    "#);
}

#[test]
fn the_progress_of_several_exercises_is_told_one_after_the_other() {
    let squat = PROGRESS.replace("Barbell Bench Press", "Barbell Back Squat");
    let answer = answered("How's my bench and squat progress?", &[&[PROGRESS, &squat]]);
    let (bench, squat) = answer
        .split_once("\n\nYour **Barbell Back Squat**")
        .unwrap();
    assert!(
        bench.starts_with("Your **Barbell Bench Press** over the last 60 days"),
        "{bench}"
    );
    assert!(squat.ends_with("(37 - reps)"), "{squat}");
}
