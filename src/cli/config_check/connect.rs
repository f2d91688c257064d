//! Answers of the settings' peers: Claude, the MCP server, the database.

use secrecy::SecretString;

use crate::{
    agent::{
        claude::{Models, ModelsError},
        mcp,
    },
    config::{
        ApprovalPolicy, ClaudeConfig, Config, ConfigError, Credential, McpConfig, RunsConfig,
        WorkoutConfig,
    },
    database::Database,
};

/// The lines about one peer, or the setting at fault.
type Findings = Result<Vec<String>, ConfigError>;

pub(super) async fn serve(config: &Config) -> Vec<Findings> {
    let (claude, mcp) = tokio::join!(
        check_claude(&config.claude),
        check_mcp(
            &config.mcp,
            &config.agent.approvals,
            "need the user's confirmation"
        )
    );
    vec![claude, mcp]
}

pub(super) async fn mcp(config: &WorkoutConfig) -> Vec<Findings> {
    vec![check_database(&config.database_url).await]
}

pub(super) async fn runs(config: &RunsConfig) -> Vec<Findings> {
    let (claude, mcp, database) = tokio::join!(
        check_claude(&config.claude),
        check_mcp(
            &config.mcp,
            &config.approvals,
            "are refused, since a run cannot ask"
        ),
        check_database(&config.database_url)
    );
    vec![claude, mcp, database]
}

async fn check_claude(config: &ClaudeConfig) -> Findings {
    let models = Models::fetch(config).await.map_err(|error| {
        let variable = match (&error, &config.credential) {
            (ModelsError::Credential(_), Credential::ApiKey(_)) => "ANTHROPIC_API_KEY",
            (ModelsError::Credential(_), Credential::Bearer(_)) => "ANTHROPIC_AUTH_TOKEN",
            _ => "ANTHROPIC_BASE_URL",
        };
        ConfigError::new(variable, error.to_string())
    })?;
    let server = config.endpoint.origin().ascii_serialization();
    let count = models.count();
    let asked = [
        ("CLAUDE_MODEL", Some(&config.model)),
        ("CLAUDE_FALLBACK_MODEL", config.fallback_model.as_ref()),
        ("CLAUDE_TITLE_MODEL", config.title_model.as_ref()),
    ];
    let asked = asked.into_iter().filter_map(|(variable, model)| {
        let model = model?;
        if models.lacks(model) {
            let what = "is not among them; it works only if it is an alias";
            return Some(format!("warning: {variable} {model} {what}"));
        }
        let is_listed = models.has(model);
        is_listed.then(|| format!("ok: {variable} {model} is among them"))
    });
    let first = format!("ok: Claude at {server} lists {count} models");
    Ok(std::iter::once(first).chain(asked).collect())
}

/// `held`: what becomes of calls that the policy holds.
async fn check_mcp(config: &McpConfig, approvals: &ApprovalPolicy, held: &str) -> Findings {
    let probed = mcp::probe(config).await.map_err(|error| {
        ConfigError::new(
            "PROG_STRENGTH_MCP_URL",
            format!("gives no session: {error}"),
        )
    })?;
    let (server, catalogue) = (probed.server, probed.catalogue);
    let names = catalogue.specs().iter().map(|tool| tool.name.as_str());
    let names = names.collect::<Vec<_>>().join(", ");
    let mut lines = vec![format!(
        "ok: MCP server {} {} speaks {} and has {} tools: {names}",
        server.name, server.version, probed.protocol, server.tools
    )];
    let left_out = catalogue.left_out().iter();
    lines.extend(left_out.map(|tool| format!("warning: a tool is left out: {tool}")));
    let names = catalogue.held_by(approvals);
    if !names.is_empty() {
        lines.push(format!("note: calls of these {held}: {}", names.join(", ")));
    }
    let lacking = catalogue.lacking(approvals.names()).into_iter();
    lines.extend(
        lacking
            .map(|name| format!("warning: AGENT_APPROVALS names {name}, which is not among them")),
    );
    Ok(lines)
}

async fn check_database(url: &SecretString) -> Findings {
    let reached = Database::reach(url).await;
    let database = reached
        .map_err(|error| ConfigError::new("DATABASE_URL", format!("is refused: {error}")))?;
    Ok(vec![format!("ok: the database is {database}")])
}
