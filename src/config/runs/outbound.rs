//! `OUTBOUND_ALLOW`: what users' URLs may reach although it is private.

use std::net::IpAddr;

use crate::config::{
    HostRule,
    reader::{Reader, entries},
    variables as var,
};

pub(super) fn allowed(reader: &mut Reader) -> Vec<String> {
    let rules = reader.optional(&var::OUTBOUND_ALLOW, |list| {
        let rules = entries(list).map(|rule| is_rule(rule).then(|| rule.to_ascii_lowercase()));
        rules.collect::<Option<Vec<_>>>()
    });
    rules.unwrap_or_default()
}

fn is_rule(text: &str) -> bool {
    let network = text.split_once('/').map(|(address, prefix)| {
        let address: Option<IpAddr> = address.parse().ok();
        let most = match address {
            Some(IpAddr::V4(_)) => 32,
            Some(IpAddr::V6(_)) => 128,
            None => return false,
        };
        let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
        digits && prefix.parse::<u8>().is_ok_and(|bits| bits <= most)
    });
    network.unwrap_or_else(|| text.parse::<IpAddr>().is_ok() || HostRule::parse(text).is_some())
}
