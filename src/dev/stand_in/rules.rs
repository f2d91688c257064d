//! Chooses tool calls for a message by its keywords. A change of data needs an order in which every word is recognized
//! (`log`, `plan`, `delete`); anything else about it gets an explanation. Pure.

use jiff::{ToSpan, civil::Date};
use serde_json::{Value, json};

use super::{log, request::Turn};

const DEFAULT_DAYS: i64 = 90;
const PLATEAU_DAYS: i64 = 56;
const CHANGES: &str = "delete|remove|undo|change|edit|update|activate";

const REQUESTS: &str = "This is what I can do; anything else takes Claude:\n\
    \n- progress: \"How's my bench press progress over the last two months?\"\
    \n- the next weight: \"What weight should I use for squats today?\"\
    \n- a plateau: \"I feel stuck on overhead press\"\
    \n- a plan: \"Create me an upper/lower split\"\
    \n- volume: \"Am I doing too much volume for chest?\"\
    \n- recovery: \"I'm feeling burned out\"\
    \n- logging: `log EXERCISE SETSxREPS at WEIGHT lb`\
    \n- deleting: \"Delete my last workout\"\
    \n- exercises: \"What exercises do I have for chest?\"\
    \n- what is there: \"Show my last workouts\", \"Show my deadlift history\", \"What plans are there?\"";
const WHICH_EXERCISE: &str = "Which exercise do you mean? Ask again with its name, for instance \"bench press\" or \"squats\".";
const PLATEAU_ADVICE: &str = "General guidance for when a lift stands still: take a deload week, about half the usual sets \
    at an easy effort, and start again a little below where you were. If that does not move it, train a close variation for \
    a few weeks, for instance one with a pause or another grip.";
const DELOAD_ADVICE: &str = "That is worth taking seriously. I would take a deload week: for one week cut the usual volume \
    by about half, with easy weights and every set far from failure. That is general guidance, not medical advice. With pain \
    or illness, stop and see a professional.";

/// Words that are not part of exercise or muscle names; a star matches any ending.
const FILLER: &str = "a|about|all|am|an|and|any|are|at|been|can|check|coming|could|day*|did|do|does|doing|enough|exercise*|\
    feel*|for|from|get*|give|going|had|has|have|heavy|hey|history|how|hows|i|ideas|im|improv*|in|is|it|ive|last|lately|list|\
    many|me|month*|movement*|much|my|next|now|of|ok|okay|on|or|past|plateau*|please|progress*|recent*|rep|reps|set|sets|\
    should|show|so|some|stall*|stronger|stuck|suggest*|tell|that|the|there|this|to|today|too|train*|trend|use|volume|was|\
    week*|weight|weights|what|whats|when|which|with|work*|would|year*|you";
const EQUIPMENT: &str =
    "band*|barbell*|bodyweight|cable*|dumbbell*|ez|kettlebell*|machine*|plate*|smith";
const NUMBERS: &str = "one|two|three|four|five|six|seven|eight|nine|ten";

/// Keywords and the tools to call. The first matching line counts.
const RULES: &str = "\
stuck|plateau*|stall*: analyze_progress
what weight|how much weight|how heavy|next weight: suggest_next_weight
progress*|improv*|stronger|trend: analyze_progress
volume|too much|how many sets: check_volume_landmarks
burned out|burnt out|exhausted|tired: check_volume_landmarks list_workouts
exercise|exercises: list_exercises
workouts|last workout|training log|workout history: list_workouts
history: get_exercise_history
plan|plans|split|program|programme|routine: list_plans";

/// The first tool calls, and the texts before and after their results; without calls, only the texts.
pub(super) type Rule = (Vec<Call>, &'static str, &'static str);

#[derive(Debug, PartialEq)]
pub(super) struct Call {
    pub tool: &'static str,
    pub input: Value,
}

pub(super) fn rule(turn: &Turn) -> Rule {
    let message = Message::new(&turn.question);
    let (tools, before, after) = message.tools();
    let calls = tools
        .split_whitespace()
        .map(|tool| message.calls(tool, turn));
    match calls.collect::<Option<Vec<Vec<Call>>>>() {
        Some(calls) => (calls.into_iter().flatten().collect(), before, after),
        None if tools == "create_workout" => (vec![], log::FORM, ""),
        None => (vec![], WHICH_EXERCISE, ""),
    }
}

impl Call {
    pub(super) fn new(tool: &'static str, mut input: Value) -> Self {
        if let Value::Object(fields) = &mut input {
            fields.retain(|_, value| !value.is_null() && value != "");
        }
        Self { tool, input }
    }
}

/// A text in lower case without punctuation: words between single spaces, and one at each end.
struct Message(String);

