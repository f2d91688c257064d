//! Report of the figures: the printed table, the JSON file (`recorded.json`), and the comparison of two files.

use std::fs;

use serde::{Deserialize, Serialize};

use crate::{
    scenario::GUARDED,
    stats::{Figure, Target},
};

/// Tolerance: the guarded figure may be this many times the recorded one. One and the same program has needed 3.5 to 7.9 times
/// the floor's CPU, by the machine and by what else worked on it: the floor fits into small caches, an agent does not.
const TOLERANCE: f64 = 3.0;

#[derive(Serialize, Deserialize)]
pub struct Report {
    pub short: bool,
    pub figures: Vec<Figure>,
}

impl Report {
    pub fn read(file: &str) -> Self {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    pub fn write(&self, file: &str) {
        let text = serde_json::to_string_pretty(self).expect("JSON");
        fs::write(file, text + "\n").unwrap_or_else(|error| panic!("{file}: {error}"));
    }

    fn find(&self, name: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name == name)
    }

    /// Number of missed targets.
    pub fn misses(&self) -> usize {
        let missed = |figure: &&Figure| figure.target.is_some_and(|t| !t.is_met(figure.value));
        self.figures.iter().filter(missed).count()
    }

    /// Prints the figures of another run beside these.
    pub fn compare(&self, old: &Self) {
        println!(
            "\n{:<62} {:>10} {:>10} {:>8}",
            "compared", "before", "now", "change"
        );
        for figure in &self.figures {
            if let Some(before) = old.find(&figure.name) {
                let change = 100.0 * (figure.value / before.value - 1.0);
                let change = if change.is_finite() {
                    format!("{change:+.1}%")
                } else {
                    "-".into()
                };
                let [before, now] = [before.value, figure.value].map(short);
                println!("{:<62} {before:>10} {now:>10} {change:>8}", figure.name);
            }
        }
    }

    /// True if the guarded figure is within the tolerance. The best round counts: other load on the machine only makes it
    /// worse.
    pub fn guards(&self, figures: &[Figure]) -> bool {
        let of = |figures: &[Figure]| figures.iter().find(|f| f.name == GUARDED).cloned();
        let (Some(now), Some(then)) = (of(figures), of(&self.figures)) else {
            println!("\n{GUARDED}: not measured, or not recorded");
            return false;
        };
        let (now, then) = (now.low, then.value);
        let holds = now <= TOLERANCE * then;
        let verdict = if holds { "holds" } else { "REGRESSION" };
        println!(
            "\n{GUARDED}: {now:.2} in the best round, recorded {then:.2}, at most {TOLERANCE} times that: {verdict}"
        );
        holds
    }
}

pub fn head() {
    println!(
        "{:<62} {:>10} {:>19} {:>10} {:>10}",
        "figure (median of the rounds)", "value", "least .. most", "floor", "target"
    );
}

pub fn line(figure: &Figure) {
    let spread = if figure.low.total_cmp(&figure.high).is_eq() {
        String::new()
    } else {
        format!("{} .. {}", short(figure.low), short(figure.high))
    };
    let floor = figure.floor.map(short).unwrap_or_default();
    let target = figure.target.map(Target::said).unwrap_or_default();
    let verdict = match figure.target {
        None => "",
        Some(target) if target.is_met(figure.value) => "ok",
        Some(_) => "MISS",
    };
    let name = match figure.unit.as_str() {
        "" => figure.name.clone(),
        unit => format!("{}, {unit}", figure.name),
    };
    let value = short(figure.value);
    println!("{name:<62} {value:>10} {spread:>19} {floor:>10} {target:>10} {verdict}");
}

/// Three or four significant digits.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}
