//! The use case "I'm feeling burned out": four weeks of training, looked up by Claude and in the prompt `suggest_deload`.

use rmcp::model::GetPromptRequestParams;
use serde_json::{Value, json};

use super::deployment::{Deployment, sets, week};
use crate::support::{
    wait::within,
    world::{Client, World, on_both},
};

/// Working sets of the leg extension per week, by weeks ago.
const SETS: [(i64, usize); 4] = [(3, 6), (2, 12), (1, 18), (0, 24)];

/// The listed workouts without ids.
fn workouts() -> String {
    let newest_first = SETS.iter().rev().map(|(ago, sets)| {
        let (monday, _) = week(*ago);
        format!("{monday} Workout (id …)\n  Leg Extension: {sets}x10 @ 60 kg")
    });
    newest_first.collect::<Vec<_>>().join("\n")
}

/// The text about the quads of a week, and its heading.
fn quads() -> [(String, String); 4] {
    let stands = [
        "6 direct, 6 fractional; in the most productive range",
        "12 direct, 12 fractional; in the most productive range",
        "18 direct, 18 fractional; above MRV",
        "24 direct, 24 fractional; above MRV",
    ];
    [3, 2, 1, 0].map(|ago| {
        let (monday, sunday) = week(ago);
        let so_far = if ago == 0 { " (so far)" } else { "" };
        let at = usize::try_from(3 - ago).expect("small");
        (
            format!("Working sets from {monday} to {sunday}{so_far}:\n"),
            format!(
                "quads: {} (MV 2-4, MEV 4-6, MAV 6-14, MRV 14-18); trained on 1 day: MRV 5-12\n",
                stands[at]
            ),
        )
    })
}

fn without_ids(text: &str) -> String {
    let ids = regex_lite::Regex::new(r"\(id [0-9a-f-]{36}\)").expect("a pattern");
    ids.replace_all(text, "(id …)").into_owned()
}

/// The only message of the prompt.
async fn prompt(client: &Client, arguments: Value) -> Result<String, String> {
    let mut request = GetPromptRequestParams::new("suggest_deload");
    request.arguments = arguments.as_object().cloned();
    let prompt = within("a prompt", client.session.peer().get_prompt(request)).await;
    let prompt = serde_json::to_value(prompt.map_err(|error| error.to_string())?).expect("JSON");
    let [message] = prompt["messages"].as_array().expect("messages").as_slice() else {
        panic!("one message: {prompt:#}")
    };
    assert_eq!(message["role"], "user");
    Ok(message["content"]["text"]
        .as_str()
        .expect("a text")
        .to_owned())
}

async fn trained(world: World) -> Deployment {
    let deployment = Deployment::over(world).await;
    let log = SETS.map(|(ago, n)| (week(ago).0, sets(n, 10, 60.0)));
    deployment.log("ann", "Leg Extension", &log).await;
    let other = [(week(1).0, sets(4, 3, 220.0))];
    deployment.log("bob", "Deadlift", &other).await;
    deployment
}

on_both!(
    four_weeks_of_training_are_summarized_for_a_burned_out_user,
    async |world: World| {
        let deployment = trained(world).await;
        let of = |ago| {
            let quads = json!({"muscle_group": "quads", "week": week(ago).0});
            ("check_volume_landmarks", quads)
        };
        let calls = [("list_workouts", json!({})), of(3), of(2), of(1), of(0)];
        let told = deployment
            .ask("ann", "I'm feeling burned out", &calls)
            .await;
        assert_eq!(without_ids(&told[0]), workouts());
        let source = "Landmarks: melvio/lifting-volumes-overview README, which cites Renaissance Periodization \
            (rpstrength.com), commit dc689d3 of 2025-11-01; working sets per muscle and week, lifters who have trained the \
            muscle for 3 to 7 years or more; general guidance, not medical advice; MRV by days: those of the week on which \
            the muscle was trained, or of the week before while this one is not over";
        let expected = quads().map(|(week, quads)| format!("{week}{quads}{source}"));
        assert_eq!(told[1..], expected);
    }
);

on_both!(
    the_deload_prompt_contains_the_users_four_weeks,
    async |world: World| {
        let deployment = trained(world).await;
        let ann = deployment.as_user("ann").await;
        let text = prompt(&ann, json!({})).await.expect("a prompt");
        assert!(text.starts_with("Look at my last four weeks of training"));
        let log = format!(
            "Workouts of the last 28 days, newest first:\n{}\n\n",
            workouts()
        );
        assert!(without_ids(&text).contains(&log), "{text}");
        let weeks: Vec<&str> = text
            .split("\n\n")
            .filter(|part| part.starts_with("Working sets"))
            .collect();
        assert_eq!(weeks.len(), 4, "{text}");
        for (part, (week, quads)) in weeks.iter().zip(quads()) {
            assert!(part.starts_with(&week) && part.contains(&quads), "{part}");
        }
        // 60 sets of ten with 60 kg; six more a week are 3600 kg.
        let lift = "Leg Extension, last 28 days: 4 sessions (1 a week)\n\
            e1RM: first 80, latest 80, best 80 kg; 0 kg a week (R² 1)\n\
            Volume: 36000 kg in all, 9000 a session; +3600 a week\n";
        assert!(text.contains(lift), "{text}");
        // A random id may contain the digits of Bob's weight.
        let said = without_ids(&text);
        assert!(
            !said.contains("Deadlift") && !said.contains("220"),
            "{text}"
        );

        let agent = deployment.as_agent().await;
        let for_ann = prompt(&agent, json!({"user_id": "ann"})).await;
        assert_eq!(for_ann.as_deref(), Ok(&*text));
        let without_user = prompt(&agent, json!({})).await.expect_err("no user");
        assert!(without_user.contains("name the user"), "{without_user}");
        let for_bob = prompt(&ann, json!({"user_id": "bob"}))
            .await
            .expect_err("not hers");
        assert!(for_bob.contains("names somebody else"), "{for_bob}");
    }
);
