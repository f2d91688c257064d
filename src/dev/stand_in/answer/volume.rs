//! A week's sets per muscle, and what follows for somebody who is tired.

use super::{good, log, may_not_call};
use crate::dev::stand_in::{
    request::{Asked, Done},
    told::{Page, Told, Words, words},
    turn::{VOLUME, WORKOUTS},
};

const SESSIONS_SHOWN: usize = 5;

/// What the tool says of a muscle that gets a lot.
const HIGH: [&str; 3] = [
    "above the most productive range",
    "close to MRV",
    "above MRV",
];

/// `chest: 12 direct, 14 fractional; in the most productive range (MV 4, …)`.
#[derive(Clone, Copy)]
struct Row<'a> {
    muscle: Told<'a>,
    sets: Told<'a>,
    stands: Told<'a>,
}

impl Row<'_> {
    fn is_high(self) -> bool {
        HIGH.iter().any(|high| self.stands.begins(high))
    }
}

/// A week as the tool tells it.
struct Week<'a> {
    /// Of which days.
    head: Told<'a>,
    rows: Vec<Row<'a>>,
    source: Option<Told<'a>>,
}

impl<'a> Week<'a> {
    /// Those of which there was too much, or nearly.
    fn high(&self) -> Vec<Row<'a>> {
        let rows = self.rows.iter().copied();
        rows.filter(|row| row.is_high()).collect()
    }
}

fn week(told: Told<'_>) -> Week<'_> {
    let source = |line: Told<'_>| line.begins("Landmarks: ");
    Week {
        head: told.lines().next().unwrap_or(told).before(":"),
        rows: told
            .lines()
            .skip(1)
            .filter(|line| !source(*line))
            .filter_map(row)
            .collect(),
        source: told
            .lines()
            .find_map(|line| line.after_start("Landmarks: ")),
    }
}

fn row(line: Told<'_>) -> Option<Row<'_>> {
    let (muscle, rest) = line.cut(": ")?;
    let (sets, stands) = rest.cut("; ")?;
    Some(Row {
        muscle,
        sets,
        stands,
    })
}

/// The results for the last week and for this one.
fn weeks(asked: &Asked) -> (Option<&Done>, Option<&Done>) {
    let of = |last: bool| {
        let mut all = asked
            .done
            .iter()
            .filter(|done| done.tool == VOLUME.as_str());
        all.find(|done| done.input.get("week").is_some() == last)
    };
    (of(true), of(false))
}

pub(super) fn volume(page: &mut Page, asked: &Asked) {
    let (last, this) = weeks(asked);
    let Some(first) = last.or(this) else {
        return may_not_call(page);
    };
    let Some(told) = good(page, first) else {
        return;
    };
    let now = this
        .filter(|done| last.is_some() && !done.is_error)
        .map(|done| week(Told::all(&done.text)));
    let week = week(told);
    if week.rows.is_empty() {
        page.tell(told);
        return;
    }
    verdict(page, &week, last.is_some());
    table(page, &week, now.as_ref());
    if let Some(source) = week.source {
        page.say(words!("\n\nLandmarks: "))
            .tell(source)
            .say(words!("."));
    }
}

fn verdict(page: &mut Page, week: &Week<'_>, complete: bool) {
    let when = if complete {
        words!("Last week, the last complete one, ")
    } else {
        words!("This week so far, ")
    };
    if let [row] = week.rows[..] {
        let stands = row.stands.before(" (");
        page.say(when)
            .stress(row.muscle)
            .say(words!(" stood "))
            .stress(stands)
            .say(words!(": "));
        page.say(judged(row));
        return;
    }
    let high = week.high();
    page.say(when);
    match high[..] {
        [] => page.say(words!("no muscle stood above its most productive range.")),
        _ => named(page, &high).say(words!(" stood high: too much, or close to it.")),
    };
}

fn judged(row: Row<'_>) -> Words {
    if row.is_high() {
        words!("that is too much, or close to it; take away a few sets.")
    } else if row.stands.begins("in the most productive") {
        words!("that is not too much.")
    } else if row.stands.begins("no published") {
        words!("so nothing can be said about too much or too little.")
    } else {
        words!("that is not too much; there is room for more.")
    }
}

fn named<'p>(page: &'p mut Page, rows: &[Row<'_>]) -> &'p mut Page {
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            page.say(words!(", "));
        }
        page.stress(row.muscle);
    }
    page
}

fn table(page: &mut Page, week: &Week<'_>, now: Option<&Week<'_>>) {
    page.say(words!("\n\n")).tell(week.head);
    if let Some(now) = now {
        let days = now.head.after_start("Working sets ").unwrap_or(now.head);
        page.say(words!("; this week's ")).tell(days);
    }
    page.say(words!(".\n\n| Muscle | Sets | How that stands |"));
    page.say(if now.is_some() {
        words!(" This week |\n|---|---|---|---|")
    } else {
        words!("\n|---|---|---|")
    });
    for row in &week.rows {
        page.say(words!("\n|"))
            .cell(row.muscle)
            .cell(row.sets)
            .cell(row.stands);
        if let Some(now) = now {
            let same = now.rows.iter().find(|other| other.muscle == row.muscle);
            match same {
                Some(same) => page.cell(same.sets),
                None => page.say(words!(" |")),
            };
        }
    }
}

pub(super) fn recovery(page: &mut Page, asked: &Asked) {
    if asked.done.is_empty() {
        return may_not_call(page);
    }
    page.say(words!(
        "That is worth taking seriously. I would take a deload week: for one week cut the usual volume by about half to sixty \
         percent, with easy weights and every set far from failure. That is general guidance, not medical advice. With \
         pain or illness, stop and see a professional.\n\n"
    ));
    if let Some(told) = asked.answer_of(WORKOUTS).and_then(|done| good(page, done)) {
        log::briefly(page, told, SESSIONS_SHOWN);
    }
    page.say(words!("\n\n"));
    let (last, this) = weeks(asked);
    let all = [
        (last, words!("In the last complete week ")),
        (this, words!("In this week so far ")),
    ];
    for (done, when) in all {
        if let Some(told) = done.and_then(|done| good(page, done)) {
            page.say(when);
            stand_high(page, &week(told));
        }
    }
}

fn stand_high(page: &mut Page, week: &Week<'_>) {
    let high = week.high();
    if high.is_empty() {
        page.say(words!(
            "no muscle stands above its most productive range.\n"
        ));
        return;
    }
    page.say(words!("these stand high:\n"));
    for row in high {
        page.say(words!("\n- "))
            .stress(row.muscle)
            .say(words!(": "))
            .tell(row.sets);
        page.say(words!("; ")).tell(row.stands);
    }
    page.say(words!("\n\n"));
}
