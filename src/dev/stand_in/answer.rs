//! Answers in Markdown: words of ours, and parts of what the tools answered. Pure.

mod help;
mod log;
pub(super) mod plans;
mod progress;
mod volume;

use super::{
    intent::Intent,
    request::{Asked, Done},
    told::{Page, Told, Words, words},
    turn::{EXERCISES, HISTORY, NEXT_WEIGHT, WORKOUTS},
};

/// Lists of more than this end in "and more".
const MOST_ROWS: usize = 15;

/// The answer to the intent; `unanswered` says that a tool would be needed that may not be called now.
pub(super) fn write(page: &mut Page, intent: &Intent, asked: &Asked, unanswered: bool) {
    match intent {
        Intent::Plateau(None) | Intent::NextWeight(None, _) => which(page),
        Intent::Progress(exercises, _) if exercises.is_empty() => which(page),
        Intent::SinceWhen => {
            page.say(words!(
                "I cannot tell how far back that is. Ask again with days, weeks or months, for instance \"over the last two \
                 months\", \"this year\" or \"since January\"."
            ));
        }
        Intent::LogMore(missing) => log::ask(page, *missing),
        Intent::Photo => help::photo(page),
        Intent::Help => help::help(page),
        Intent::Unknown => help::unknown(page),
        Intent::CreatePlan(_) => plans::created(page, asked),
        _ if unanswered => may_not_call(page),
        Intent::Progress(exercises, _) => progress::progress(page, asked, exercises.len()),
        Intent::Plateau(_) => progress::plateau(page, asked),
        Intent::NextWeight(..) => result(page, asked, NEXT_WEIGHT, next_weight),
        Intent::History(..) => result(page, asked, HISTORY, history),
        Intent::Workouts => result(page, asked, WORKOUTS, log::workouts),
        Intent::Plans => plans::listed(page, asked),
        Intent::Volume(_) => volume::volume(page, asked),
        Intent::Recovery => volume::recovery(page, asked),
        Intent::Log(_) => log::logged(page, asked),
        Intent::Exercises(_) => result(page, asked, EXERCISES, exercises),
    }
}

fn which(page: &mut Page) {
    page.say(words!(
        "Which exercise do you mean? Ask again with its name, for instance \"bench press\" or \"squats\"."
    ));
}

pub(super) fn no_tool(page: &mut Page, tool: Words) {
    page.say(words!("For that I would need the tool `"))
        .say(tool)
        .say(words!(
            "`, which is not offered to me here, so I cannot do it. Nothing was changed."
        ));
}

fn may_not_call(page: &mut Page) {
    page.say(words!(
        "I may not use any tool in this answer, and without one I know nothing about your training."
    ));
}

/// What the tool answered, by `write`; or that it did not.
fn result(page: &mut Page, asked: &Asked, tool: Words, write: impl FnOnce(&mut Page, Told<'_>)) {
    match asked.answer_of(tool) {
        None => may_not_call(page),
        Some(done) => {
            if let Some(told) = good(page, done) {
                write(page, told);
            }
        }
    }
}

/// The text of a call that went well; of any other it is said what became of it.
fn good<'a>(page: &mut Page, done: &'a Done) -> Option<Told<'a>> {
    let told = Told::all(&done.text);
    if told.begins("outcome unknown") {
        page.say(words!("It is not certain what became of that: "))
            .tell(told);
    } else if done.is_error && told.is_empty() {
        page.say(words!("That did not work, and the tool did not say why."));
    } else if done.is_error {
        page.say(words!("That did not work: ")).tell(told);
    } else if told.is_empty() {
        page.say(words!("The tool gave no answer that I can read."));
    } else {
        return Some(told);
    }
    None
}

fn next_weight(page: &mut Page, told: Told<'_>) {
    let mut lines = told.lines();
    let head = lines.next().unwrap_or(told);
    let Some((name, rest)) = head.cut(": ") else {
        page.tell(told);
        return;
    };
    page.stress(name).say(words!(": "));
    match rest.cut("; ") {
        Some((weight, why)) => {
            page.stress(weight)
                .say(words!(".\n\nWhy: "))
                .tell(why)
                .say(words!(".\n"));
        }
        None => {
            page.tell(rest).say(words!(".\n"));
        }
    }
    for line in lines.take(MOST_ROWS) {
        match line.after_start("based on ") {
            Some(session) => page.say(words!("\n- From ")).tell(session),
            None => page.say(words!("\n- ")).tell(line.trim()),
        };
    }
}

fn history(page: &mut Page, told: Told<'_>) {
    let mut lines = told.lines();
    page.say(words!("Your "))
        .tell(lines.next().unwrap_or(told))
        .say(words!(".\n"));
    page.points(lines, MOST_ROWS);
}

/// `12 exercises`, then `Name (id): muscles; equipment` in each line.
fn exercises(page: &mut Page, told: Told<'_>) {
    let mut lines = told.lines();
    let head = lines.next().unwrap_or(told);
    let mut rows = lines.peekable();
    if rows.peek().is_none() {
        page.say(words!("The catalogue has nothing that fits: "))
            .tell(head)
            .say(words!("."));
        return;
    }
    page.say(words!("The catalogue has "))
        .tell(head)
        .say(words!(" that fit:\n\n"));
    page.say(words!("| Exercise | Muscles | Equipment |\n|---|---|---|"));
    for line in rows.by_ref().take(MOST_ROWS) {
        let (left, equipment) = line.cut_last("; ").unwrap_or((line, Told::default()));
        let (name, muscles) = left.cut_last("): ").unwrap_or((left, Told::default()));
        let name = name.cut_last(" (").map_or(name, |(name, _)| name);
        page.say(words!("\n|"))
            .cell(name)
            .cell(muscles)
            .cell(equipment);
    }
    if rows.peek().is_some() {
        page.say(words!("\n\n… and more."));
    }
}
