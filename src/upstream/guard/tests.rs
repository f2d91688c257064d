//! The guard on URLs as they are written. `dial` has those that are judged by their addresses.

mod dial;

use super::*;

/// Rules as in `OUTBOUND_ALLOW`.
fn guard(allow: &str) -> Guard {
    let rules = allow.split_whitespace().map(|rule| rule.parse().unwrap());
    Guard::new(rules)
}

const NOT_PUBLIC: &[&str] = &[
    // This machine, in all spellings.
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.255.255.254/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0x7F.0x0.0x0.0x1/",
    "https://017700000001/",
    "https://0177.0.0.01/",
    "https://127.0.0.1./",
    "https://%31%32%37.0.0.1/",
    "https://\u{ff11}\u{ff12}\u{ff17}.0.0.1/",
    "https://127\u{3002}0\u{3002}0\u{3002}1/",
    "https://127.0.0.1:443/",
    "https:127.0.0.1/",
    "https:\\\\127.0.0.1\\x",
    "https://0/",
    "https://0.0.0.0/",
    "https://0.1.2.3/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::]/",
    // Private and shared networks, link-local addresses (the metadata of clouds).
    "https://10.0.0.1/",
    "https://10.255.255.255/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.0.1/",
    "https://100.64.0.1/",
    "https://100.127.255.255/",
    "https://169.254.169.254/",
    "https://0xa9fea9fe/",
    "https://2852039166/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[febf::1]/",
    "https://[fec0::1]/",
    // Protocol assignments, 6to4 relays, documentation, benchmarks, multicast, reserved, broadcast.
    "https://192.0.0.1/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://198.18.0.1/",
    "https://198.19.255.255/",
    "https://198.51.100.1/",
    "https://203.0.113.1/",
    "https://224.0.0.1/",
    "https://239.255.255.255/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    "https://[ff02::1]/",
    "https://[100::1]/",
    "https://[2001:2::1]/",
    "https://[2001:20::1]/",
    "https://[5f00::1]/",
    // IPv4 in IPv6: mapped, compatible, translated, 6to4, Teredo; public ones as well.
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::ffff:1.1.1.1]/",
    "https://[::127.0.0.1]/",
    "https://[::ffff:0:127.0.0.1]/",
    "https://[64:ff9b::127.0.0.1]/",
    "https://[64:ff9b::1.1.1.1]/",
    "https://[64:ff9b:1::10.0.0.1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:101:101::]/",
    "https://[2001::1]/",
    "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "https://[4000::1]/",
];

const MALFORMED: &[&str] = &[
    "",
    "example.org/hook",
    "//example.org/hook",
    "https://",
    "https:///",
    "https://[fe80::1%25eth0]/",
    "https://[fe80::1%eth0]/",
    "https://[::1/",
    "https://256.256.256.256/",
    "https://127.0.0.1.5/",
    "https://0x100000000/",
    "https://exa mple.org/",
    "https://example.org:99999/",
];

const WRONG_SCHEME: &[&str] = &[
    "http://example.org/hook",
    "http://1.1.1.1/",
    "http://localhost/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:70/",
    "unix:/run/docker.sock",
    "data:text/plain,x",
    "ws://example.org/",
    "javascript:alert(1)",
];

const GOOD: &[&str] = &[
    "https://example.org/hook",
    "HTTPS://EXAMPLE.org:8443/hook?a=b#c",
    "https://1.1.1.1/",
    "https://0x01010101/",
    "https://172.32.0.1/",
    "https://100.128.0.1/",
    "https://[2606:4700:4700::1111]/",
    // Judged by their addresses.
    "https://localhost/",
    "https://metadata.google.internal/",
    "https://127.0.0.1.nip.io/",
    "https://mcp/",
];

