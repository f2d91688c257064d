//! The small commands: `healthcheck` and `token`.

use std::{net::IpAddr, time::Duration};

use anyhow::{Context, ensure};
use url::Url;

use crate::{auth, config, upstream::client};

const HEALTH_TIMEOUT: Duration = Duration::from_secs(3);

/// Asks this machine's own `/health`: the agent's, or the MCP server's.
pub async fn healthcheck(mcp: bool) -> anyhow::Result<()> {
    let address = if mcp {
        config::mcp_address_from_env()?
    } else {
        config::address_from_env()?
    };
    let host = match address.host.parse::<IpAddr>() {
        Ok(ip) if ip.is_unspecified() && ip.is_ipv4() => "127.0.0.1".to_owned(),
        Ok(ip) if ip.is_unspecified() => "[::1]".to_owned(),
        Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
        _ => address.host,
    };
    let url = Url::parse(&format!("http://{host}:{}/health", address.port))?;
    let client = client::builder_for(&url).timeout(HEALTH_TIMEOUT).build()?;
    let response = client
        .get(url.clone())
        .send()
        .await
        .with_context(|| format!("no answer from {url}"))?;
    ensure!(
        response.status().is_success(),
        "{url} answered {}",
        response.status()
    );
    Ok(())
}

/// A token for `sub`, good for `ttl`.
pub fn token(sub: &str, ttl: Duration) -> anyhow::Result<String> {
    let config = config::jwt_from_env()?;
    Ok(auth::mint(&config, sub, ttl)?)
}

/// `30s`, `15m`, `1h`, `7d`.
pub fn parse_ttl(text: &str) -> Result<Duration, String> {
    let parsed = text.char_indices().next_back().and_then(|(at, unit)| {
        let secs = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        text[..at].parse::<u64>().ok()?.checked_mul(secs)
    });
    match parsed {
        Some(secs) if secs > 0 && secs <= 100 * 366 * 86_400 => Ok(Duration::from_secs(secs)),
        _ => Err("must be a number and s, m, h or d, such as 30s, 15m, 1h or 7d".to_owned()),
    }
}

/// A subject that `serve` would accept.
pub fn parse_sub(text: &str) -> Result<String, String> {
    if auth::is_subject(text) {
        Ok(text.to_owned())
    } else {
        Err("must be 1 to 256 characters without control characters".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ttl_is_a_number_and_a_unit() {
        let secs = |text| parse_ttl(text).map(|ttl| ttl.as_secs()).ok();
        assert_eq!(
            ["30s", "15m", "1h", "7d"].map(secs),
            [Some(30), Some(900), Some(3600), Some(604_800)]
        );
        for bad in [
            "",
            "5",
            "s",
            "-1h",
            "1 h",
            "1.5h",
            "0s",
            "1w",
            "99999999999999999999d",
            "5é",
        ] {
            assert_eq!(secs(bad), None, "{bad}");
        }
    }
}
