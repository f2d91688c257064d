//! Parses query strings. Unknown parameters are ignored.

use url::form_urlencoded;

use super::json::invalid;
use crate::http::problem::Problem;

/// The parameters of a request. An empty value counts as absent.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(query: Option<&str>) -> Self {
        let parameters = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Self(parameters.into_owned().collect())
    }

    /// The first of several counts.
    fn text(&self, name: &str) -> Option<&str> {
        let parameter = self.0.iter().find(|(given, _)| given == name);
        parameter
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        self.parsed(name, number, "a number that is not negative")
    }

    /// `1` and `true` are true.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Problem> {
        let flag = |text: &str| match text {
            "0" | "false" => Some(false),
            "1" | "true" => Some(true),
            _ => None,
        };
        let given = self.parsed(name, flag, "1 or 0")?;
        Ok(given.unwrap_or_default())
    }

    /// `kind` says what `parse` takes.
    pub(super) fn parsed<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
        kind: &str,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let parsed = parse(text).ok_or_else(|| invalid(name, format!("must be {kind}")));
        parsed.map(Some)
    }
}

/// Numbers beyond 64 bits are larger than any bound.
pub(super) fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_flags_are_what_they_say_and_empty_values_are_absent() {
        let query = |text: &str| Query::parse(Some(text));
        let given = query("x=y&wait=99999999999999999999999&trace=1&wait=2");
        assert_eq!(given.number("wait").unwrap(), Some(u64::MAX));
        assert!(given.flag("trace").unwrap());
        for bad in ["-1", "1.5", "x", "%2B1", "1e3", "%20"] {
            let text = format!("wait={bad}&trace={bad}");
            let query = query(&text);
            assert_eq!(
                query.number("wait").unwrap_err().to_string(),
                "invalid_request: wait: must be a number that is not negative"
            );
            assert!(query.flag("trace").is_err(), "{bad}");
        }
        assert_eq!(query("wait=").number("wait").unwrap(), None);
        assert!(!Query::parse(None).flag("trace").unwrap());
    }
}
