//! Which plans there are, and which one was created.

use super::{MOST_ROWS, good, may_not_call, result};
use crate::dev::stand_in::{
    request::Asked,
    told::{Page, Told, words},
    turn::{CREATE_PLAN, PLANS},
};

/// A plan of the list: `Upper/Lower 4 Days (id upper-lower-4-days, system): 4 sessions a week for 8 weeks`.
#[derive(Clone, Copy)]
pub(crate) struct Plan<'a> {
    pub name: Told<'a>,
    pub id: Told<'a>,
    pub size: Told<'a>,
}

/// The plans that came with the service.
pub(crate) fn shipped(told: Told<'_>) -> impl Iterator<Item = Plan<'_>> {
    told.lines().filter_map(|line| {
        let (head, size) = line.cut(", system): ").filter(|_| !line.begins(" "))?;
        let (name, id) = head.cut_last(" (id ")?;
        Some(Plan {
            name,
            id,
            size: size.before(";"),
        })
    })
}

pub(crate) fn created(page: &mut Page, asked: &Asked) {
    let Some(done) = asked.answer_of(CREATE_PLAN) else {
        return undecided(page, asked);
    };
    let Some(told) = good(page, done) else { return };
    let mut lines = told.lines();
    let head = lines.next().unwrap_or(told);
    match head.after_start("Created: ") {
        Some(plan) => {
            page.say(words!("I created the plan "))
                .stress(plan.before(" (id "));
            if let Some((_, size)) = plan.cut("): ") {
                page.say(words!(": ")).tell(size);
            }
            page.say(words!(".\n"));
        }
        None => {
            page.tell(head).say(words!("\n"));
        }
    }
    page.points(lines, MOST_ROWS);
}

/// None of the plans, or more than one, fits what was asked for; or nothing may be created now.
fn undecided(page: &mut Page, asked: &Asked) {
    if asked.done.is_empty() {
        return may_not_call(page);
    }
    result(page, asked, PLANS, |page, told| {
        page.say(words!("No plan was created. "));
        if asked.may_call() {
            page.say(words!(
                "I can copy one of the plans below, but cannot tell which one you want. Ask again with its kind and its days a \
                 week.\n"
            ));
        } else {
            page.say(words!(
                "I may not use any tool now; these are the plans there are.\n"
            ));
        }
        list(page, told);
    });
}

pub(crate) fn listed(page: &mut Page, asked: &Asked) {
    result(page, asked, PLANS, |page, told| {
        page.say(words!(
            "These plans are there. Say \"create\" and the kind of plan, and I make a copy that is yours.\n"
        ));
        list(page, told);
    });
}

fn list(page: &mut Page, told: Told<'_>) {
    let lines = told.lines().filter(|line| !line.begins(" "));
    let mut lines = lines.peekable();
    for line in lines.by_ref().take(MOST_ROWS) {
        page.say(words!("\n- "));
        match line.cut("): ") {
            Some((name, size)) => page
                .stress(name.before(" (id "))
                .say(words!(": "))
                .tell(size),
            None => page.tell(line),
        };
    }
    if lines.peek().is_some() {
        page.say(words!("\n- … and more"));
    }
}
