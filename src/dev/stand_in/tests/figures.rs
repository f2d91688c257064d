//! Figures in answers come from tool results only.

use super::{
    ask, replied,
    turns::{TURNS, answered, finished},
};

/// The longest runs of digits, dots and commas between them included.
fn figures(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    let runs = text
        .split(|c: char| !is_part(c))
        .map(|run| run.trim_matches(['.', ',']));
    runs.filter(|run| !run.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_figure_in_an_answer_occurs_in_a_result() {
    for (text, rounds) in TURNS {
        let told: Vec<String> = rounds
            .concat()
            .iter()
            .flat_map(|result| figures(result))
            .collect();
        let answer = answered(text, rounds);
        assert!(!figures(&answer).is_empty(), "{text}: {answer}");
        for figure in figures(&answer) {
            assert!(told.contains(&figure), "{text}: {figure} in {answer}");
        }
    }
}

#[test]
fn answers_without_results_have_no_digits() {
    let letters = |result: &str| result.replace(|c: char| c.is_ascii_digit(), "");
    for (text, rounds) in TURNS {
        for is_error in [false, true] {
            for change in [
                |_: &str| String::new(),
                |_: &str| "unreadable".to_owned(),
                letters,
            ] {
                let answer = finished(text, rounds, |result| (change(result), is_error)).text;
                assert!(!answer.trim().is_empty(), "{text}");
                assert_eq!(figures(&answer), [""; 0], "{text}: {answer}");
            }
        }
        let first = replied(&ask(text)).text;
        assert_eq!(figures(&first), [""; 0], "{text}: {first}");
    }
}

#[test]
fn failed_call_is_reported_as_failed() {
    for (text, rounds) in TURNS {
        let answer = finished(text, rounds, |_| ("no such thing".to_owned(), true)).text;
        assert!(
            answer.contains("That did not work: no such thing"),
            "{text}: {answer}"
        );
        for done in ["Logged", "created the plan", "Your **"] {
            assert!(!answer.contains(done), "{text}: {answer}");
        }
        let unknown = "outcome unknown, check first: the connection broke";
        let answer = finished(text, rounds, |_| (unknown.to_owned(), true)).text;
        assert!(
            answer.contains(&format!("It is not certain what became of that: {unknown}")),
            "{answer}"
        );
    }
}
