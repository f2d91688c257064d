//! For any tampering with tokens, answers and history: a call runs only if exactly this call was approved by exactly this user.

use std::sync::LazyLock;

use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Map, Value, json};

use super::*;
use crate::{
    agent::json::Invalid,
    agent::tools::{CallContext, CallInput, Catalogue, ListedTool, StrippedInput},
    auth::Caller,
};

const USERS: [&str; 2] = ["ann", "bob"];
const TOOLS: [&str; 3] = ["log", "wipe", "read"];

static CATALOGUES: LazyLock<[Catalogue; 2]> = LazyLock::new(|| [catalogue(0), catalogue(1)]);

/// Two versions: in the second one, `log` says something else, and `wipe` is as it was.
fn catalogue(version: usize) -> Catalogue {
    let tool = |name: &str, owned: bool, description: &str| {
        let user = if owned { "user_id" } else { "note" };
        let schema = json!({"type": "object", "properties": {user: {"type": "string"}}});
        ListedTool {
            name: name.into(),
            description: Some(description.into()),
            input_schema: schema.as_object().cloned().unwrap_or_default(),
            ..ListedTool::default()
        }
    };
    let log = tool(TOOLS[0], true, ["Logs.", "Publishes."][version]);
    Catalogue::new(
        vec![
            log,
            tool(TOOLS[1], false, "Wipes."),
            tool(TOOLS[2], true, "Reads."),
        ],
        vec![],
    )
}

fn approvals() -> Arc<Approvals> {
    let key = "a signing key of thirty-two bytes".to_owned().into();
    Approvals::new(ApprovalPolicy::Writes, &key, Metrics::new())
}

/// A call as Claude writes it.
#[derive(Debug, Clone, PartialEq)]
struct Written {
    id: String,
    tool: usize,
    input: Value,
}

impl Written {
    fn new((at, tool, note): (usize, usize, u8)) -> Self {
        Self {
            id: format!("t{at}"),
            tool,
            input: json!({"note": [note, {"n": 60}], "of": "x"}),
        }
    }

    /// The token that this user gets for it.
    fn token(&self, approvals: &Arc<Approvals>, user: usize, turn: &str) -> String {
        let caller = Caller::fake(USERS[user]);
        let context = CallContext {
            caller: &caller,
            request_id: "r1",
            turn_id: turn,
            tool_use_id: &self.id,
            time_zone: None,
        };
        let input = StrippedInput::parse(&self.input.to_string()).unwrap();
        let call = CATALOGUES[0].prepare_call(context, TOOLS[self.tool], &input);
        let input = CallInput::Stripped(input);
        let held = HeldCall::new(approvals.clone(), &call.unwrap(), &input, context);
        held.request(TOOLS[self.tool]).token
    }

    fn waiting(&self) -> WaitingCall {
        WaitingCall {
            id: self.id.clone(),
            name: TOOLS[self.tool].into(),
            input: self.input.to_string(),
            values: 5,
        }
    }
}

/// A request that goes on.
#[derive(Debug, Clone)]
struct Request {
    user: usize,
    version: usize,
    calls: Vec<Written>,
    /// Tokens, and whether they are approved.
    answers: Vec<(String, bool)>,
}

impl Request {
    fn send(&self, approvals: &Arc<Approvals>) -> Result<Vec<AnsweredCall>, Invalid> {
        let caller = Caller::fake(USERS[self.user]);
        let answers = self.answers.iter().map(|(token, approved)| ApprovalAnswer {
            token: token.clone(),
            approved: *approved,
            reason: None,
            place: String::new(),
            call: None,
        });
        let answers = ApprovalAnswers::new(answers.collect(), "").unwrap();
        let calls = LastCalls {
            waiting: self.calls.iter().map(Written::waiting).collect(),
            answered: vec![],
        };
        let opened = approvals.open(answers, calls, &caller)?;
        let context = Context {
            caller: &caller,
            request_id: "r2",
            time_zone: None,
        };
        approvals.settle(opened, &CATALOGUES[self.version], context)
    }
}

