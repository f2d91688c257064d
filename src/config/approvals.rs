//! `AGENT_APPROVALS`: which tools need the user's confirmation.

use super::reader::entries;

/// Words that are not meant as the name of a tool.
const NO_NAMES: [&str; 8] = ["on", "true", "yes", "1", "false", "no", "0", "all"];

/// Which tools need the user's confirmation before each call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ApprovalPolicy {
    #[default]
    Off,
    /// Those that may overwrite or remove something.
    Destructive,
    /// Those that are not read-only.
    Writes,
    /// Those of these names on their servers.
    Tools(Vec<String>),
}

impl ApprovalPolicy {
    /// `off`, `destructive`, `writes`, or names of tools. A keyword among names is refused: it would stand for a tool.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let names: Vec<&str> = entries(text).collect();
        let keyword = |name: &str| match name.to_ascii_lowercase().as_str() {
            "off" => Some(Self::Off),
            "destructive" => Some(Self::Destructive),
            "writes" => Some(Self::Writes),
            _ => None,
        };
        if let [name] = names[..]
            && let Some(policy) = keyword(name)
        {
            return Some(policy);
        }
        let is_name = |name: &&str| {
            let is_other = NO_NAMES.iter().any(|it| it.eq_ignore_ascii_case(name));
            keyword(name).is_none() && !is_other && !name.contains(char::is_control)
        };
        let is_list = !names.is_empty() && names.iter().all(is_name);
        is_list.then(|| Self::Tools(names.into_iter().map(str::to_owned).collect()))
    }

    /// True if calls of a tool with this name and these hints need a confirmation.
    pub fn holds(&self, name: &str, is_read_only: bool, is_destructive: bool) -> bool {
        match self {
            Self::Off => false,
            Self::Destructive => is_destructive && !is_read_only,
            Self::Writes => !is_read_only,
            Self::Tools(names) => names.iter().any(|it| it == name),
        }
    }

    /// The tools that are named.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Tools(names) => names,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_stands_alone_and_anything_else_is_names_of_tools() {
        for (text, policy) in [
            ("off", ApprovalPolicy::Off),
            (" Destructive ", ApprovalPolicy::Destructive),
            ("WRITES", ApprovalPolicy::Writes),
            (
                "create_workout, delete plan",
                ApprovalPolicy::Tools(vec!["create_workout".into(), "delete plan".into()]),
            ),
        ] {
            assert_eq!(ApprovalPolicy::parse(text), Some(policy), "{text}");
        }
        for text in [
            "on",
            "TRUE",
            "all",
            ",",
            "writes,log",
            "log,off",
            "a\tb",
            "0",
        ] {
            assert_eq!(ApprovalPolicy::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_policy_holds_what_its_name_says() {
        let tools = ApprovalPolicy::Tools(vec!["log".into()]);
        let read = ("read", true, true);
        let create = ("log", false, false);
        let delete = ("delete", false, true);
        for (policy, expected) in [
            (ApprovalPolicy::Off, [false, false, false]),
            (ApprovalPolicy::Destructive, [false, false, true]),
            (ApprovalPolicy::Writes, [false, true, true]),
            (tools, [false, true, false]),
        ] {
            let held = [read, create, delete].map(|(name, is_read_only, is_destructive)| {
                policy.holds(name, is_read_only, is_destructive)
            });
            assert_eq!(held, expected, "{policy:?}");
        }
    }
}
