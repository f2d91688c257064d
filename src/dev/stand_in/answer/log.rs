//! What was logged, what is in the log, and what is missing before something can be logged.

use super::{MOST_ROWS, result};
use crate::dev::stand_in::{
    intent::Missing,
    request::Asked,
    told::{Page, Told, words},
    turn::LOG,
};

pub(super) fn ask(page: &mut Page, missing: Missing) {
    page.say(match missing {
        Missing::Sets => words!(
            "I need the exercises, their sets and repetitions, and the weight with its unit, for instance \"log bench three \
             sets of five at\" your weight. Nothing was logged yet."
        ),
        Missing::Weight => words!(
            "At which weight, in lb or kg? Please say all of it again with the weight (or \"bodyweight\"). Nothing was \
             logged yet."
        ),
        Missing::Unit => words!("Is that in lb or in kg? Nothing was logged yet."),
        Missing::Day => words!(
            "I could not tell from this which day all of it was, or whether that day is over. Log one day at a time and name it at the end, for instance \"yesterday\", \"on Tuesday\" or a date \
             with year, month and day. Nothing was logged."
        ),
        Missing::Sense => words!(
            "I could not read all of that, so I logged nothing. Give each exercise with sets, repetitions, weight and unit, \
             parted by commas, for instance \"log bench three sets of five at\" your weight."
        ),
        Missing::Question => words!(
            "Is that a question or an order? If I am to log it, say it again without the question mark. Nothing was logged yet."
        ),
        Missing::Time => words!(
            "That exercise is held for a time, and I cannot log times. Nothing was logged."
        ),
        Missing::Order => words!("If I am to log that, say it again and begin with \"log\". Nothing was logged yet."),
    });
}

/// `Logged: 2026-11-21 Workout (id …)`, then the exercises, indented.
pub(super) fn logged(page: &mut Page, asked: &Asked) {
    result(page, asked, LOG, |page, told| {
        let mut lines = told.lines();
        let head = lines.next().unwrap_or(told);
        match head.after_start("Logged: ") {
            Some(workout) => page.say(words!("Logged: ")).stress(workout.before(" (id ")),
            // As it was said: it may have been logged by an earlier call.
            None => page.tell(head.before(" (id ")),
        };
        page.say(words!("\n")).points(lines, MOST_ROWS);
    });
}

/// `2026-11-21 Workout (id …)`, then its exercises, indented; and so on.
pub(super) fn workouts(page: &mut Page, told: Told<'_>) {
    if told.is("no workouts") {
        page.say(words!("Nothing is logged yet."));
        return;
    }
    page.say(words!("Your latest workouts:\n"));
    for line in told.lines() {
        if line.begins("older ones: ") {
            page.say(words!("\n- … and more"));
        } else if line.begins("  ") {
            page.say(words!("\n  - ")).tell(line.trim());
        } else {
            page.say(words!("\n- ")).stress(line.before(" (id "));
        }
    }
}

/// The same in a line for each workout.
pub(super) fn briefly(page: &mut Page, told: Told<'_>, most: usize) {
    if told.is("no workouts") {
        page.say(words!("Nothing is logged yet."));
        return;
    }
    page.say(words!("Your recent sessions:\n"));
    let (mut shown, mut exercises) = (0, 0);
    for line in told.lines() {
        if line.begins("  ") {
            page.say(if exercises == 0 {
                words!(": ")
            } else {
                words!(", ")
            });
            page.tell(line.trim().before(": "));
            exercises += 1;
            continue;
        }
        if shown == most || line.begins("older ones: ") {
            page.say(words!("\n- … and more"));
            return;
        }
        page.say(words!("\n- ")).tell(line.before(" (id "));
        (shown, exercises) = (shown + 1, 0);
    }
}
