//! Use cases: progress, next weight, plateau, plan, volume. Figures are calculated by hand.

use serde_json::json;

use super::deployment::{Deployment, day, sets, week};
use crate::support::world::{World, on_both};

on_both!(
    progress_over_two_months_uses_history_and_trend,
    async |world: World| {
        let deployment = Deployment::over(world).await;
        let log = [(70, 60.0), (56, 80.0), (42, 82.5), (28, 85.0), (14, 87.5)];
        let log = log.map(|(ago, kg)| (day(ago), sets(3, 5, kg)));
        deployment.log("ann", "Bench Press", &log).await;
        let other = [(day(20), sets(5, 5, 200.0))];
        deployment.log("bob", "Bench Press", &other).await;
        let told = deployment
            .ask(
                "ann",
                "How's my bench press progress over the last 2 months?",
                &[
                    (
                        "get_exercise_history",
                        json!({"exercise": "Bench Press", "days": 60}),
                    ),
                    (
                        "analyze_progress",
                        json!({"exercise": "Bench Press", "time_period_days": 60}),
                    ),
                ],
            )
            .await;
        let [d56, d42, d28, d14] = [56, 42, 28, 14].map(day);
        // Brzycki: five reps are 36/32 of the weight, so 2.5 kg in two weeks are 2.8125 kg, or 1.41 kg a week.
        assert_eq!(
            told,
            [
                format!(
                    "Barbell Bench Press: 4 sessions in the last 60 days, newest first\n\
                     {d14}: 3x5 @ 87.5 kg (e1RM 98.4 kg)\n\
                     {d28}: 3x5 @ 85 kg (e1RM 95.6 kg)\n\
                     {d42}: 3x5 @ 82.5 kg (e1RM 92.8 kg)\n\
                     {d56}: 3x5 @ 80 kg (e1RM 90 kg)"
                ),
                // 15 reps of 80, 82.5, 85 and 87.5 kg.
                format!(
                    "Barbell Bench Press, last 60 days: 4 sessions (0.47 a week)\n\
                     e1RM: first 90, latest 98.4, best 98.4 kg; +1.41 kg a week (R² 1)\n\
                     Volume: 5025 kg in all, 1256.3 a session; +18.75 a week\n\
                     Best sets: 5 @ 87.5 kg on {d14}, 5 @ 87.5 kg on {d14}, 5 @ 87.5 kg on {d14}\n\
                     Plateau: no\n\
                     Formula: Brzycki 1993: weight * 36 / (37 - reps), estimated from reps to fatigue; \
                     low confidence above 10 reps\n\
                     All time: heaviest 5 @ 87.5 kg on {d14}, most reps 5 @ 87.5 kg on {d14}, \
                     e1RM 98.4 kg from 5 @ 87.5 kg on {d14}"
                ),
            ]
        );
    }
);

on_both!(the_next_weight_comes_with_its_sets, async |world: World| {
    let deployment = Deployment::over(world).await;
    let mut latest = sets(3, 10, 100.0);
    let warm_up = json!({"reps": 5, "weight": 60, "unit": "kg", "is_warmup": true});
    latest.as_array_mut().unwrap().insert(0, warm_up);
    let log = [(day(6), sets(3, 10, 95.0)), (day(3), latest)];
    deployment.log("ann", "Squat", &log).await;
    deployment
        .log("bob", "Squat", &[(day(1), sets(3, 3, 180.0))])
        .await;
    let calls = [("suggest_next_weight", json!({"exercise": "Squat"}))];
    let asked = "What weight should I use for squats today?";
    let (d3, d6) = (day(3), day(6));
    assert_eq!(
        deployment.ask("ann", asked, &calls).await,
        [format!(
            "Barbell Back Squat: next 105 kg for 10 reps (last 100 kg), as logged before; every set at the working weight \
                 reached 10 reps: one step of 5 kg up\n\
                 based on {d3}: 5 @ 60 kg warm-up, 3x10 @ 100 kg (e1RM 133.3 kg)\n\
                 based on {d6}: 3x10 @ 95 kg (e1RM 126.7 kg)"
        )]
    );
    assert_eq!(
        deployment.ask("eve", asked, &calls).await,
        ["Barbell Back Squat: nothing logged in the last 365 days, so there is nothing to go by"]
    );
});

on_both!(
    a_stalled_exercise_is_reported_as_a_plateau,
    async |world: World| {
        let deployment = Deployment::over(world).await;
        let mut log = [35, 28, 21, 14, 7].map(|ago| (day(ago), sets(3, 5, 50.0)));
        log[4].1[2]["reps"] = 4.into();
        deployment.log("ann", "Overhead Press", &log).await;
        let risen = [(day(1), sets(1, 1, 90.0))];
        deployment.log("bob", "Overhead Press", &risen).await;
        let told = deployment
            .ask(
                "ann",
                "I feel stuck on overhead press",
                &[(
                    "analyze_progress",
                    json!({"exercise": "Overhead Press", "time_period_days": 56}),
                )],
            )
            .await;
        let (d7, d14, d35) = (day(7), day(14), day(35));
        // Four times 750 kg, then 700: a slope of -700/490 kg a day.
        assert_eq!(
            told,
            [format!(
                "Overhead Press, last 56 days: 5 sessions (0.63 a week)\n\
                 e1RM: first 56.3, latest 56.3, best 56.3 kg; 0 kg a week (R² 1)\n\
                 Volume: 3700 kg in all, 740 a session; -10 a week\n\
                 Best sets: 5 @ 50 kg on {d7}, 5 @ 50 kg on {d7}, 5 @ 50 kg on {d14}\n\
                 Plateau: yes, the e1RM has not risen over at least 4 sessions and 21 days\n\
                 Formula: Brzycki 1993: weight * 36 / (37 - reps), estimated from reps to fatigue; \
                 low confidence above 10 reps\n\
                 All time: heaviest 5 @ 50 kg on {d35}, most reps 5 @ 50 kg on {d35}, \
                 e1RM 56.3 kg from 5 @ 50 kg on {d35}"
            )]
        );
    }
);

