//! `config check`: the settings as `serve` reads them and, on request, what Claude and the MCP server answer.

use crate::{
    agent::{
        claude::{Models, ModelsError},
        mcp,
    },
    config::{ApprovalPolicy, ClaudeConfig, Config, ConfigError, Credential, McpConfig},
};

/// Prints one line for each setting and each finding. The error names the settings at fault.
pub(super) async fn check(connect: bool) -> anyhow::Result<()> {
    let (config, settings) = Config::from_env_with_lines()?;
    for line in settings {
        println!("{line}");
    }
    for warning in config.warnings() {
        println!("warning: {warning}");
    }
    println!("ok: the settings are valid");
    if !connect {
        return Ok(());
    }
    let (claude, mcp) = tokio::join!(
        check_claude(&config.claude),
        check_mcp(&config.mcp, &config.agent.approvals)
    );
    let faults: Vec<_> = [claude.err(), mcp.err()].into_iter().flatten().collect();
    if faults.is_empty() {
        return Ok(());
    }
    Err(faults.into_iter().collect::<ConfigError>().into())
}

async fn check_claude(config: &ClaudeConfig) -> Result<(), ConfigError> {
    let models = Models::fetch(config).await.map_err(|error| {
        let variable = match (&error, &config.credential) {
            (ModelsError::Credential(_), Credential::ApiKey(_)) => "ANTHROPIC_API_KEY",
            (ModelsError::Credential(_), Credential::Bearer(_)) => "ANTHROPIC_AUTH_TOKEN",
            _ => "ANTHROPIC_BASE_URL",
        };
        ConfigError::new(variable, error.to_string())
    })?;
    let server = config.endpoint.origin().ascii_serialization();
    println!("ok: Claude at {server} lists {} models", models.count());
    let asked = [
        ("CLAUDE_MODEL", Some(&config.model)),
        ("CLAUDE_FALLBACK_MODEL", config.fallback_model.as_ref()),
        ("CLAUDE_TITLE_MODEL", config.title_model.as_ref()),
    ];
    for (variable, model) in asked {
        if let Some(model) = model.filter(|model| models.lacks(model)) {
            println!(
                "warning: {variable} {model} is not among them; it works only if it is an alias"
            );
        }
    }
    Ok(())
}

async fn check_mcp(config: &McpConfig, approvals: &ApprovalPolicy) -> Result<(), ConfigError> {
    let probed = mcp::probe(config).await;
    let (server, catalogue) = probed.map_err(|error| {
        ConfigError::new(
            "PROG_STRENGTH_MCP_URL",
            format!("gives no session: {error}"),
        )
    })?;
    let names = catalogue.specs().iter().map(|tool| tool.name.as_str());
    let names = names.collect::<Vec<_>>().join(", ");
    println!(
        "ok: MCP server {} {} has {} tools: {names}",
        server.name, server.version, server.tools
    );
    for tool in catalogue.left_out() {
        println!("warning: a tool is left out: {tool}");
    }
    for name in catalogue.lacking(approvals.names()) {
        println!("warning: AGENT_APPROVALS names {name}, which is not among them");
    }
    Ok(())
}
