//! Where in a request something is: `messages[3].content[1].text`. Written out only if somebody has to be told.

use std::fmt;

#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    within: Option<&'a Place<'a>>,
    part: Part,
}

#[derive(Clone, Copy)]
enum Part {
    Field(&'static str),
    Item(usize),
}

impl Place<'static> {
    /// A field of the request.
    pub(super) const fn of(field: &'static str) -> Self {
        Self {
            within: None,
            part: Part::Field(field),
        }
    }
}

impl Place<'_> {
    pub(super) const fn field(&self, name: &'static str) -> Place<'_> {
        Place {
            within: Some(self),
            part: Part::Field(name),
        }
    }

    pub(super) const fn item(&self, at: usize) -> Place<'_> {
        Place {
            within: Some(self),
            part: Part::Item(at),
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(within) = self.within {
            within.fmt(f)?;
        }
        match self.part {
            Part::Field(name) if self.within.is_none() => f.write_str(name),
            Part::Field(name) => write!(f, ".{name}"),
            Part::Item(at) => write!(f, "[{at}]"),
        }
    }
}

impl From<Place<'_>> for String {
    fn from(place: Place<'_>) -> Self {
        place.to_string()
    }
}

impl From<&Place<'_>> for String {
    fn from(place: &Place<'_>) -> Self {
        place.to_string()
    }
}