#[test]
fn urls_of_users_name_public_addresses_over_https_alone() {
    let guard = guard("");
    let mut judged = 0;
    let mut expect = |urls: &[&str], refused: Option<Refused>| {
        for url in urls {
            assert_eq!(guard.judge(url).err(), refused, "{url}");
            judged += 1;
        }
    };
    expect(NOT_PUBLIC, Some(Refused::Address));
    expect(MALFORMED, Some(Refused::Malformed));
    expect(WRONG_SCHEME, Some(Refused::Scheme));
    let with_user = [
        "https://user@example.org/",
        "https://user:password@example.org/",
        "https://:password@example.org/",
        "https://example.org@127.0.0.1/",
    ];
    expect(&with_user, Some(Refused::UserInfo));
    expect(GOOD, None);
    assert!(judged >= 100, "{judged}");
}

#[test]
fn http_to_a_private_literal_is_refused_for_its_address() {
    let refused = |url| guard("").judge(url).unwrap_err();
    assert_eq!(refused("http://127.0.0.1/"), Refused::Address);
    assert_eq!(refused("http://[::1]:8080/"), Refused::Address);
}

#[test]
fn allowed_hosts_may_be_private_and_use_http() {
    let guard = guard("hooks.internal receiver:8080 10.1.2.3:9000 [fd00::1]:9000");
    for url in [
        "http://hooks.internal/",
        "https://HOOKS.internal.:444/",
        "http://receiver:8080/x",
        "https://receiver:8080/",
        "http://10.1.2.3:9000/",
        "http://[fd00::1]:9000/",
    ] {
        assert!(guard.judge(url).is_ok(), "{url}");
    }
    for (url, refused) in [
        ("http://receiver/", Refused::Scheme),
        ("http://receiver:8081/", Refused::Scheme),
        ("http://x.hooks.internal/", Refused::Scheme),
        ("http://hooks.internal.example/", Refused::Scheme),
        ("http://10.1.2.3/", Refused::Address),
        ("https://10.1.2.4:9000/", Refused::Address),
        ("https://[fd00::1]/", Refused::Address),
        ("http://u:p@hooks.internal/", Refused::UserInfo),
    ] {
        assert_eq!(guard.judge(url), Err(refused), "{url}");
    }
}

#[test]
fn allowed_networks_may_be_named_by_address_and_use_http() {
    let guard = guard("10.1.0.0/16 fd12::/16 192.168.7.7 fd99::9");
    for url in [
        "http://10.1.255.1/",
        "https://10.1.0.0:1/",
        "http://[fd12:1::1]/",
        "http://192.168.7.7/",
        "https://[fd99::9]/",
        // A name may have an address there.
        "http://anything.example/",
    ] {
        assert!(guard.judge(url).is_ok(), "{url}");
    }
    for (url, refused) in [
        ("http://10.2.0.1/", Refused::Address),
        ("https://[::ffff:10.1.0.1]/", Refused::Address),
        ("https://192.168.7.8/", Refused::Address),
        ("http://1.1.1.1/", Refused::Scheme),
    ] {
        assert_eq!(guard.judge(url), Err(refused), "{url}");
    }
}

#[test]
fn rules_are_hosts_or_networks() {
    let rule = |text: &str| text.parse::<AllowRule>();
    for text in [
        "",
        "*",
        "*.internal",
        "a:b",
        "a:70000",
        "a:",
        "10.0.0.0/33",
        "http://a",
        "a/b",
        "fd00::/8x",
        "[fd00::1",
        "a b",
        "user@host",
    ] {
        assert_eq!(rule(text), Err(InvalidRule), "{text}");
    }
    let host = |name: &str, port| {
        let host = Host::Domain(name.to_owned());
        Ok(AllowRule::Host { host, port })
    };
    assert_eq!(rule("Hooks.Internal."), host("hooks.internal", None));
    assert_eq!(rule("receiver:80"), host("receiver", Some(80)));
    assert_eq!(rule("10.9.8.7/8"), rule("10.0.0.0/8"));
    assert_eq!(rule("[fd00::1]"), rule("fd00::1/128"));
}
