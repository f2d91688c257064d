//! Numbers and durations as training apps write them.

/// Parses a decimal number: `80.5`, `80,5`, `1,234.5`, `1.234,5`. Where commas separate the values of a file, a comma and three
/// digits are thousands. No exponents, no units.
pub(super) fn decimal(text: &str, has_decimal_commas: bool) -> Option<f64> {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let begins = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ',');
    let is_plain = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    if !begins || !digits.chars().all(is_plain) {
        return None;
    }
    let plain = match (text.rfind(','), text.rfind('.')) {
        (Some(comma), Some(dot)) if comma > dot => text.replace('.', "").replace(',', "."),
        (Some(_), Some(_)) => text.replace(',', ""),
        (Some(comma), None) => {
            let thousands = !has_decimal_commas && text.len() - comma == 4;
            text.replace(',', if thousands { "" } else { "." })
        }
        (None, _) => text.to_owned(),
    };
    plain.parse().ok().filter(|n: &f64| n.is_finite())
}

/// What two numbers with a colon are.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Pair {
    HoursMinutes,
    MinutesSeconds,
}

/// Parses a duration to seconds: `1h 5m`, `45 min`, `0:01:30`, `90`, and `1:05` as the pair says.
pub(super) fn duration(text: &str, pair: Pair) -> Option<f64> {
    let text = text.trim().to_lowercase();
    if text.contains(':') {
        return clock(&text, pair);
    }
    if let Some(seconds) = decimal(&text, true) {
        return (seconds >= 0.0).then_some(seconds);
    }
    let mut seconds = 0.0;
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')?;
        let number = decimal(&rest[..end], true)?;
        let after = rest[end..].trim_start();
        let end = after.find(|c: char| !c.is_alphabetic() && c != '.');
        let (unit, more) = after.split_at(end.unwrap_or(after.len()));
        seconds += number * unit_seconds(unit.trim_end_matches('.'))?;
        rest = more.trim_start();
    }
    (seconds > 0.0).then_some(seconds)
}

fn unit_seconds(unit: &str) -> Option<f64> {
    match unit {
        "d" | "day" | "days" => Some(86_400.0),
        "h" | "hr" | "hrs" | "hour" | "hours" | "std" => Some(3600.0),
        "m" | "min" | "mins" | "minute" | "minutes" => Some(60.0),
        "s" | "sec" | "secs" | "second" | "seconds" | "sek" => Some(1.0),
        _ => None,
    }
}

fn clock(text: &str, pair: Pair) -> Option<f64> {
    let parts: Option<Vec<f64>> = { text.split(':') }
        .map(|part| decimal(part, true).filter(|n| *n >= 0.0))
        .collect();
    let parts = parts?;
    let is_full = |part: &f64| *part >= 60.0;
    let (_, whole) = parts.split_last()?;
    // After the first one, 60 are one of the part before.
    if parts.iter().skip(1).any(is_full) || whole.iter().any(|part| part.fract() != 0.0) {
        return None;
    }
    match parts[..] {
        [hours, minutes, seconds] => Some(hours * 3600.0 + minutes * 60.0 + seconds),
        [hours, minutes] if pair == Pair::HoursMinutes => Some(hours * 3600.0 + minutes * 60.0),
        [minutes, seconds] => Some(minutes * 60.0 + seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_points_and_commas_are_read() {
        let both = [
            ("80", 80.0),
            ("80.5", 80.5),
            (" 80,5 ", 80.5),
            ("1,234.5", 1234.5),
            ("1.234,5", 1234.5),
            ("-20", -20.0),
            (".5", 0.5),
            ("15.0", 15.0),
        ];
        for (text, number) in both {
            assert_eq!(decimal(text, true), Some(number), "{text}");
            assert_eq!(decimal(text, false), Some(number), "{text}");
        }
        assert_eq!(decimal("5,123", true), Some(5.123));
        assert_eq!(decimal("1,234", false), Some(1234.0));
        let bad = [
            "", "-", ".", "1e308", "1e3", "NaN", "inf", "80 kg", "8-10", "1,2,3", "1.2.3", "0x10",
            "٣", "1\0",
        ];
        for text in bad {
            assert_eq!(decimal(text, true), None, "{text}");
        }
    }

    #[test]
    fn durations_are_read_in_seconds() {
        use Pair::{HoursMinutes, MinutesSeconds};
        let same = [
            ("1h 5m", 3900.0),
            ("45m", 2700.0),
            ("2h 38m", 9480.0),
            ("1 Std. 10 Min.", 4200.0),
            ("90s", 90.0),
            ("3600", 3600.0),
            ("0:01:30", 90.0),
            ("1:05:00", 3900.0),
        ];
        for (text, seconds) in same {
            assert_eq!(duration(text, HoursMinutes), Some(seconds), "{text}");
            assert_eq!(duration(text, MinutesSeconds), Some(seconds), "{text}");
        }
        assert_eq!(duration("1:05", HoursMinutes), Some(3900.0));
        assert_eq!(duration("1:05", MinutesSeconds), Some(65.0));
        assert_eq!(duration("90:00", MinutesSeconds), Some(5400.0));
        for bad in [
            "", "h", "5x", "1:2:3:4", "a:b", "-5", "5m-", "1h m", "1:75", "1:60", "0:75:00",
            "0:01:60", "1.5:30",
        ] {
            assert_eq!(duration(bad, HoursMinutes), None, "{bad}");
            assert_eq!(duration(bad, MinutesSeconds), None, "{bad}");
        }
    }
}
