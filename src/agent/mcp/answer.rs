//! Answers to tool calls and listings, kept as the text that was received: as rmcp's types they would take many times its
//! size, before a limit could be checked.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use rmcp::model::{RequestId, ServerResult};
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use serde_json::value::RawValue;

use super::answer_memory::Held;
use crate::process::{
    json::{mend_numbers, mend_text},
    memory::json,
};

/// The most values of an answer: a tree of 2 MB, at some 100 bytes for each field of an object. The longest answers of our own
/// workout server have 17,000.
const MAX_VALUES: usize = 20_000;

/// The limits of one answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) bytes: usize,
    /// JSON values in it.
    pub(super) values: usize,
}

impl Limits {
    /// An image of 5 MB is 6.7 MB of base64.
    pub(super) const CALL: Self = Self::new(8 * 1024 * 1024, MAX_VALUES);
    /// Answers that rmcp parses.
    pub(super) const OTHER: Self = Self::new(1024 * 1024, MAX_VALUES);

    /// For an answer of which no tree is built.
    pub(super) const fn text(bytes: usize) -> Self {
        Self::new(bytes, usize::MAX)
    }

    const fn new(bytes: usize, values: usize) -> Self {
        Self { bytes, values }
    }

    /// Says in the log which limit `json` exceeds.
    pub(super) fn allow(self, json: &str) -> bool {
        let Self { bytes, values } = self;
        let within = json.len() <= bytes && (values == usize::MAX || has_at_most(values, json));
        if !within {
            tracing::warn!(
                bytes,
                values,
                "an answer of the tool server exceeds a limit"
            );
        }
        within
    }
}

/// Counts the values of the tree that a parser would make. What is no JSON is left to the parser, which names the fault.
fn has_at_most(values: usize, json: &str) -> bool {
    let checked = json::check(json.as_bytes());
    match checked.or_else(|_| json::check(mend_numbers(json).as_bytes())) {
        Ok(counted) => counted <= values,
        Err(_) => serde_json::from_str::<IgnoredAny>(json).is_err(),
    }
}

/// A JSON-RPC message, unparsed.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
}

/// The members by whose presence rmcp tells the kind of a message; they may be `null`.
#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    method: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    error: Option<&'a RawValue>,
}

fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(value).map(Some)
}

/// A message as rmcp reads it: without halves of surrogate pairs and `NaN`, the id of an answer a number, though the server writes
/// it as text, and no `null` members of other kinds of messages.
pub(super) fn plain_message(text: String) -> String {
    let mut text = mend_text(text);
    let mut misread = find_misread(&text);
    if misread.is_none() && serde_json::from_str::<IgnoredAny>(&text).is_err() {
        text = mend_numbers(&text);
        misread = find_misread(&text);
    }
    for at in misread.into_iter().flatten() {
        // As long as before.
        text.replace_range(at..=at, " ");
    }
    text
}

/// The quotes around a number that is the id of an answer, and the first letters of the names of members that are `null`, as
/// serializers write them that have one class for all messages. `None`: the text is no message.
fn find_misread(text: &str) -> Option<Vec<usize>> {
    let Members {
        id,
        method,
        result,
        error,
    } = serde_json::from_str(text).ok()?;
    let is_given = |member: Option<&RawValue>| member.is_some_and(|it| !is_null(it));
    let unused = [
        ("method", method),
        ("error", error),
        ("result", result.filter(|_| is_given(error))),
        ("id", id.filter(|_| is_given(method))),
    ];
    let nulls = unused.into_iter().filter_map(|(name, value)| {
        let value = value.filter(|it| is_null(it))?;
        name_position(&text[..position(text, value)], name)
    });
    let id = id.filter(|_| !is_given(method));
    let quotes = id.and_then(|id| quotes(id, position(text, id)));
    Some(nulls.chain(quotes.into_iter().flatten()).collect())
}

fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}

fn position(text: &str, value: &RawValue) -> usize {
    (value.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

/// The position of the member's name at the end of the text `before` its value, unless it is written with escapes.
fn name_position(before: &str, name: &str) -> Option<usize> {
    let before = before.trim_end().strip_suffix(':')?.trim_end();
    Some(before.strip_suffix('"')?.strip_suffix(name)?.len())
}

/// The positions of the quotes of a number in quotes that begins `at`.
fn quotes(id: &RawValue, at: usize) -> Option<[usize; 2]> {
    let digits = id.get().strip_prefix('"')?.strip_suffix('"')?;
    let number: u32 = digits.parse().ok()?;
    (number.to_string() == digits).then(|| [at, at + digits.len() + 1])
}

/// Put into a request's extensions: the transport fills it and gives rmcp an empty result.
#[derive(Clone)]
pub(super) struct AnswerSlot {
    pub(super) limits: Limits,
    answer: Arc<Mutex<Option<Answer>>>,
    exceeded: Arc<AtomicBool>,
}

/// The text of a response to a request. Holds its share of the answers' memory.
pub(super) struct Answer {
    text: String,
    _held: Held,
}

impl AnswerSlot {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            answer: Arc::default(),
            exceeded: Arc::default(),
        }
    }

    /// The answer has arrived, and exceeds a limit.
    pub(super) fn exceed(&self) {
        self.exceeded.store(true, Relaxed);
    }

    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded.load(Relaxed)
    }

    /// Keeps `text` if it is the result of the request `id`; else gives it back.
    pub(super) fn fill(&self, id: &RequestId, text: String, held: Held) -> Result<(), String> {
        let envelope = serde_json::from_str::<Envelope<'_>>(&text).ok();
        let answered = envelope.and_then(|it| it.result.and(it.id));
        let answered = answered.and_then(|id| serde_json::from_str(id.get()).ok());
        if answered.as_ref() != Some(id) {
            return Err(text);
        }
        *self.lock() = Some(Answer { text, _held: held });
        Ok(())
    }

    /// The answer, once it has arrived. `parsed` is what rmcp has: it counts if the answer came over a resumed event stream.
    pub(super) fn into_answer(self, parsed: &ServerResult) -> Option<Answer> {
        let kept = self.lock().take();
        kept.or_else(|| {
            let result = serde_json::to_string(parsed).ok()?;
            Some(Answer {
                text: format!("{{\"result\":{result}}}"),
                _held: Held::default(),
            })
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Answer>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answer {
    pub(super) fn result(&self) -> Option<&RawValue> {
        serde_json::from_str::<Envelope<'_>>(&self.text)
            .ok()?
            .result
    }

    pub(super) fn length(&self) -> usize {
        self.text.len()
    }
}
