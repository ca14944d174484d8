//! One attack or more on each command.

use super::hostile::{HOSTILE, ID, NAME};

/// What a token of SNS looks like.
const TOKEN: &str = "2336412f37fb687f5d51e6e2425c464de12884f217e7e9f25b3a0a1b2c3d4e5f";

/// A call of a command.
pub(super) struct Case {
    /// The command.
    pub(super) command: &'static str,
    /// Its arguments.
    pub(super) arguments: Vec<String>,
    /// Whether it shows hostile text, written out.
    pub(super) shows: bool,
    /// Whether its JSON holds the text, exactly.
    pub(super) keeps: bool,
    /// Its arguments where every call is refused with hostile text.
    pub(super) refused: Option<&'static [&'static str]>,
}

impl Case {
    /// It says nothing that is not ours.
    fn plain(command: &'static str, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self { command, arguments, shows: false, keeps: false, refused: None }
    }

    /// It shows the text in an error.
    fn shows(command: &'static str, arguments: &[&str]) -> Self {
        Self { shows: true, ..Self::plain(command, arguments) }
    }

    /// It has the text in its data.
    fn keeps(command: &'static str, arguments: &[&str]) -> Self {
        Self { keeps: true, ..Self::shows(command, arguments) }
    }

    fn refused(self, arguments: &'static [&'static str]) -> Self {
        Self { refused: Some(arguments), ..self }
    }
}

/// All of them; what reads comes before what changes.
pub(super) fn cases() -> Vec<Case> {
    let (event, rules) = (format!("event-{NAME}"), format!("rules-{NAME}"));
    vec![
        Case::keeps("incidents list", &["--local"]).refused(&["--local"]),
        Case::plain("incidents list", &["--local", "--source", HOSTILE, "--since", "0s"]),
        Case::keeps("incidents show", &[ID, "--local"]).refused(&[ID, "--local"]),
        Case::shows("incidents show", &[HOSTILE, "--local"]),
        Case::keeps("incidents show", &[ID, "--logs", "--local"]).refused(&[ID, "--logs", "--local"]),
        Case::shows("incidents analyse", &[HOSTILE, "--local"]).refused(&[ID, "--local"]),
        Case::plain("incidents tail", &["--local"]),
        Case::keeps("incidents stats", &["--local"]).refused(&["--local"]),
        Case::plain("incidents export", &["--local", "--format", "csv", "--since", "0s"]).refused(&["--local"]),
        Case::shows("incidents export", &["--local", "--format", "csv"]),
        Case::plain("incidents ack", &[ID, "--local", "--by", HOSTILE, "--note", HOSTILE]).refused(&[ID, "--local"]),
        Case::shows("incidents ack", &[HOSTILE, "--local"]),
        Case::keeps("silence add", &["--local", "--resource", HOSTILE, "--for", "1h", "--reason", HOSTILE]).refused(&[
            "--local",
            "--resource",
            "x",
            "--for",
            "1h",
            "--reason",
            "x",
        ]),
        Case::keeps("silence list", &["--local"]).refused(&["--local"]),
        Case::shows("silence end", &[HOSTILE, "--local"]).refused(&["sil-1", "--local"]),
        Case::keeps("dead-letters list", &["--local"]).refused(&["--local"]),
        Case::shows("dead-letters show", &[HOSTILE, "--local"]).refused(&["m-1", "--local"]),
        Case::shows("dead-letters redrive", &[HOSTILE, "--local"]).refused(&["--all", "--yes", "--local"]),
        Case::shows("dead-letters purge", &[HOSTILE, "--local"]).refused(&["--all", "--allow-data-loss", "--local"]),
        Case::keeps("watch add", &[HOSTILE, "--local"]).refused(&["devops-error-generator", "--local"]),
        Case::keeps("watch remove", &[HOSTILE, "--local"]).refused(&["devops-error-generator", "--local"]),
        Case::plain("watch list", &["--local"]).refused(&["--local"]),
        // No output repeats what may be a token.
        Case::plain("subscriptions confirm", &[HOSTILE, "--local"]).refused(&[TOKEN, "--local"]),
        Case::plain("subscriptions list", &["--local"]).refused(&["--local"]),
        Case::keeps("rules check", &[&rules]),
        Case::keeps("rules test", &[&event, "--explain"]),
        Case::shows("rules test", &[&event, "--rules", &rules]),
        Case::keeps("rules test", &["--expect", "expected.yaml"]),
        Case::keeps("logs", &["--local"]).refused(&["--local"]),
        Case::shows("logs", &[HOSTILE, "--local"]),
        Case::keeps("status", &["--local"]).refused(&["--local"]),
        Case::plain("doctor", &["--local"]).refused(&["--local"]),
        Case::shows("template", &["--email", HOSTILE]),
        Case::shows("plan", &["--local", "--email", HOSTILE]).refused(&["--local"]),
        Case::shows("up", &["--local", "--yes", "--email", HOSTILE]).refused(&["--local", "--yes"]),
        Case::shows("down", &["--local", "--yes", "--stack", HOSTILE]).refused(&["--local", "--yes"]),
        Case::shows("trigger-test", &["--local", "--kind", HOSTILE]).refused(&["--local", "--timeout", "1"]),
        Case::plain("local start", &[]),
        Case::shows("local start", &["--latency", HOSTILE]),
        Case::plain("local status", &[]),
        Case::keeps("local outbox", &[]),
        Case::keeps("local outbox show", &["--last"]),
        Case::shows("local outbox show", &[HOSTILE]),
        Case::shows("demo", &["--email", HOSTILE]),
        Case::shows("init", &[NAME]),
        Case::shows("completions", &[HOSTILE]),
        Case::plain("incidents resolve", &[ID, "--local"]).refused(&[ID, "--local"]),
        Case::shows("incidents resolve", &[HOSTILE, "--local"]),
        Case::plain("local stop", &[]),
    ]
}
