//! Paging through workouts.

use serde_json::{Value, json};

use crate::support::world::{Client, World, day, on_both};

fn ids(list: &Value) -> Vec<String> {
    let workouts = list["workouts"].as_array().expect("a list").iter();
    workouts
        .map(|w| w["id"].as_str().expect("an id").to_owned())
        .collect()
}

async fn listed(client: &Client, arguments: Value) -> Value {
    client
        .call("list_workouts", arguments)
        .await
        .expect("a list")
}

on_both!(
    pages_list_workouts_of_the_same_instant_exactly_once,
    async |world: World| {
        let ann = world.user("ann").await;
        let mut logged = Vec::new();
        for days in [9, 5, 5, 5, 2] {
            logged.push(ann.lifted("squat", days, "kg", &[(5, 100.0)]).await);
        }
        logged.reverse();
        assert_eq!(ids(&listed(&ann, json!({})).await), logged);
        for size in [1, 2, 3] {
            let (mut seen, mut page) = (Vec::new(), json!({"limit": size}));
            loop {
                let list = listed(&ann, page).await;
                seen.extend(ids(&list));
                match &list["next_before"] {
                    Value::Null => break,
                    before => page = json!({"limit": size, "before": before}),
                }
            }
            assert_eq!(seen, logged, "pages of {size}");
        }
    }
);

on_both!(
    page_size_is_20_by_default_and_at_most_100,
    async |world: World| {
        let ann = world.user("ann").await;
        for days in 0..101 {
            ann.lifted("squat", days, "kg", &[(5, 100.0)]).await;
        }
        let size = async |arguments| ids(&listed(&ann, arguments).await).len();
        assert_eq!(size(json!({})).await, 20);
        assert_eq!(size(json!({"limit": 1})).await, 1);
        assert_eq!(size(json!({"limit": 30})).await, 30);
        for limit in [0, -1, 101, i64::MAX] {
            let error = ann.call("list_workouts", json!({"limit": limit})).await;
            assert_eq!(
                error.unwrap_err(),
                format!("limit: is {limit}; it must be from 1 to 100")
            );
        }
    }
);

on_both!(
    before_accepts_a_date_a_time_or_a_workout_id,
    async |world: World| {
        let ann = world.user("ann").await;
        let old = ann.lifted("squat", 8, "kg", &[(5, 100.0)]).await;
        let new = ann.lifted("squat", 3, "kg", &[(5, 100.0)]).await;
        let before = async |before: String| ids(&listed(&ann, json!({"before": before})).await);
        assert_eq!(before(new.clone()).await, [&*old]);
        assert_eq!(before(old.clone()).await, [""; 0]);
        // Both are at noon; a date means its start.
        assert_eq!(before(day(3)).await, [&*old]);
        assert_eq!(before(day(2)).await, [&*new, &*old]);
        assert_eq!(before(format!("{}T12:00:00Z", day(3))).await, [&*old]);
        assert_eq!(before(format!("{}T12:00:01", day(3))).await, [&*new, &*old]);
        assert_eq!(before(" ".to_owned()).await, [new, old]);
        let error = ann
            .call("list_workouts", json!({"before": "last week"}))
            .await;
        assert_eq!(
            error.unwrap_err(),
            "before: the user has no workout \"last week\"; list_workouts shows the ids"
        );
    }
);

#[tokio::test]
async fn a_page_is_less_than_10_000_tokens_whatever_its_limit() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let mut logged = Vec::new();
    for days in 0..40 {
        logged.push(ann.lifted("squat", days, "kg", &[(5, 100.0); 20]).await);
    }
    for arguments in [json!({}), json!({"limit": 20}), json!({"limit": 100})] {
        let (mut seen, mut page) = (Vec::new(), arguments);
        loop {
            let list = listed(&ann, page.clone()).await;
            assert!(list.to_string().len() < 24_500, "{page}");
            seen.extend(ids(&list));
            match &list["next_before"] {
                Value::Null => break,
                before => page["before"] = before.clone(),
            }
        }
        assert_eq!(seen, logged);
    }
}