on_both!(
    a_plan_created_by_claude_belongs_to_the_user_alone,
    async |world: World| {
        let deployment = Deployment::over(world).await;
        let upper = json!([
            {"exercise_id": "Bench Press", "sets": 4, "reps_min": 6, "reps_max": 8},
            {"exercise_id": "Barbell Row", "sets": 4, "reps_min": 8}]);
        let lower = json!([
            {"exercise_id": "Squat", "sets": 4, "reps_min": 5, "reps_max": 5},
            {"exercise_id": "RDL", "sets": 3}]);
        let session = |name, day, exercises: &serde_json::Value| json!({"name": name, "day": day, "exercises": exercises});
        let plan = json!({"name": "4-Day Upper/Lower", "duration_weeks": 8, "sessions": [
            session("Upper A", 1, &upper), session("Lower A", 2, &lower),
            session("Upper B", 4, &upper), session("Lower B", 5, &lower)]});
        let told = deployment
            .ask(
                "ann",
                "Create me a 4-day upper/lower split",
                &[("create_workout_plan", plan)],
            )
            .await;
        let head = |text: &str| text.lines().next().unwrap_or_default().to_owned();
        let created = head(&told[0]);
        let id = created.split("(id ").nth(1).and_then(|rest| rest.get(..36));
        let id = id.unwrap_or_else(|| panic!("an id in {created}"));
        let upper = "Barbell Bench Press 4x6-8, Barbell Row 4x8";
        let lower = "Barbell Back Squat 4x5, Barbell Romanian Deadlift 3 sets";
        let plan = format!("4-Day Upper/Lower (id {id}, user): 4 sessions a week for 8 weeks");
        let sessions = format!(
            "\n  Upper A (day 1): {upper}\n  Lower A (day 2): {lower}\n  Upper B (day 4): {upper}\n  Lower B (day 5): {lower}"
        );
        let names = "\nplanned as Barbell Bench Press, from \"Bench Press\"; as Barbell Back Squat, from \"Squat\"; \
            as Barbell Romanian Deadlift, from \"RDL\"";
        assert_eq!(told, [format!("Created: {plan}{sessions}{names}")]);
        let all = [("list_plans", json!({}))];
        let listed = &deployment.ask("ann", "Which plans are there?", &all).await[0];
        assert_eq!(listed.matches(&*plan).count(), 1, "{listed}");
        assert_eq!(listed.matches(", user)").count(), 1, "{listed}");
        assert!(listed.matches(", system)").count() >= 5, "{listed}");
        let one = [("list_plans", json!({"plan_id": id}))];
        assert_eq!(
            deployment.ask("ann", "Show it to me.", &one).await,
            [format!("{plan}{sessions}")]
        );
        let others = &deployment.ask("bob", "Which plans are there?", &all).await[0];
        assert!(
            !others.contains("Upper/Lower") || !others.contains(id),
            "{others}"
        );
        assert!(!others.contains(", user)"), "{others}");
    }
);

on_both!(
    high_chest_volume_is_compared_with_the_landmarks,
    async |world: World| {
        let deployment = Deployment::over(world).await;
        let (monday, sunday) = week(0);
        let at = |date: &str, n: usize| (date.to_owned(), sets(n, 10, 60.0));
        deployment
            .log("ann", "Bench Press", &[at(&monday, 12), at(&week(1).0, 5)])
            .await;
        deployment
            .log("ann", "incline bench press", &[at(&monday, 10)])
            .await;
        deployment
            .log("ann", "Dumbbell Pullover", &[at(&monday, 3)])
            .await;
        deployment
            .log("bob", "Bench Press", &[at(&monday, 9)])
            .await;
        let calls = [("check_volume_landmarks", json!({"muscle_group": "chest"}))];
        let told = deployment
            .ask("ann", "Am I doing too much volume for chest?", &calls)
            .await;
        // 12 and 10 direct sets of one day are more than 12; the chest assists in three pullovers, which count half.
        assert_eq!(
            told,
            [format!(
                "Working sets from {monday} to {sunday} (so far):\n\
                 chest: 22 direct, 23.5 fractional; above MRV (MV 2-4, MEV 4-6, MAV 6-16, MRV 16-24); trained on 1 day: MRV 5-12\n\
                 Landmarks: melvio/lifting-volumes-overview README, which cites Renaissance Periodization (rpstrength.com), \
                 commit dc689d3 of 2025-11-01; working sets per muscle and week, lifters who have trained the muscle for 3 to 7 \
                 years or more; general guidance, not medical advice; MRV by days: those of the week on which the muscle was \
                 trained, or of the week before while this one is not over"
            )]
        );
    }
);