impl Message {
    fn new(text: &str) -> Self {
        let text = text.to_lowercase().replace(['\'', '’'], "");
        let words = text.split(|c: char| !c.is_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        Self(format!(" {} ", words.join(" ")))
    }

    /// True if it contains one of these phrases.
    fn has(&self, phrases: &str) -> bool {
        phrases
            .split('|')
            .any(|phrase| match phrase.strip_suffix('*') {
                Some(stem) => self.0.contains(&format!(" {stem}")),
                None => self.0.contains(&format!(" {phrase} ")),
            })
    }

    /// The tools, and the texts before and after their results.
    fn tools(&self) -> (&'static str, &'static str, &'static str) {
        let mut rules = RULES.lines().filter_map(|line| line.split_once(": "));
        match self.0.split(' ').nth(1).unwrap_or_default() {
            "log" => return ("create_workout", "", ""),
            verb if is_in(verb, CHANGES) => return ("", REQUESTS, ""),
            _ => {}
        }
        match rules.find(|(keywords, _)| self.has(keywords)) {
            Some((keywords, tools)) if keywords.starts_with("stuck") => (tools, "", PLATEAU_ADVICE),
            Some((keywords, tools)) if keywords.starts_with("burned") => (tools, DELOAD_ADVICE, ""),
            Some((_, tools)) => (tools, "", ""),
            None if self.has("log*") => ("", log::FORM, ""),
            None => ("", REQUESTS, ""),
        }
    }

    /// The calls of this tool; `None` if the message lacks an argument.
    fn calls(&self, tool: &'static str, turn: &Turn) -> Option<Vec<Call>> {
        let days = self.days();
        let input = match tool {
            "create_workout" => log::parse(&turn.question, turn.today)?,
            "analyze_progress" => json!({"exercise": self.subject()?, "time_period_days": days}),
            "get_exercise_history" => json!({"exercise": self.subject()?, "days": days}),
            "suggest_next_weight" => {
                json!({"exercise": self.subject()?, "target_reps": self.number_before("rep|reps")})
            }
            "check_volume_landmarks" => return Some(self.volume(turn.today)),
            "list_exercises" => self.filters(),
            "list_workouts" => json!({"limit": 5}),
            _ => json!({}),
        };
        Some(vec![Call::new(tool, input)])
    }

    /// Last week, which is complete, and this one.
    fn volume(&self, today: Option<Date>) -> Vec<Call> {
        let muscle = self.subject().filter(|_| self.has("volume|too much|sets"));
        let last = today.map(|today| today.saturating_sub(1.week()).to_string());
        let input = |week| json!({"muscle_group": muscle, "week": week});
        let call = |week| Call::new("check_volume_landmarks", input(week));
        last.map(Some).into_iter().chain([None]).map(call).collect()
    }

    /// The words that are neither fillers nor numbers; the server resolves them.
    fn subject(&self) -> Option<String> {
        let text = self.0.replace(" over the ", " ");
        let words = text.split_whitespace();
        let words: Vec<&str> = words
            .filter(|w| !is_in(w, FILLER) && number(w).is_none())
            .collect();
        (1..=5).contains(&words.len()).then(|| words.join(" "))
    }

    fn number_before(&self, names: &str) -> Option<i64> {
        let words: Vec<&str> = self.0.split_whitespace().collect();
        let found = words.windows(2).find(|pair| is_in(pair[1], names))?;
        number(found[0])
    }

    /// The period: `two months`, `60 days`, `last week`.
    fn days(&self) -> i64 {
        if self.has("stuck|plateau*|stall*") {
            return PLATEAU_DAYS;
        }
        let units = [("day*", 1), ("week*", 7), ("month*", 30), ("year*", 365)];
        let named = units.into_iter().find(|(unit, _)| self.has(unit));
        named.map_or(DEFAULT_DAYS, |(unit, days)| {
            self.number_before(unit).unwrap_or(1).saturating_mul(days)
        })
    }

    fn filters(&self) -> Value {
        let subject = self.subject().unwrap_or_default();
        let words = subject.split_whitespace();
        let (equipment, muscle): (Vec<&str>, Vec<&str>) = words.partition(|w| is_in(w, EQUIPMENT));
        json!({"muscle_group": muscle.join(" "), "equipment": equipment.join(" ")})
    }
}

pub(super) fn is_in(word: &str, list: &str) -> bool {
    Message(format!(" {word} ")).has(list)
}

/// A whole number in figures, or one to ten as a word.
fn number(word: &str) -> Option<i64> {
    let named = (1..)
        .zip(NUMBERS.split('|'))
        .find(|(_, name)| *name == word);
    named.map_or_else(|| word.parse().ok(), |(number, _)| Some(number))
}
