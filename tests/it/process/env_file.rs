//! The `.env` file: what each of its lines means.

use super::*;

/// The claims of a token that `token` mints with this file, which the environment does not add to.
async fn minted_with(file: &str) -> Value {
    let directory = Directory::with_env_file(file);
    claims(&run_in(&directory, &["token", "--sub", "sam"], &[]).await)
}

/// The value that a line gives `JWT_ISSUER`; null if there is none.
async fn issuer(line: &str) -> Value {
    let claims = minted_with(&format!("JWT_SIGNING_KEY={JWT_KEY}\n{line}\n")).await;
    claims["iss"].clone()
}

#[tokio::test]
async fn a_signing_key_with_dollars_and_backslashes_verifies_the_tokens_of_the_same_key() {
    for key in [
        "pa$$word-${HOME}-$HOME-$(id)-of-32-bytes",
        "a#b=c'd\"e`f\\n\\$g %h!i&j;k,and-32-bytes",
    ] {
        let file = format!("HOME=/elsewhere\nJWT_SIGNING_KEY={key}\n");
        let directory = Directory::with_env_file(&file);
        let service = Service::start_in(directory, &[], &[("JWT_SIGNING_KEY", LEFT_OUT)]).await;
        let claims = json!({"sub": "sam", "exp": now() + 3600});
        assert_eq!(service.status_with(&token(key, &claims)).await, 400);
        assert_eq!(service.status_with(&sams_token()).await, 401);
    }
}

#[tokio::test]
async fn a_value_is_what_stands_after_the_equals_sign() {
    for (line, value) in [
        ("JWT_ISSUER=plain", "plain"),
        (
            "JWT_ISSUER=$HOME ${JWT_SIGNING_KEY} $$",
            "$HOME ${JWT_SIGNING_KEY} $$",
        ),
        ("JWT_ISSUER=two words", "two words"),
        ("JWT_ISSUER=a=b==", "a=b=="),
        ("JWT_ISSUER=\\n \\\" \\\\ \\$", "\\n \\\" \\\\ \\$"),
        ("JWT_ISSUER=`date` %PATH% !x", "`date` %PATH% !x"),
        ("JWT_ISSUER=it's", "it's"),
        ("JWT_ISSUER=  spaces around\t ", "spaces around"),
        ("  JWT_ISSUER = spaces ", "spaces"),
        ("export JWT_ISSUER=exported", "exported"),
        ("export\t JWT_ISSUER=exported", "exported"),
        ("JWT_ISSUER=export me", "export me"),
        ("JWT_ISSUER=first\nJWT_ISSUER=last", "last"),
        ("JWT_ISSUER=ünïcödé\u{a0}", "ünïcödé\u{a0}"),
    ] {
        assert_eq!(issuer(line).await, value, "{line}");
    }
}

#[tokio::test]
async fn a_number_sign_after_a_blank_begins_a_comment_outside_quotes() {
    for (line, value) in [
        ("JWT_ISSUER=a # comment", json!("a")),
        ("JWT_ISSUER=a\t# comment # more", json!("a")),
        ("JWT_ISSUER=a#b", json!("a#b")),
        ("JWT_ISSUER=#a", json!("#a")),
        ("JWT_ISSUER= # nothing", Value::Null),
        ("# JWT_ISSUER=a", Value::Null),
        ("  # JWT_ISSUER=a", Value::Null),
        ("JWT_ISSUER='a # b'", json!("a # b")),
        ("JWT_ISSUER=\"a # b\"", json!("a # b")),
        ("JWT_ISSUER='a # b' # c 'd'", json!("a # b")),
        ("JWT_ISSUER=\"a # b\"  # it's \"c\"", json!("a # b")),
    ] {
        assert_eq!(issuer(line).await, value, "{line}");
    }
}

#[tokio::test]
async fn surrounding_quotes_are_removed_and_double_ones_have_three_escapes() {
    for (line, value) in [
        ("JWT_ISSUER='single'", "single"),
        ("JWT_ISSUER=\"double\"", "double"),
        ("JWT_ISSUER = 'single' ", "single"),
        ("JWT_ISSUER='  kept  '", "  kept  "),
        ("JWT_ISSUER='$a \\n \\\\ \"'", "$a \\n \\\\ \""),
        ("JWT_ISSUER='it's'", "it's"),
        ("JWT_ISSUER=\"$a ${b} `c`\"", "$a ${b} `c`"),
        ("JWT_ISSUER=\"a\\nb\"", "a\nb"),
        ("JWT_ISSUER=\"a\\\"b\"", "a\"b"),
        ("JWT_ISSUER=\"a\\\\nb\\\\\"", "a\\nb\\"),
        ("JWT_ISSUER=\"\\t \\$ \\'\"", "\\t \\$ \\'"),
        ("JWT_ISSUER=\"open", "\"open"),
        ("JWT_ISSUER='other\"", "'other\""),
        ("JWT_ISSUER=\"a\" b", "\"a\" b"),
        ("JWT_ISSUER=\"", "\""),
    ] {
        assert_eq!(issuer(line).await, value, "{line}");
    }
    for empty in [
        "JWT_ISSUER=",
        "JWT_ISSUER=''",
        "JWT_ISSUER=\"\"",
        "JWT_ISSUER",
    ] {
        assert_eq!(issuer(empty).await, Value::Null, "{empty}");
    }
}

