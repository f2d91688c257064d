//! The week's review, which a run writes into files.

use serde_json::{Value, json};

use super::{ask, replied, shown, tools, with_results};

const REVIEW: &str = "Review my training week: write review.md and week.csv.";
const WORKOUTS: &str = "2026-11-20 Push, heavy (id 0190-cc)\n  Barbell Bench Press: 3x5 @ 185 lb, 8 @ 135 lb [felt \"good\"]\n\
    2026-11-15 Legs (id 0190-dd)\n  Barbell Back Squat: 5x5 @ 225 lb\n  Plank: 3x10 @ bodyweight\n\
    2026-11-14 Before (id 0190-ee)\n  Deadlift: 3x5 @ 315 lb\nolder ones: before=0190-ee";
const VOLUME: &str =
    "Working sets from 2026-11-16 to 2026-11-22 (so far):\nchest: 3 direct, 3 fractional";

/// The request of a run, whose tools have their server's name before their own.
fn run(text: &str) -> Value {
    let mut request = ask(text);
    request["tools"] = tools(&[
        "prog_strength__list_workouts",
        "prog_strength__check_volume_landmarks",
        "prog_strength__list_exercises",
        "write_file",
    ]);
    request
}

fn read(results: &[(&str, bool)]) -> Value {
    let request = run(REVIEW);
    let first = replied(&request);
    with_results(request, &first, results)
}

#[test]
fn a_run_reads_the_week_then_writes_both_files_then_says_so() {
    let request = run(REVIEW);
    let first = replied(&request);
    let read = with_results(
        request,
        &first,
        &[(WORKOUTS, false), (VOLUME, false), (VOLUME, false)],
    );
    assert_eq!(
        shown(first),
        [
            ("list_workouts".to_owned(), json!({"limit": 30})),
            (
                "check_volume_landmarks".to_owned(),
                json!({"week": "2026-11-14"})
            ),
            ("check_volume_landmarks".to_owned(), json!({})),
        ]
    );
    let second = replied(&read);
    let written = with_results(read, &second, &[("written", false), ("written", false)]);
    let files = shown(second);
    let names: Vec<&str> = files
        .iter()
        .map(|(_, input)| input["path"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["review.md", "week.csv"]);
    insta::assert_snapshot!(files[0].1["content"].as_str().unwrap(), @r#"
    # The week from 2026-11-15 to 2026-11-21

    ## Workouts

    ### 2026-11-15 Legs

    - Barbell Back Squat: 5x5 @ 225 lb
    - Plank: 3x10 @ bodyweight

    ### 2026-11-20 Push, heavy

    - Barbell Bench Press: 3x5 @ 185 lb, 8 @ 135 lb [felt "good"]

    ## Volume

    **Working sets from 2026-11-16 to 2026-11-22 (so far):**

    - chest: 3 direct, 3 fractional

    **Working sets from 2026-11-16 to 2026-11-22 (so far):**

    - chest: 3 direct, 3 fractional
    "#);
    assert_eq!(
        files[1].1["content"],
        "date,workout,exercise,sets\r\n\
            2026-11-15,Legs,Barbell Back Squat,5x5 @ 225 lb\r\n\
            2026-11-15,Legs,Plank,3x10 @ bodyweight\r\n\
            2026-11-20,\"Push, heavy\",Barbell Bench Press,\"3x5 @ 185 lb, 8 @ 135 lb [felt \"\"good\"\"]\"\r\n"
    );
    let last = replied(&written);
    assert_eq!(last.calls, []);
    assert!(last.text.contains("`review.md`"), "{}", last.text);
    assert!(last.text.contains("offline stand-in"), "{}", last.text);
}

#[test]
fn names_of_tools_are_those_of_the_request() {
    let request = run(REVIEW);
    let turn = super::Turn::from_request(&request);
    let message = super::super::message(&turn, &replied(&request)).to_json();
    assert_eq!(
        message["content"][0]["name"],
        "prog_strength__list_workouts"
    );
}

#[test]
fn nothing_is_written_when_the_week_cannot_be_read() {
    let no = ("no workouts today", true);
    let reply = replied(&read(&[no, (VOLUME, false), (VOLUME, false)]));
    assert_eq!(reply.calls, []);
    assert!(reply.text.contains("did not work"), "{}", reply.text);
}

#[test]
fn a_file_that_was_not_written_is_told() {
    let request = read(&[(WORKOUTS, false), (VOLUME, false), (VOLUME, false)]);
    let second = replied(&request);
    let request = with_results(
        request,
        &second,
        &[("written", false), ("too many files", true)],
    );
    let reply = replied(&request);
    assert!(reply.text.contains("too many files"), "{}", reply.text);
}

#[test]
fn an_empty_week_is_written_as_one() {
    let request = read(&[("no workouts", false), (VOLUME, false), (VOLUME, false)]);
    let files = shown(replied(&request));
    let review = files[0].1["content"].as_str().unwrap();
    assert!(review.contains("None was logged."), "{review}");
    assert_eq!(files[1].1["content"], "date,workout,exercise,sets\r\n");
}

#[test]
fn a_chat_without_files_answers_as_before() {
    assert_eq!(replied(&ask(REVIEW)).calls, []);
}
