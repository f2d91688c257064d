//! What has become of an exercise, and whether it is a plateau.

use super::{good, may_not_call, result};
use crate::dev::stand_in::{
    request::Asked,
    told::{Page, Told, words},
    turn::{MOST_EXERCISES, PROGRESS},
};

/// Each of the exercises after the other; `asked_for` is how many there should be.
pub(super) fn progress(page: &mut Page, asked: &Asked, asked_for: usize) {
    let all = asked.done.iter();
    let mut all = all.filter(|done| done.tool == PROGRESS.as_str()).peekable();
    if all.peek().is_none() {
        return may_not_call(page);
    }
    while let Some(done) = all.next() {
        if let Some(told) = good(page, done)
            && let Some(lines) = head(page, told)
        {
            trend(page, told);
            points(page, lines);
        }
        if all.peek().is_some() {
            page.say(words!("\n\n"));
        }
    }
    if asked_for > MOST_EXERCISES {
        page.say(words!(
            "\n\nI look at four exercises at a time; ask again for the others."
        ));
    }
}

pub(super) fn plateau(page: &mut Page, asked: &Asked) {
    result(page, asked, PROGRESS, |page, told| {
        if told.says("\nPlateau: yes") {
            page.say(words!("Yes, going by your log this is a plateau. "));
        } else if told.says("\nPlateau: not enough data") {
            page.say(words!("Too little is logged to call it a plateau. "));
        } else if told.says("\nPlateau: no") {
            page.say(words!("Going by your log this is no plateau. "));
        }
        if let Some(lines) = head(page, told) {
            points(page, lines);
        }
        page.say(words!(
            "\n\nGeneral guidance for when a lift stands still: take a deload week, about half the usual sets at an easy \
             effort, and start again a little below where you were. If that does not move it, train a close variation for a \
             few weeks, for instance one with a pause or another grip."
        ));
    });
}

/// `Overhead Press, last 56 days: 5 sessions (0.63 a week)` as a sentence; the other lines, if there are any.
fn head<'a>(page: &mut Page, told: Told<'a>) -> Option<impl Iterator<Item = Told<'a>> + use<'a>> {
    let mut lines = told.lines().peekable();
    let head = lines.next().unwrap_or(told);
    if lines.peek().is_none() {
        page.say(words!("There is nothing to go by: "))
            .tell(head)
            .say(words!("."));
        return None;
    }
    page.say(words!("Your "));
    match head
        .cut(", last ")
        .and_then(|(name, rest)| Some((name, rest.cut(": ")?)))
    {
        Some((name, (days, sessions))) => page
            .stress(name)
            .say(words!(" over the last "))
            .tell(days)
            .say(words!(": "))
            .tell(sessions),
        None => page.tell(head),
    };
    page.say(words!("."));
    Some(lines)
}

/// Which way the estimated maximum goes: by the sign that the tool has put before its slope.
fn trend(page: &mut Page, told: Told<'_>) {
    let maximum = told.lines().find(|line| line.begins("e1RM: "));
    let slope = maximum
        .and_then(|line| line.cut("; "))
        .map(|(_, slope)| slope);
    match slope {
        Some(slope) if slope.begins("+") => {
            page.say(words!(" The estimated one-rep max is rising."))
        }
        Some(slope) if slope.begins("-") => {
            page.say(words!(" The estimated one-rep max is falling."))
        }
        _ => page,
    };
}

fn points<'a>(page: &mut Page, lines: impl Iterator<Item = Told<'a>>) {
    page.say(words!("\n"));
    for line in lines {
        match line.after_start("e1RM: ") {
            Some(rest) => page
                .say(words!("\n- **Estimated one-rep max**: "))
                .tell(rest),
            None => page.point(line),
        };
    }
}
