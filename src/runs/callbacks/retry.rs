//! When a callback is tried again: the schedule of attempts, and `Retry-After`.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use jiff::Timestamp;

use crate::runs::model::DeliveryOutcome;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
/// Seconds before each attempt, from the one before it.
const DELAYS: [u64; 8] = [
    0,
    5,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
];
/// The shortest and the longest time that a receiver may ask for.
const ASKED: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(24 * HOUR));

/// How an attempt ended, as far as the network tells.
#[derive(Debug)]
pub(super) enum Answer {
    Status(StatusCode, Option<Duration>),
    /// For the owner of the run: what has failed, without addresses.
    None(&'static str),
}

impl Answer {
    pub(super) fn new(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Self {
        Self::Status(status, retry_after(headers, now))
    }

    /// `attempts`: with this one.
    pub(super) fn outcome(self, attempts: u32, now: Timestamp) -> DeliveryOutcome {
        let (status, asked, error) = match self {
            Self::Status(status, _) if status.is_success() => {
                let status = status.as_u16();
                return DeliveryOutcome::Delivered { status };
            }
            Self::Status(status, asked) => {
                let error = format!("the receiver answered {}", status.as_u16());
                (Some(status), asked, error)
            }
            Self::None(error) => (None, None, error.to_owned()),
        };
        let is_gone = status == Some(StatusCode::GONE);
        let status = status.map(|status| status.as_u16());
        let next = next_attempt(attempts, asked, now).filter(|_| !is_gone);
        match next {
            Some(at) => DeliveryOutcome::Again { at, status, error },
            None => DeliveryOutcome::GivenUp { status, error },
        }
    }
}

/// `None`: there have been enough attempts.
fn next_attempt(attempts: u32, asked: Option<Duration>, now: Timestamp) -> Option<Timestamp> {
    let scheduled = *DELAYS.get(attempts as usize)?;
    let delay = asked.unwrap_or_else(|| {
        // Later by up to a tenth, so that many callbacks to one receiver do not return at the same moment.
        Duration::from_secs(scheduled).mul_f64(rand::random_range(1.0..=1.1))
    });
    now.checked_add(delay).ok()
}

/// Seconds or a date, brought into the limits.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let asked = if is_number {
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        let date = httpdate::parse_http_date(text).ok()?;
        date.duration_since(SystemTime::from(now))
            .unwrap_or_default()
    };
    Some(asked.clamp(ASKED.0, ASKED.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-29T08:00:00Z".parse().unwrap()
    }

    fn status(code: u16, retry_after: Option<&str>) -> Answer {
        let mut headers = HeaderMap::new();
        headers.extend(retry_after.map(|value| (RETRY_AFTER, value.parse().unwrap())));
        Answer::new(StatusCode::from_u16(code).unwrap(), &headers, now())
    }

    /// Seconds until the next attempt.
    fn delay(outcome: &DeliveryOutcome) -> Option<f64> {
        match outcome {
            DeliveryOutcome::Again { at, .. } => {
                Some((*at - now()).total(jiff::Unit::Second).unwrap())
            }
            _ => None,
        }
    }

    #[test]
    fn attempts_follow_the_schedule_with_jitter_until_it_ends() {
        for (attempts, secs) in
            (1_u32..).zip([5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0])
        {
            let delay = delay(&status(500, None).outcome(attempts, now())).unwrap();
            assert!((secs..=secs * 1.1).contains(&delay), "{attempts}: {delay}");
        }
        let last = status(500, None).outcome(8, now());
        assert!(matches!(
            last,
            DeliveryOutcome::GivenUp {
                status: Some(500),
                ..
            }
        ));
        let asks_in_vain = status(503, Some("5")).outcome(8, now());
        assert!(matches!(asks_in_vain, DeliveryOutcome::GivenUp { .. }));
    }

    #[test]
    fn success_is_2xx_alone_and_410_ends_the_attempts() {
        for code in [200, 202, 204, 299] {
            let outcome = status(code, None).outcome(1, now());
            assert_eq!(outcome, DeliveryOutcome::Delivered { status: code });
        }
        for code in [301, 307, 304, 400, 401, 404, 429, 500, 504] {
            assert!(
                delay(&status(code, None).outcome(1, now())).is_some(),
                "{code}"
            );
        }
        let gone = status(410, Some("5")).outcome(1, now());
        assert!(matches!(
            gone,
            DeliveryOutcome::GivenUp {
                status: Some(410),
                ..
            }
        ));
        let unreachable = Answer::None("the connection failed").outcome(1, now());
        assert!(matches!(
            unreachable,
            DeliveryOutcome::Again { status: None, .. }
        ));
    }

    #[test]
    fn retry_after_takes_the_place_of_the_schedule_within_a_second_and_a_day() {
        for (text, secs) in [
            ("7", 7.0),
            (" 90 ", 90.0),
            ("0", 1.0),
            ("86401", 86_400.0),
            ("99999999999999999999999", 86_400.0),
            ("Sun, 29 Nov 2026 08:02:00 GMT", 120.0),
            ("Sun, 29 Nov 2020 08:02:00 GMT", 1.0),
            ("Sat, 29 Nov 2036 08:02:00 GMT", 86_400.0),
        ] {
            let delay = delay(&status(429, Some(text)).outcome(3, now())).unwrap();
            assert!((delay - secs).abs() < 0.01, "{text}: {delay}");
        }
        for text in ["", "soon", "-5", "1.5"] {
            let delay = delay(&status(429, Some(text)).outcome(1, now())).unwrap();
            assert!((5.0..=5.5).contains(&delay), "{text}: {delay}");
        }
    }
}
