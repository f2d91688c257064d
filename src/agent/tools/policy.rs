//! The meaning of `AGENT_APPROVALS` for a catalogue.

use std::collections::HashSet;

use super::Catalogue;
use crate::config::ApprovalPolicy;

impl Catalogue {
    /// Those of the names that no offered tool has on its server.
    pub fn lacking<'n>(&self, names: &'n [String]) -> Vec<&'n str> {
        let offered: HashSet<&str> = self.tools.values().map(|it| &*it.about.name).collect();
        let names = names.iter().map(String::as_str);
        names.filter(|name| !offered.contains(name)).collect()
    }

    /// The tools whose calls this policy holds, by the names that Claude has for them.
    pub fn held_by(&self, policy: &ApprovalPolicy) -> Vec<&str> {
        let names = self.specs.iter().map(|spec| spec.name.as_str());
        let is_held = |name: &&str| {
            let about = self.tools.get(*name).map(|tool| &tool.about);
            about.is_some_and(|it| policy.holds(&it.name, it.read_only, it.destructive))
        };
        names.filter(is_held).collect()
    }
}
