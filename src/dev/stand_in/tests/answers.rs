//! Texts of the answers.

use super::turns::{TURNS, answered};

#[test]
fn answers_are_the_results_as_lists_with_advice_around_them() {
    let answer = |n: usize| answered(TURNS[n].0, TURNS[n].1);
    insta::assert_snapshot!(answer(0), @r"
    **Barbell Bench Press, last 60 days: 5 sessions (0.58 a week)**

    - e1RM: first 208.1, latest 219.4, best 219.4 lb; +1.53 lb a week (R² 0.97)
    - Volume: 14100 lb in all, 2820 a session; +12.4 a week
    - Best sets: 5 @ 195 lb on 2026-11-18, 5 @ 190 lb on 2026-11-04
    - Plateau: no
    - Formula: Brzycki 1993: weight * 36 / (37 - reps)
    ");
    insta::assert_snapshot!(answer(1), @r"
    **Barbell Back Squat: next 230 lb for 10 reps (last 225 lb); every working set reached 10 reps: one step of 5 lb up**

    - based on 2026-11-19: 3x10 @ 225 lb (e1RM 300 lb)
    ");
    insta::assert_snapshot!(answer(2), @r"
    **Overhead Press, last 56 days: 6 sessions (0.75 a week)**

    - e1RM: first 110, latest 108, best 112 lb; -0.2 lb a week (R² 0.1)
    - Volume: 9000 lb in all, 1500 a session
    - Plateau: yes, the e1RM has not risen over at least 4 sessions and 21 days

    General guidance for when a lift stands still: take a deload week, about half the usual sets at an easy effort, and start again a little below where you were. If that does not move it, train a close variation for a few weeks, for instance one with a pause or another grip.
    ");
    insta::assert_snapshot!(answer(3), @r"
    - Created: Upper/Lower 4 Days: 4 sessions a week for 8 weeks
      - Upper A (day 1): Barbell Bench Press 4x5-8
      - Lower A (day 2): Barbell Back Squat 4x5-8
    ");
    insta::assert_snapshot!(answer(4), @r"
    No plan was created. I can copy one of the plans below, but cannot tell which one you want. Ask again with words of its name or its days a week, and nothing else.

    - Novice 5x5 Linear Progression: 3 sessions a week for 12 weeks
    - Upper/Lower 4 Days: 4 sessions a week for 8 weeks
    - Strength 4 Days with Weekly Waves: 4 sessions a week for 12 weeks
    - My Upper/Lower: 4 sessions a week for 8 weeks; active
    ");
    insta::assert_snapshot!(answer(5), @r"
    **Working sets from 2026-11-09 to 2026-11-15:**

    - chest: 26 direct, 26.5 fractional; above MRV (MV 4, MEV 6, MAV 6-16, MRV 24)
    - back: 8 direct, 8 fractional; in the most productive range (MV 4)
    - Landmarks: RP (2025-01), sets

    **Working sets from 2026-11-16 to 2026-11-22 (so far):**

    - chest: 3 direct, 3 fractional; below maintenance (MV 4, MEV 6, MAV 6-16, MRV 24)
    - Landmarks: RP (2025-01), sets
    ");
    insta::assert_snapshot!(answer(6), @r"
    That is worth taking seriously. I would take a deload week: for one week cut the usual volume by about half, with easy weights and every set far from failure. That is general guidance, not medical advice. With pain or illness, stop and see a professional.

    **Working sets from 2026-11-09 to 2026-11-15:**

    - chest: 26 direct, 26.5 fractional; above MRV (MV 4, MEV 6, MAV 6-16, MRV 24)
    - back: 8 direct, 8 fractional; in the most productive range (MV 4)
    - Landmarks: RP (2025-01), sets

    **Working sets from 2026-11-16 to 2026-11-22 (so far):**

    - chest: 3 direct, 3 fractional; below maintenance (MV 4, MEV 6, MAV 6-16, MRV 24)
    - Landmarks: RP (2025-01), sets

    - 2026-11-20 Workout
      - Barbell Bench Press: 3x5 @ 185 lb
      - Barbell Row: 3x10 @ 135 lb
    - 2026-11-18 <img src=x onerror=alert(1)>
      - Barbell Back Squat: 5x5 @ 225 lb
    - … and more
    ");
    insta::assert_snapshot!(answer(7), @r"
    - Logged: 2026-11-21 Workout
      - Barbell Bench Press: 3x5 @ 185 lb
    ");
    insta::assert_snapshot!(answer(8), @r"
    **2 exercises**

    - Barbell Bench Press (barbell-bench-press): chest; barbell
    - A|B (C) (a-b): side_delts, chest; smith_machine
    ");
    insta::assert_snapshot!(answer(9), @r"
    - 2026-11-20 Workout
      - Barbell Bench Press: 3x5 @ 185 lb
      - Barbell Row: 3x10 @ 135 lb
    - 2026-11-18 <img src=x onerror=alert(1)>
      - Barbell Back Squat: 5x5 @ 225 lb
    - … and more
    ");
}
