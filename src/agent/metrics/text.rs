//! The text of `GET /metrics` in two formats: `OpenMetrics` for who asks for it, as Prometheus does, and for everybody else
//! the older one, which all know (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::collections::HashSet;

const OPEN: &str = "application/openmetrics-text";
pub(crate) const OPEN_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
pub(crate) const PLAIN_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Whether an `Accept` header names `OpenMetrics`, and not to refuse it.
pub(crate) fn wants_open(accept: &str) -> bool {
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|kind| kind.eq_ignore_ascii_case(OPEN));
        named && !parts.any(|part| part.eq_ignore_ascii_case("q=0"))
    })
}

/// The older format of what is `OpenMetrics`: counters are described by the name of their samples, there are no units, no end.
pub(super) fn plain(open: &str) -> String {
    let counters: HashSet<&str> = open
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
        .collect();
    let mut plain = String::with_capacity(open.len());
    for line in open.lines() {
        match line.splitn(4, ' ').collect::<Vec<_>>()[..] {
            ["#", "EOF"] | ["#", "UNIT", ..] => continue,
            ["#", what, name, rest] if counters.contains(name) => {
                plain.extend(["# ", what, " ", name, "_total ", rest]);
            }
            _ => plain.push_str(line),
        }
        plain.push('\n');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_names_openmetrics_gets_it() {
        let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.4,*/*;q=0.1";
        assert!(wants_open(prometheus) && wants_open("text/plain, Application/OpenMetrics-Text"));
        assert!(!wants_open("*/*") && !wants_open("text/plain;version=0.0.4") && !wants_open(""));
        assert!(!wants_open("application/openmetrics-text; q=0, */*"));
    }

    #[test]
    fn counters_are_named_as_their_samples_and_there_is_no_end() {
        let open = "# HELP turns How many.\n# TYPE turns counter\nturns_total{a=\"# b\"} 1\n# HELP wait_seconds Long.\n\
            # TYPE wait_seconds histogram\n# UNIT wait_seconds seconds\nwait_seconds_sum 0.5\n# EOF\n";
        let expected = "# HELP turns_total How many.\n# TYPE turns_total counter\nturns_total{a=\"# b\"} 1\n\
            # HELP wait_seconds Long.\n# TYPE wait_seconds histogram\nwait_seconds_sum 0.5\n";
        assert_eq!(plain(open), expected);
    }
}
