//! The scheme by which a client reached the proxy in front of this server: `Forwarded` (RFC 7239), `X-Forwarded-Proto`.

use http::{HeaderMap, header};

const X_FORWARDED_PROTO: &str = "x-forwarded-proto";

/// True if a header says that the client uses https. Each proxy adds an entry: the client's is the first one.
pub(super) fn is_https(headers: &HeaderMap) -> bool {
    let simple = first(headers, X_FORWARDED_PROTO);
    let standard = first(headers, header::FORWARDED.as_str()).unwrap_or_default();
    let mut parameters = standard.split(';').filter_map(|part| part.split_once('='));
    let standard = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("proto"));
    let given = [simple, standard.map(|(_, value)| value)];
    let mut given = given.into_iter().flatten();
    given.any(|scheme| {
        scheme
            .trim()
            .trim_matches('"')
            .eq_ignore_ascii_case("https")
    })
}

fn first<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()?.split(',').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_entry_of_either_header_names_the_clients_scheme() {
        let is = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            is_https(&headers)
        };
        for value in ["https", " HTTPS ", "https, http"] {
            assert!(is(X_FORWARDED_PROTO, value), "{value}");
        }
        for value in ["http", "http, https", "", "wss"] {
            assert!(!is(X_FORWARDED_PROTO, value), "{value}");
        }
        for value in [
            "proto=https",
            "for=192.0.2.1;Proto=\"https\";by=10.0.0.1",
            "for=192.0.2.1; proto=https, for=10.0.0.1; proto=http",
        ] {
            assert!(is("forwarded", value), "{value}");
        }
        for value in ["for=192.0.2.1", "proto=http, proto=https", "proto"] {
            assert!(!is("forwarded", value), "{value}");
        }
        assert!(!is_https(&HeaderMap::new()));
    }
}
