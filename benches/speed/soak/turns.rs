//! Soak client: random kinds of turns, slow reads and early disconnects; checks each answer.

use std::{io, time::Duration};

use memchr::memmem;
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::{
    agent::{Agent, Bench},
    bytes::{Marker, Number, RIDERS},
    wire::{Wire, header},
};

/// Deadline of a turn; longer is a hang.
const PATIENCE: Duration = Duration::from_secs(30);
/// The kinds of turns (text, tools, refusals, failures, cuts, writes, long answers, slow streams), weighted by repetition.
const KINDS: &[u8] = b"tttttuuuuuuppprrxecwwwwwls";

/// Steele, Lea and Flood's `SplitMix64`.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).unwrap_or_default() % sides
    }
}

#[derive(Default)]
pub struct Tally {
    pub turns: u32,
    done: u32,
    failed: u32,
    refused: u32,
    left: u32,
    /// Each write, and whether it was reported as done.
    pub writes: Vec<(Number, bool)>,
    /// Detected faults.
    pub faults: Vec<String>,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.turns += other.turns;
        self.done += other.done;
        self.failed += other.failed;
        self.refused += other.refused;
        self.left += other.left;
        self.writes.extend(other.writes);
        self.faults.extend(other.faults);
    }

    pub fn said(&self) -> String {
        format!(
            "{} done, {} failed as they should, {} refused, {} left; {} writes",
            self.done,
            self.failed,
            self.refused,
            self.left,
            self.writes.len()
        )
    }
}

pub struct Asker<'a> {
    bench: &'a Bench,
    agent: &'a Agent,
    rider: u32,
    dice: Dice,
    wire: Option<Wire>,
    pub tally: Tally,
}

impl<'a> Asker<'a> {
    pub fn new(bench: &'a Bench, agent: &'a Agent, seed: u64) -> Self {
        Self {
            bench,
            agent,
            rider: u32::try_from(seed).unwrap_or_default() % RIDERS,
            dice: Dice(seed),
            wire: None,
            tally: Tally::default(),
        }
    }

    pub async fn turn(&mut self) {
        let kind = char::from(KINDS[self.dice.roll(KINDS.len())]);
        self.of_kind(kind).await;
    }

    pub async fn of_kind(&mut self, kind: char) {
        let number = self.bench.numbers.next(self.rider);
        let streamed = kind == 's' || self.dice.roll(4) > 0;
        // An endless stream is always left early.
        let leaves = kind == 's' || self.dice.roll(20) == 0;
        self.tally.turns += 1;
        let turn = timeout(PATIENCE, self.ask(kind, number, streamed, leaves)).await;
        let told = match turn {
            Ok(Ok(Some(wire))) => {
                let told = self.judge(kind, streamed, &wire);
                self.wire = Some(wire);
                told
            }
            Ok(Ok(None)) => {
                self.tally.left += 1;
                false
            }
            Ok(Err(error)) => self.fault(kind, &error.to_string()),
            Err(_) => self.fault(kind, "no end"),
        };
        if kind == 'w' {
            self.tally.writes.push((number, told));
        }
    }

    fn fault(&mut self, kind: char, what: &str) -> bool {
        let text = format!("a turn of kind {kind}: {what}");
        self.tally.faults.push(text.chars().take(600).collect());
        false
    }

    /// The whole answer; `None` if the client disconnected before its end.
    async fn ask(
        &mut self,
        kind: char,
        number: Number,
        streamed: bool,
        leaves: bool,
    ) -> io::Result<Option<Wire>> {
        let mut wire = match self.wire.take() {
            Some(wire) if self.dice.roll(8) > 0 => wire,
            _ => Wire::connect(self.agent.address).await?,
        };
        let words = Marker::text(kind, "########");
        let body = json!({"messages": [{"role": "user", "content": words}], "stream": streamed});
        let mut out = Vec::new();
        let request = self.bench.post(self.rider, &body.to_string());
        request.fill(number, &mut out);
        wire.send(&out).await?;
        if leaves {
            sleep(Duration::from_millis(self.dice.roll(200) as u64)).await;
            return Ok(None);
        }
        wire.forget();
        while !wire.is_complete() {
            if kind == 'l' {
                sleep(Duration::from_millis(1)).await;
            }
            if !wire.more().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(Some(wire))
    }

    /// Checks the answer for its kind of turn; returns whether it reports the write as done.
    fn judge(&mut self, kind: char, streamed: bool, wire: &Wire) -> bool {
        let content = wire.content();
        let fails = matches!(kind, 'x' | 'e' | 'c');
        if !wire.is_ok() {
            let busy = wire.head().starts_with(b"HTTP/1.1 503")
                && header(wire.head(), b"retry-after").is_some();
            let may_fail = fails && !streamed;
            if !busy && !may_fail {
                return self.fault(kind, &String::from_utf8_lossy(wire.whole()));
            }
            self.tally.refused += u32::from(busy);
            self.tally.failed += u32::from(!busy);
            return false;
        }
        let count = |what: &[u8]| memmem::find_iter(&content, what).count();
        if streamed {
            let (done, failed) = (count(b"event: done\n"), count(b"event: error\n"));
            if done + failed != 1 || (failed == 1) != fails {
                let text = String::from_utf8_lossy(&content);
                return self.fault(kind, &format!("{done} done, {failed} error: {text}"));
            }
        }
        self.tally.done += u32::from(!fails);
        self.tally.failed += u32::from(fails);
        let told = if streamed {
            count(b"event: tool_result\n") > 0 && count(b"\"is_error\":true") == 0
        } else {
            count(b"\"tool_result\"") > 0 && count(b"\"is_error\":true") == 0
        };
        kind == 'w' && told
    }
}
