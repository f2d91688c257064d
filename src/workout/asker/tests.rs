use serde_json::json;

use super::*;

fn object(value: &Value) -> JsonObject {
    value.as_object().cloned().expect("an object")
}

fn meta(value: &Value) -> MetaObject {
    MetaObject(object(value))
}

fn ann() -> Asker {
    Asker::User(UserId::new("ann").expect("a user id"))
}

/// The user that the request is about, or the refusal; the arguments are left without `user_id`.
fn user(asker: &Asker, arguments: &Value, noted: &Value) -> Result<Option<String>, String> {
    let mut arguments = object(arguments);
    let user = asker.user(&mut arguments, &meta(noted));
    assert_eq!(arguments.get("user_id"), None);
    named_user(user)
}

fn named_user(user: Result<Option<UserId>, ToolError>) -> Result<Option<String>, String> {
    let user = user.map(|user| user.map(|user| user.as_str().to_owned()));
    user.map_err(|error| error.to_string())
}

#[expect(clippy::unnecessary_wraps, reason = "what it is compared with")]
fn some(id: &str) -> Result<Option<String>, String> {
    Ok(Some(id.to_owned()))
}

#[test]
fn an_agent_names_the_user_in_the_arguments() {
    let noted = json!({"fitness.progstrength/user_id": "ann"});
    let named = json!({"user_id": "ann"});
    assert_eq!(user(&Asker::Agent, &named, &json!({})), some("ann"));
    assert_eq!(user(&Asker::Agent, &named, &noted), some("ann"));
    assert_eq!(user(&Asker::Agent, &json!({}), &json!({})), Ok(None));
    let alone = user(&Asker::Agent, &json!({}), &noted);
    assert_eq!(alone, Ok(None), "a tool's argument is required");
    let null = json!({"user_id": null});
    assert_eq!(user(&Asker::Agent, &null, &json!({})), Ok(None));
}

#[test]
fn an_agents_argument_and_meta_must_agree() {
    let (named, noted) = (
        json!({"user_id": "bob"}),
        json!({"fitness.progstrength/user_id": "ann"}),
    );
    let refused =
        "user_id: is not the user of this request's _meta[\"fitness.progstrength/user_id\"]";
    assert_eq!(user(&Asker::Agent, &named, &noted), Err(refused.to_owned()));
    // Names are compared as they are.
    for other in ["Ann", "ann ", " ann", "a\u{301}nn"] {
        let named = json!({"user_id": other});
        assert_eq!(user(&Asker::Agent, &named, &noted), Err(refused.to_owned()));
    }
}

#[test]
fn an_agent_names_the_user_of_a_resource_in_meta() {
    let of_meta = |noted: Value| named_user(Asker::Agent.user_of_meta(&meta(&noted)));
    assert_eq!(
        of_meta(json!({"fitness.progstrength/user_id": "ann"})),
        some("ann")
    );
    assert_eq!(of_meta(json!({})), Ok(None));
}

#[test]
fn a_user_is_themselves_and_nobody_else() {
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
fn what_is_no_user_id_is_refused_whoever_sends_it() {
    let long = "x".repeat(257);
    for asker in [Asker::Agent, ann()] {
        for wrong in ["", "a\u{0}", "ann\n", "\u{7f}", "\u{9b}", &long] {
            let error = user(&asker, &json!({"user_id": wrong}), &json!({})).unwrap_err();
            assert_eq!(error, format!("user_id: {} is no user id", quoted(wrong)));
            let noted = json!({"fitness.progstrength/user_id": wrong});
            let error = user(&asker, &json!({}), &noted).unwrap_err();
            let place = "fitness.progstrength/user_id";
            assert_eq!(error, format!("{place}: {} is no user id", quoted(wrong)));
        }
        for wrong in [json!(1), json!(true), json!(["ann"]), json!({"id": "ann"})] {
            let error = user(&asker, &json!({"user_id": wrong}), &json!({}));
            assert_eq!(error, Err("user_id: must be a string".to_owned()));
        }
    }
}

#[test]
fn a_call_is_known_by_its_tool_its_request_and_its_tool_use() {
    let id = |tool: &str, request: Value, tool_use: Value| {
        call_id(
            tool,
            &meta(&json!({META_REQUEST_ID: request, META_TOOL_USE_ID: tool_use})),
        )
    };
    let one = id("log", json!("r"), json!("t"));
    assert!(one.is_some());
    assert_eq!(id("log", json!("r"), json!("t")), one);
    for other in [
        id("plan", json!("r"), json!("t")),
        id("log", json!("r2"), json!("t")),
        id("log", json!("r"), json!("t2")),
        id("log", json!("r t"), json!("")),
        id("log", json!("r\",\"t"), json!("t")),
        id("log", json!(1), json!("t")),
        id("log", json!("r"), json!(null)),
    ] {
        assert_ne!(other, one);
    }
    assert_eq!(id("log", json!(""), json!("t")), None);
    assert_eq!(call_id("log", &meta(&json!({META_REQUEST_ID: "r"}))), None);
}

#[test]
fn the_arguments_zone_goes_before_the_noted_one() {
    let zone = |arguments: Value, noted: Value| {
        let mut arguments = object(&arguments);
        let zone = time_zone(&mut arguments, &meta(&noted));
        assert_eq!(arguments, JsonObject::new());
        let zone = zone.map(|zone| zone.map(|zone| zone.iana_name().map(str::to_owned)));
        zone.map(Option::flatten).map_err(|error| error.to_string())
    };
    let (denver, tokyo) = (
        json!({"client_timezone": "America/Denver"}),
        json!({META_TIME_ZONE: "Asia/Tokyo"}),
    );
    assert_eq!(zone(denver, tokyo.clone()), some("America/Denver"));
    for none in [
        json!({}),
        json!({"client_timezone": null}),
        json!({"client_timezone": " "}),
    ] {
        assert_eq!(zone(none, tokyo.clone()), some("Asia/Tokyo"));
    }
    assert_eq!(zone(json!({}), json!({META_TIME_ZONE: "Mars"})), Ok(None));
    assert_eq!(zone(json!({}), json!({META_TIME_ZONE: 1})), Ok(None));
    let mars = zone(json!({"client_timezone": "Mars"}), tokyo);
    assert_eq!(
        mars,
        Err("client_timezone: \"Mars\" is no IANA time zone such as America/Denver".to_owned())
    );
}