#[tokio::test]
async fn a_byte_order_mark_and_carriage_returns_are_no_part_of_a_setting() {
    let file = format!(
        "\u{feff}JWT_SIGNING_KEY={JWT_KEY}\r\nJWT_ISSUER='the api'\r\n\r\nJWT_AUDIENCE=agent\r\n"
    );
    let claims = minted_with(&file).await;
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&json!("the api"), &json!("agent"))
    );
    let directory = Directory::with_env_file(&file);
    let left_out = [("JWT_SIGNING_KEY", LEFT_OUT)];
    let service = Service::start_in(directory, &[], &left_out).await;
    let claims = json!({"sub": "sam", "exp": now() + 3600, "iss": "the api", "aud": "agent"});
    assert_eq!(service.status_with(&token(JWT_KEY, &claims)).await, 400);
}

#[tokio::test]
async fn foreign_lines_are_skipped() {
    let foreign = [
        "[section]",
        "just words",
        "; a comment of another format",
        "set -a",
        "key: value",
        "=nothing",
        "two words=x",
        "1A=x",
        "export JWT_AUDIENCE",
        "if [ -z \"$X\" ]; then X=1; fi",
        "\"quoted\"=x",
        "\u{0}",
        "'",
    ];
    let file = format!(
        "JWT_SIGNING_KEY={JWT_KEY}\n{}\nJWT_ISSUER=kept",
        foreign.join("\n")
    );
    let claims = minted_with(&file).await;
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&json!("kept"), &Value::Null)
    );
}

#[tokio::test]
async fn a_byte_order_mark_before_any_line_and_foreign_lines_that_are_not_utf8_are_skipped() {
    let mut file = b"# caf\xe9\nNAME=Jos\xe9\nJWT_AUDIENCE=a # d\xe9j\xe0 vu\n".to_vec();
    let ours = format!("\u{feff}JWT_ISSUER=b\n\u{feff}export JWT_SIGNING_KEY={JWT_KEY}\n");
    file.extend_from_slice(ours.as_bytes());
    let directory = Directory::new();
    std::fs::write(directory.0.join(".env"), file).expect("a file");
    let claims = claims(&run_in(&directory, &["token", "--sub", "sam"], &[]).await);
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!("b"), &json!("a")));
}

#[tokio::test]
async fn a_file_in_utf16_is_named_as_the_fault() {
    let file = format!("\u{feff}JWT_SIGNING_KEY={JWT_KEY}\n");
    let bytes: Vec<u8> = file.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let directory = Directory::new();
    std::fs::write(directory.0.join(".env"), bytes).expect("a file");
    let ended = run_in(&directory, &[], &[]).await;
    assert_eq!(ended.code, Some(2));
    let message = ended.err.join("\n");
    assert!(message.contains(".env is in UTF-16"), "{message}");
}

#[tokio::test]
async fn a_file_that_is_not_utf8_is_named_with_the_other_faults() {
    let directory = Directory::new();
    std::fs::write(directory.0.join(".env"), b"LOG_FORMAT=swordfish-\xff").expect("a file");
    let ended = run_in(&directory, &[], &[("AGENT_PORT", "none")]).await;
    assert_eq!((ended.code, ended.out), (Some(2), vec![]));
    let message = ended.err.join("\n");
    for name in [".env", "AGENT_PORT", "JWT_SIGNING_KEY", "ANTHROPIC_API_KEY"] {
        assert!(message.contains(name), "{name} is not in\n{message}");
    }
    assert!(!message.contains("swordfish"), "{message}");
}

/// The warnings that the service logs at start with these settings.
async fn warnings(directory: Directory, env: &[(&str, &str)]) -> Vec<String> {
    let service = Service::start_in(directory, &[], env).await;
    let lines = as_json(&service.process.lines()).into_iter();
    let warned = lines.filter(|line| line["level"] == "WARN");
    warned
        .map(|line| line["message"].as_str().expect("a message").to_owned())
        .collect()
}

