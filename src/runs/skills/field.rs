//! One field of a cron expression: a list of numbers, names and ranges.

/// What a field may hold.
pub(super) struct Field {
    pub(super) name: &'static str,
    min: u8,
    max: u8,
    /// Names in place of numbers; the first one stands for `first_name`.
    names: &'static [&'static str],
    first_name: u8,
}

const MONTHS: &[&str] = &[
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const DAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// The fields in their order.
pub(super) const FIELDS: [Field; 5] = [
    field("minute", 0, 59, &[], 0),
    field("hour", 0, 23, &[], 0),
    field("day of month", 1, 31, &[], 0),
    field("month", 1, 12, MONTHS, 1),
    // Both 0 and 7 are Sunday.
    field("day of week", 0, 7, DAYS, 0),
];

const fn field(
    name: &'static str,
    min: u8,
    max: u8,
    names: &'static [&'static str],
    first_name: u8,
) -> Field {
    Field {
        name,
        min,
        max,
        names,
        first_name,
    }
}

/// A field that has been read.
pub(super) struct Values {
    /// In numbers alone, or `*`.
    pub(super) text: String,
    /// The bit of each value that is in it.
    pub(super) bits: u64,
}

impl Values {
    pub(super) fn has(&self, value: u8) -> bool {
        self.bits >> value & 1 == 1
    }

    pub(super) fn is_any(&self) -> bool {
        self.text == "*"
    }
}

impl Field {
    /// The error says what is wrong with which part.
    pub(super) fn parse(&self, text: &str) -> Result<Values, String> {
        let (mut bits, mut parts) = (0, Vec::new());
        for part in text.split(',') {
            let (first, last, step) = self.range(part)?;
            parts.push(format!("{first}-{last}/{step}"));
            bits |= (first..=last)
                .step_by(step.into())
                .fold(0, |bits, value| bits | 1_u64 << value);
        }
        // A day of month or of week that is `*` does not count as given; one that is `1-31` does.
        let text = match text {
            "*" | "*/1" => "*".to_owned(),
            _ => parts.join(","),
        };
        Ok(Values { text, bits })
    }

    /// First value, last value, step.
    fn range(&self, part: &str) -> Result<(u8, u8, u8), String> {
        let (base, step) = match part.split_once('/') {
            Some((base, step)) => (base, Some(self.step(part, step)?)),
            None => (part, None),
        };
        let (first, last) = match base.split_once('-') {
            _ if base == "*" => (self.min, self.max),
            Some((first, last)) => {
                let first = self.value(first)?;
                (first, self.last(first, last)?)
            }
            None if step.is_some() => {
                return Err(format!(
                    "`{part}`: a step follows `*` or a range, such as `*/5`"
                ));
            }
            None => {
                let value = self.value(base)?;
                (value, value)
            }
        };
        if first > last {
            return Err(format!("`{part}`: the range ends before it begins"));
        }
        Ok((first, last, step.unwrap_or(1)))
    }

    /// A range may end with Sunday: `FRI-SUN` is 5 to 7.
    fn last(&self, first: u8, text: &str) -> Result<u8, String> {
        let last = self.value(text)?;
        let is_sunday_at_end = self.max == 7 && last == 0 && first > 0;
        let is_name = !text.starts_with(|first: char| first.is_ascii_digit());
        Ok(if is_sunday_at_end && is_name { 7 } else { last })
    }

    fn step(&self, part: &str, text: &str) -> Result<u8, String> {
        let step = number(text).filter(|step| (1..=self.max).contains(step));
        step.ok_or_else(|| format!("`{part}`: the step is no number from 1 to {}", self.max))
    }

    fn value(&self, text: &str) -> Result<u8, String> {
        let named = self
            .names
            .iter()
            .zip(self.first_name..)
            .find(|(name, _)| name.eq_ignore_ascii_case(text));
        let value = named.map(|(_, value)| value).or_else(|| number(text));
        value
            .filter(|value| (self.min..=self.max).contains(value))
            .ok_or_else(|| {
                let names = match self.names {
                    [] => String::new(),
                    names => format!(" or a name such as {}", names[1]),
                };
                let (min, max) = (self.min, self.max);
                format!("`{text}` is no number from {min} to {max}{names}")
            })
    }
}

/// One or two digits.
fn number(text: &str) -> Option<u8> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    (digits && (1..=2).contains(&text.len())).then(|| text.parse().ok())?
}
