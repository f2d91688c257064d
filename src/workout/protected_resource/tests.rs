use http::HeaderValue;

use super::*;

fn resource(rules: &str, public: Option<&str>) -> ProtectedResource {
    let rules = rules.split(',').map(|rule| HostRule::parse(rule).unwrap());
    ProtectedResource::new(rules.collect(), public.map(|url| url.parse().unwrap()))
}

fn headers(name: &http::HeaderName, values: &[&str]) -> HeaderMap {
    let value = |value: &&str| (name.clone(), HeaderValue::from_str(value).unwrap());
    values.iter().map(value).collect()
}

#[test]
fn a_host_is_allowed_at_its_listed_port_or_at_any() {
    let ours = resource("localhost,Example.com:8443,[::1]", None);
    let host = |values: &[&str]| {
        let host = ours.host(&"/mcp".parse().unwrap(), &headers(&header::HOST, values));
        host.map(|host| host.0)
    };
    for (given, checked) in [
        ("localhost", "localhost"),
        ("LOCALHOST:8000", "localhost:8000"),
        ("example.com:8443", "example.com:8443"),
        ("[::1]:8000", "[::1]:8000"),
    ] {
        assert_eq!(host(&[given]).as_deref(), Some(checked));
    }
    for bad in [
        "evil.example",
        "example.com",
        "example.com:80",
        "localhost.evil.example",
        "localhost.",
        "localhost:",
        "evil@localhost",
        "localhost/",
        "local\"host",
        "",
    ] {
        assert_eq!(host(&[bad]), None, "{bad}");
    }
    assert_eq!(host(&[]), None);
    assert_eq!(host(&["localhost", "localhost"]), None);
}

#[test]
fn an_absolute_target_with_another_host_is_refused() {
    let ours = resource("localhost", None);
    let named = headers(&header::HOST, &["localhost"]);
    let is_ours = |uri: &str| ours.host(&uri.parse().unwrap(), &named).is_some();
    assert!(is_ours("http://localhost:8000/mcp"));
    assert!(!is_ours("http://evil.example/mcp"));
}

#[test]
fn an_origin_must_be_absent_or_an_allowed_host() {
    let ours = resource("localhost,example.com:8443,[::1]", None);
    let allows = |values: &[&str]| ours.allows_origin(&headers(&header::ORIGIN, values));
    assert!(allows(&[]));
    for good in [
        "http://localhost:3000",
        "https://example.com",
        "http://[::1]:1",
    ] {
        assert!(allows(&[good]), "{good}");
    }
    for bad in [
        "null",
        "",
        "localhost",
        "ftp://localhost",
        "https://evil.example",
        "https://localhost.evil.example",
    ] {
        assert!(!allows(&[bad]), "{bad}");
    }
    assert!(!allows(&["http://localhost", "http://localhost"]));
}

#[test]
fn the_public_host_is_allowed_without_being_listed() {
    let ours = resource("mcp", Some("https://mcp.example.com/mcp"));
    let host = |host: &str| {
        let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
        ours.host(&Uri::from_static("/mcp"), &headers).is_some()
    };
    assert!(host("mcp.example.com") && host("mcp.example.com:443") && host("mcp:8000"));
    assert!(!host("example.com") && !host("evil.mcp.example.com"));
}

#[test]
fn an_audience_is_the_public_url_or_else_mcp_at_an_allowed_host() {
    let public = resource("mcp", Some("https://mcp.example.com/mcp"));
    for (audience, ours) in [
        ("https://mcp.example.com/mcp", true),
        ("https://MCP.example.com:443/mcp/", true),
        ("http://mcp.example.com/mcp", false),
        ("https://mcp.example.com", false),
        ("http://mcp/mcp", false),
    ] {
        assert_eq!(public.accepts_audience(audience), ours, "{audience}");
    }
    let private = resource("mcp,example.com:443", None);
    for (audience, ours) in [
        ("http://mcp:8000/mcp", true),
        ("https://mcp/mcp/", true),
        ("https://example.com/mcp", true),
        ("http://example.com/mcp", false),
        ("http://mcp/", false),
        ("http://mcp/mcp/x", false),
        ("http://mcp/mcp?x", false),
        ("http://mcp/mcp#x", false),
        ("http://me@mcp/mcp", false),
        ("ftp://mcp/mcp", false),
        ("mcp", false),
    ] {
        assert_eq!(private.accepts_audience(audience), ours, "{audience}");
    }
}

#[test]
fn the_resource_is_at_its_own_path_and_at_that_of_the_public_url() {
    let ours = resource("mcp", Some("https://example.com/a/mcp"));
    assert!(ours.has_path("mcp") && ours.has_path("a/mcp") && ours.has_path("a/mcp/"));
    assert!(!ours.has_path("b/mcp") && !ours.has_path(""));
    assert!(!resource("mcp", None).has_path("a/mcp"));
}

#[test]
fn the_metadata_url_follows_rfc_9728() {
    let host = Host("mcp:8000".into());
    let at = |public| {
        let ours = resource("mcp", public);
        (ours.url(&host), ours.metadata_url(&host))
    };
    let expected = |url: &str, document: &str| (url.to_owned(), document.to_owned());
    assert_eq!(
        at(None),
        expected(
            "http://mcp:8000/mcp",
            "http://mcp:8000/.well-known/oauth-protected-resource/mcp"
        )
    );
    assert_eq!(
        at(Some("https://example.com/a/mcp/")),
        expected(
            "https://example.com/a/mcp",
            "https://example.com/.well-known/oauth-protected-resource/a/mcp"
        )
    );
}