#[tokio::test]
async fn a_signing_key_that_ends_in_white_space_or_stands_in_quotes_starts_with_a_warning() {
    for key in [
        "a signing key of thirty-two bytes\n",
        "a signing key of thirty-two bytes ",
        "\"a signing key of thirty-two bytes\"",
        "'a signing key of thirty-two bytes'",
    ] {
        let warned = warnings(Directory::new(), &[("JWT_SIGNING_KEY", key)]).await;
        let [warning] = &warned[..] else {
            panic!("not one warning for {key:?}: {warned:?}")
        };
        assert!(warning.starts_with("JWT_SIGNING_KEY "), "{warning}");
        assert!(!warning.contains("thirty-two"), "{warning}");
    }
    for line in [
        "JWT_SIGNING_KEY=a signing key of thirty-two bytes ",
        "JWT_SIGNING_KEY=\"a signing key of thirty-two bytes\\n\"",
    ] {
        let directory = Directory::with_env_file(line);
        let warned = warnings(directory, &[("JWT_SIGNING_KEY", LEFT_OUT)]).await;
        assert!(
            matches!(&warned[..], [warning] if warning.starts_with("JWT_SIGNING_KEY ")),
            "{line:?}: {warned:?}"
        );
    }
    let quoted = Directory::with_env_file("JWT_SIGNING_KEY='a signing key of thirty-two bytes' \n");
    assert_eq!(
        warnings(quoted, &[("JWT_SIGNING_KEY", LEFT_OUT)]).await,
        [""; 0]
    );
}

#[tokio::test]
async fn a_signing_key_whose_quotes_are_not_closed_in_its_line_starts_with_a_warning() {
    for file in [
        "JWT_SIGNING_KEY=\"a signing key of\nthirty-two bytes or more of them\"\n",
        "JWT_SIGNING_KEY='a signing key of thirty-two bytes\n",
        "JWT_SIGNING_KEY=\"a signing key of thirty-two bytes\"or more\n",
    ] {
        let directory = Directory::with_env_file(file);
        let warned = warnings(directory, &[("JWT_SIGNING_KEY", LEFT_OUT)]).await;
        let expected = "JWT_SIGNING_KEY begins with a quote that its line in .env does not close";
        assert!(
            warned.iter().any(|warning| warning.starts_with(expected)),
            "{file:?}: {warned:?}"
        );
    }
}

#[tokio::test]
async fn a_line_is_not_warned_about_if_another_value_counts_or_a_comment_ends_in_white_space() {
    let key = "a signing key of thirty-two bytes";
    for file in [
        format!("JWT_SIGNING_KEY={key} # the API's \n"),
        format!("JWT_SIGNING_KEY={key} \nJWT_SIGNING_KEY={key}\n"),
        format!("JWT_SIGNING_KEY='{key}\nJWT_SIGNING_KEY='{key}'\n"),
    ] {
        let directory = Directory::with_env_file(&file);
        let warned = warnings(directory, &[("JWT_SIGNING_KEY", LEFT_OUT)]).await;
        assert_eq!(warned, [""; 0], "{file:?}");
    }
    let file = format!("JWT_SIGNING_KEY={key} \nAGENT_PORT=tcp://10.0.0.1:80\n");
    let directory = Directory::with_env_file(&file);
    let environment = [("JWT_SIGNING_KEY", key), ("AGENT_PORT", "0")];
    assert_eq!(warnings(directory, &environment).await, [""; 0]);
}

#[tokio::test]
async fn settings_are_also_read_from_an_env_file_in_the_working_directory() {
    let directory = Directory::with_env_file(&format!(
        "# what follows is secret\nANTHROPIC_API_KEY='sk-from-file'\nexport JWT_SIGNING_KEY=\"{JWT_KEY}\"\n\nAGENT_PORT=0\n"
    ));
    let left_out =
        ["ANTHROPIC_API_KEY", "JWT_SIGNING_KEY", "AGENT_PORT"].map(|name| (name, LEFT_OUT));
    let service = Service::start_in(directory, &[], &left_out).await;
    service.claude.push(Reply::text("hi"));
    let (status, _) = service.chat(&sams_token(), "x", &user("hello")).await;
    assert_eq!(status, 200);
    let asked = service.claude.asked();
    assert_eq!(asked[0].headers["x-api-key"], "sk-from-file");
}

#[tokio::test]
async fn the_environment_wins_over_the_env_file() {
    let file =
        format!("JWT_SIGNING_KEY='{JWT_KEY}'\nJWT_ISSUER=file\nJWT_AUDIENCE='file audience'\n");
    let directory = Directory::with_env_file(&file);
    let ended = run_in(
        &directory,
        &["token", "--sub", "sam"],
        &[("JWT_ISSUER", "environment")],
    )
    .await;
    let claims = claims(&ended);
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&json!("environment"), &json!("file audience"))
    );
}
