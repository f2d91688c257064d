//! Ids of runs, skills and deliveries: `UUIDv7`, as hyphenated lower-case text. They sort by the time they were made.

use std::fmt;

use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ToSchema)]
        #[schema(value_type = String, format = "uuid")]
        pub struct $name(Uuid);

        impl $name {
            /// A new id.
            #[allow(clippy::new_without_default, reason = "each one is different")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            pub fn as_uuid(self) -> Uuid {
                self.0
            }

            /// The id, if the text is exactly what [`fmt::Display`] writes.
            pub fn parse(text: &str) -> Option<Self> {
                let id = Self(Uuid::try_parse(text).ok()?);
                (id.to_string() == text).then_some(id)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0.as_hyphenated(), f)
            }
        }
    };
}

id!(
    /// A run's id, its `executionId`.
    RunId
);
id!(
    /// A skill's id.
    SkillId
);
id!(
    /// A callback's id: the `webhook-id`, the same over all its attempts.
    DeliveryId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_text_is_an_id() {
        let id = RunId::new();
        assert_eq!(RunId::parse(&id.to_string()), Some(id));
        for text in [
            String::new(),
            "x".to_owned(),
            id.to_string().to_uppercase(),
            id.0.simple().to_string(),
            id.0.urn().to_string(),
        ] {
            assert_eq!(RunId::parse(&text), None, "{text}");
        }
    }
}