#[derive(Debug, Clone)]
enum Tampering {
    User(usize),
    Version(usize),
    /// Of a token.
    Bit(Index, Index),
    /// A part of a token, in place of that of another one.
    Part(Index, Index, bool),
    /// The token of the same call that the other user has.
    Foreign(Index),
    Answer(Index, bool),
    RepeatAnswer(Index),
    DropAnswer(Index),
    SwapAnswers(Index, Index),
    SwapTokens(Index, Index),
    CallId(Index, usize),
    CallTool(Index, usize),
    CallInput(Index, u8),
    /// As a JavaScript client may write it: the same value.
    CallSpelling(Index),
    RepeatCall(Index),
    DropCall(Index),
    SwapCalls(Index, Index),
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let at = || any::<Index>();
    prop_oneof![
        (0..2_usize).prop_map(Tampering::User),
        (0..2_usize).prop_map(Tampering::Version),
        (at(), at()).prop_map(|(a, b)| Tampering::Bit(a, b)),
        (at(), at(), any::<bool>()).prop_map(|(a, b, first)| Tampering::Part(a, b, first)),
        at().prop_map(Tampering::Foreign),
        (at(), any::<bool>()).prop_map(|(a, yes)| Tampering::Answer(a, yes)),
        at().prop_map(Tampering::RepeatAnswer),
        at().prop_map(Tampering::DropAnswer),
        (at(), at()).prop_map(|(a, b)| Tampering::SwapAnswers(a, b)),
        (at(), at()).prop_map(|(a, b)| Tampering::SwapTokens(a, b)),
        (at(), 0..5_usize).prop_map(|(a, id)| Tampering::CallId(a, id)),
        (at(), 0..3_usize).prop_map(|(a, tool)| Tampering::CallTool(a, tool)),
        (at(), 0..3_u8).prop_map(|(a, note)| Tampering::CallInput(a, note)),
        at().prop_map(Tampering::CallSpelling),
        at().prop_map(Tampering::RepeatCall),
        at().prop_map(Tampering::DropCall),
        (at(), at()).prop_map(|(a, b)| Tampering::SwapCalls(a, b)),
    ]
}

impl Request {
    fn tamper(&mut self, how: &Tampering, foreign: &[String]) {
        let Self { calls, answers, .. } = self;
        if calls.is_empty() || answers.is_empty() {
            return;
        }
        let (of_calls, of_answers) = (calls.len(), answers.len());
        match how {
            Tampering::User(user) => self.user = *user,
            Tampering::Version(version) => self.version = *version,
            Tampering::Bit(a, b) => {
                let token = &mut answers[a.index(of_answers)].0;
                let mut bytes = token.clone().into_bytes();
                let bit = b.index(bytes.len() * 7);
                bytes[bit / 7] ^= 1 << (bit % 7);
                *token = String::from_utf8(bytes).unwrap();
            }
            Tampering::Part(a, b, first) => {
                let other = answers[b.index(of_answers)].0.clone();
                let token = &mut answers[a.index(of_answers)].0;
                let parts = token.split_once('.').zip(other.split_once('.'));
                if let Some(((payload, signature), (other_payload, other_signature))) = parts {
                    *token = match first {
                        true => format!("{other_payload}.{signature}"),
                        false => format!("{payload}.{other_signature}"),
                    };
                }
            }
            Tampering::Foreign(a) => {
                let at = a.index(of_answers);
                answers[at].0.clone_from(&foreign[at % foreign.len()]);
            }
            Tampering::Answer(a, yes) => answers[a.index(of_answers)].1 = *yes,
            Tampering::RepeatAnswer(a) => answers.push(answers[a.index(of_answers)].clone()),
            Tampering::DropAnswer(a) => drop(answers.remove(a.index(of_answers))),
            Tampering::SwapAnswers(a, b) => answers.swap(a.index(of_answers), b.index(of_answers)),
            Tampering::SwapTokens(a, b) => {
                let (a, b) = (a.index(of_answers), b.index(of_answers));
                let (first, second) = (answers[a].0.clone(), answers[b].0.clone());
                (answers[a].0, answers[b].0) = (second, first);
            }
            Tampering::CallId(a, id) => calls[a.index(of_calls)].id = format!("t{id}"),
            Tampering::CallTool(a, tool) => calls[a.index(of_calls)].tool = *tool,
            Tampering::CallInput(a, note) => {
                calls[a.index(of_calls)].input["note"][0] = (*note).into();
            }
            Tampering::CallSpelling(a) => {
                let input = &mut calls[a.index(of_calls)].input;
                input["note"][1]["n"] = 60.0.into();
                let fields = input.as_object().unwrap().iter().rev();
                *input = fields
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect::<Map<_, _>>()
                    .into();
            }
            Tampering::RepeatCall(a) => calls.push(calls[a.index(of_calls)].clone()),
            Tampering::DropCall(a) => drop(calls.remove(a.index(of_calls))),
            Tampering::SwapCalls(a, b) => calls.swap(a.index(of_calls), b.index(of_calls)),
        }
    }
}

