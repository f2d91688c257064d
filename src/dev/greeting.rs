//! Startup message of `dev`: the page, the runs server, the model, the data file, a `curl` line.

use std::{io::Write, net::SocketAddr};

use super::{
    data::{DataFile, TrainingState},
    demo,
};
use crate::config::{DevClaude, DevConfig};

const QUESTION: &str = "what weight should I use for squats today?";

pub(super) struct Greeting {
    port: u16,
    runs: String,
    claude: String,
    token: String,
}

impl Greeting {
    /// `runs` is the URL of the runs server.
    pub(super) fn new(config: &DevConfig, at: SocketAddr, runs: String, token: String) -> Self {
        let claude = &config.agent.claude;
        Self {
            port: at.port(),
            runs,
            claude: if matches!(config.claude, DevClaude::StandIn(_)) {
                "the offline stand-in: rules, not Claude (set ANTHROPIC_API_KEY for the real one)"
                    .to_owned()
            } else {
                let server = claude.endpoint.origin().ascii_serialization();
                format!("{} at {server}", claude.model)
            },
            token,
        }
    }

    /// Prints the message. A closed standard output is not an error.
    pub(super) fn print(&self, data: &DataFile, state: TrainingState) {
        let mut out = std::io::stdout().lock();
        let _ = out
            .write_all(self.text(data, state).as_bytes())
            .and_then(|()| out.flush());
    }

    fn text(&self, data: &DataFile, state: TrainingState) -> String {
        let (port, runs) = (self.port, &self.runs);
        let (claude, token) = (&self.claude, &self.token);
        let (file, user) = (data.path().display(), demo::USER);
        let training = match state {
            TrainingState::Filled => "seven months of training, made up",
            TrainingState::Reset => "seven months of training, made up anew",
            TrainingState::Resumed => "training from before; --fresh puts it back",
        };
        let lifetime = if data.is_kept() {
            "kept"
        } else {
            "gone when this ends; --data FILE keeps it"
        };
        format!(
            "Prog Strength runs. Ctrl-C ends it.

  Page    http://localhost:{port}/
  Runs    {runs} (the page shows them; gone when this ends)
  Claude  {claude}
  Data    {file} ({lifetime})
          user \"{user}\": {training}
  curl    curl -sN http://localhost:{port}/chat -H 'Authorization: Bearer {token}' \
             -H 'Content-Type: application/json' -d '{{\"stream\":true,\"messages\":[{{\"role\":\"user\",\"content\":\"{QUESTION}\"}}]}}'

"
        )
    }
}
