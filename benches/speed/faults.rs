//! Faults of the fake Claude in the soak.

use std::{collections::HashSet, sync::Mutex};

use crate::{
    bytes::{Marker, Number},
    replies,
    wire::json_answer,
};

/// The faulty reply.
pub struct Fault {
    pub bytes: Vec<u8>,
    pub hangs_up: bool,
}

pub struct Faults {
    /// Turns that were refused once and now succeed.
    refused: Mutex<HashSet<Number>>,
    failing: Vec<u8>,
    cut: Vec<u8>,
    long: Vec<u8>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            refused: Mutex::default(),
            failing: replies::failing(),
            cut: replies::cut(),
            long: replies::long(),
        }
    }
}

impl Faults {
    /// The fault of the marker's letter; `None` is a good answer.
    pub fn of(&self, marker: &Marker) -> Option<Fault> {
        let (bytes, hangs_up) = match marker.kind {
            b'e' => (self.failing.clone(), false),
            b'c' => (self.cut.clone(), true),
            b'l' => (self.long.clone(), false),
            b'x' => (refusal("400 Bad Request", "invalid_request_error"), false),
            b'r' if self.is_first(marker.number) => {
                (refusal("529 Overloaded", "overloaded_error"), false)
            }
            _ => return None,
        };
        Some(Fault { bytes, hangs_up })
    }

    fn is_first(&self, number: Number) -> bool {
        let mut refused = self.refused.lock().expect("no panic");
        refused.insert(number) || !refused.remove(&number)
    }
}

fn refusal(status: &str, kind: &str) -> Vec<u8> {
    let body = format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"no"}}}}"#);
    json_answer(status, "retry-after-ms: 5\r\n", &body)
}