/// Arguments with one spelling for numbers.
fn plain(arguments: &Map<String, Value>) -> Value {
    let mut arguments = Value::from(arguments.clone());
    arguments["note"][1]["n"] = 60.into();
    arguments
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_call_runs_only_if_exactly_it_was_approved_by_exactly_its_user(
        asked in vec((0..3_usize, 0..3_u8), 1..4),
        how in vec(tampering(), 0..4),
    ) {
        let approvals = approvals();
        let asked: Vec<Written> = asked.into_iter().enumerate()
            .map(|(at, (tool, note))| Written::new((at, tool, note))).collect();
        let tokens = |user| -> Vec<String> {
            asked.iter().map(|call| call.token(&approvals, user, "turn_1")).collect()
        };
        let (own, foreign) = (tokens(0), tokens(1));
        let mut request = Request {
            user: 0,
            version: 0,
            calls: asked.clone(),
            answers: own.iter().map(|token| (token.clone(), true)).collect(),
        };
        for how in &how {
            request.tamper(how, &foreign);
        }
        let sent = request.send(&approvals);
        if how.is_empty() {
            prop_assert_eq!(sent.as_ref().map(Vec::len).ok(), Some(asked.len()));
        }
        let mut run = std::collections::HashSet::new();
        for answered in sent.unwrap_or_default() {
            let Ok(call) = answered.call else { continue };
            prop_assert!(run.insert(answered.id.clone()), "it runs twice");
            let at = asked.iter().position(|call| call.id == answered.id);
            let at = at.expect("a call that was asked about");
            let mine = if request.user == 0 { &own } else { &foreign };
            prop_assert!(request.answers.contains(&(mine[at].clone(), true)));
            prop_assert_eq!(call.name(), TOOLS[asked[at].tool]);
            let mut expected = asked[at].input.clone();
            if asked[at].tool != 1 {
                expected["user_id"] = USERS[request.user].into();
            }
            prop_assert_eq!(plain(call.arguments()), expected);
            prop_assert!(request.version == 0 || asked[at].tool != 0, "the tool has changed");
            let meta = |name: &str| call.meta()[&format!("fitness.progstrength/{name}")].clone();
            prop_assert_eq!(meta("turn_id"), "turn_1");
            prop_assert_eq!(meta("tool_use_id"), answered.id);
            prop_assert_eq!(meta("user_id"), USERS[request.user]);
        }
    }
}

#[test]
fn the_same_value_in_another_spelling_is_the_same_call() {
    let (approvals, mut call) = (approvals(), Written::new((0, 0, 1)));
    let token = call.token(&approvals, 0, "turn_1");
    call.input = json!({"of": "x", "note": [1.0, {"n": 60.0}]});
    let request = Request {
        user: 0,
        version: 0,
        calls: vec![call],
        answers: vec![(token, true)],
    };
    assert!(request.send(&approvals).unwrap()[0].call.is_ok());
}

#[test]
fn the_longest_subject_and_names_fit_into_a_token() {
    let (sub, tool) = ("\u{1f3cb}".repeat(256), "\\".repeat(256));
    let approvals = approvals();
    let digest = crate::agent::tools::Digest::of(&Value::Null);
    let claims = token::Claims {
        v: 1,
        sub,
        id: "x".repeat(200),
        tool,
        args: digest,
        def: digest,
        turn: uuid::Uuid::now_v7().to_string(),
        exp: i64::MAX,
    };
    let token = approvals.signer.sign(&claims);
    assert_eq!(approvals.signer.open(&token), Some(claims));
}
