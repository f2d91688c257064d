use serde_json::json;

use super::*;

fn object(value: &Value) -> JsonObject {
    value.as_object().cloned().expect("an object")
}

fn meta(value: &Value) -> MetaObject {
    MetaObject(object(value))
}

fn ann() -> Identity {
    Identity::User(Subject::parse("ann").expect("a user id"))
}

/// The user that the request is about, or the refusal; the arguments are left without `user_id`.
fn user(identity: &Identity, arguments: &Value, noted: &Value) -> Result<Option<String>, String> {
    let mut arguments = object(arguments);
    let user = identity.user(&mut arguments, &meta(noted));
    assert_eq!(arguments.get("user_id"), None);
    named_user(user)
}

fn named_user(user: Result<Option<Subject>, ToolError>) -> Result<Option<String>, String> {
    let user = user.map(|user| user.map(|user| user.as_str().to_owned()));
    user.map_err(|error| error.to_string())
}

#[expect(clippy::unnecessary_wraps, reason = "what it is compared with")]
fn some(id: &str) -> Result<Option<String>, String> {
    Ok(Some(id.to_owned()))
}

#[test]
fn the_agent_names_the_user_in_the_arguments() {
    let noted = json!({"fitness.progstrength/user_id": "ann"});
    let named = json!({"user_id": "ann"});
    assert_eq!(user(&Identity::Agent, &named, &json!({})), some("ann"));
    assert_eq!(user(&Identity::Agent, &named, &noted), some("ann"));
    assert_eq!(user(&Identity::Agent, &json!({}), &json!({})), Ok(None));
    let alone = user(&Identity::Agent, &json!({}), &noted);
    assert_eq!(alone, Ok(None), "a tool's argument is required");
    let null = json!({"user_id": null});
    assert_eq!(user(&Identity::Agent, &null, &json!({})), Ok(None));
}

#[test]
fn the_agents_argument_and_meta_must_agree() {
    let (named, noted) = (
        json!({"user_id": "bob"}),
        json!({"fitness.progstrength/user_id": "ann"}),
    );
    let refused =
        "user_id: is not the user of this request's _meta[\"fitness.progstrength/user_id\"]";
    assert_eq!(
        user(&Identity::Agent, &named, &noted),
        Err(refused.to_owned())
    );
    // Names are compared as they are.
    for other in ["Ann", "ann ", " ann", "a\u{301}nn"] {
        let named = json!({"user_id": other});
        assert_eq!(
            user(&Identity::Agent, &named, &noted),
            Err(refused.to_owned())
        );
    }
}

#[test]
fn the_agent_names_the_user_of_a_resource_in_meta() {
    let of_meta = |noted: Value| named_user(Identity::Agent.user_of_meta(&meta(&noted)));
    assert_eq!(
        of_meta(json!({"fitness.progstrength/user_id": "ann"})),
        some("ann")
    );
    assert_eq!(of_meta(json!({})), Ok(None));
}

#[test]
fn a_user_that_names_another_user_is_refused() {
    let (own, noted) = (
        json!({"user_id": "ann"}),
        json!({"fitness.progstrength/user_id": "ann"}),
    );
    for arguments in [json!({}), own] {
        for noted in [json!({}), noted.clone()] {
            assert_eq!(user(&ann(), &arguments, &noted), some("ann"));
        }
    }
    let refused = Err("user_id: names somebody else; you can act for yourself alone".to_owned());
    let (named, noted_bob) = (
        json!({"user_id": "bob"}),
        json!({"fitness.progstrength/user_id": "bob"}),
    );
    assert_eq!(user(&ann(), &named, &json!({})), refused);
    assert_eq!(user(&ann(), &named, &noted), refused);
    assert_eq!(user(&ann(), &json!({}), &noted_bob), refused);
    assert_eq!(named_user(ann().user_of_meta(&meta(&noted_bob))), refused);
    assert_eq!(
        named_user(ann().user_of_meta(&meta(&json!({})))),
        some("ann")
    );
}

#[test]
fn an_invalid_user_id_is_refused_from_agent_and_user() {
    let long = "x".repeat(257);
    for identity in [Identity::Agent, ann()] {
        for wrong in ["", "a\u{0}", "ann\n", "\u{7f}", "\u{9b}", &long] {
            let error = user(&identity, &json!({"user_id": wrong}), &json!({})).unwrap_err();
            assert_eq!(error, format!("user_id: {} is no user id", quoted(wrong)));
            let noted = json!({"fitness.progstrength/user_id": wrong});
            let error = user(&identity, &json!({}), &noted).unwrap_err();
            let place = "fitness.progstrength/user_id";
            assert_eq!(error, format!("{place}: {} is no user id", quoted(wrong)));
        }
        for wrong in [json!(1), json!(true), json!(["ann"]), json!({"id": "ann"})] {
            let error = user(&identity, &json!({"user_id": wrong}), &json!({}));
            assert_eq!(error, Err("user_id: must be a string".to_owned()));
        }
    }
}
