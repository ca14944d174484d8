//! How the program was invoked, for hints that name the next command.

use super::Engine;
use super::GlobalArgs;

/// The commands that take `--engine`.
const WITH_ENGINE: [&str; 3] = ["up", "plan", "down"];
/// The commands that work the same everywhere.
const ANYWHERE: [&str; 5] = ["init", "local", "completions", "rules", "demo"];

/// The flags that decide where and how a command works, as given. The next command needs them too, or it
/// would work somewhere else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invocation {
    flags: Vec<Flag>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Flag {
    name: &'static str,
    value: Option<String>,
}

impl Invocation {
    /// The flags that matter to the next command.
    pub fn of(args: &GlobalArgs, engine: Option<Engine>) -> Self {
        let valued = [
            ("--stack", args.stack.as_ref().map(ToString::to_string)),
            ("--profile", args.profile.clone()),
            ("--region", args.region.clone()),
            ("--endpoint-url", args.endpoint_url.clone()),
            ("--config", args.config.as_ref().map(|path| path.display().to_string())),
            ("--engine", engine.map(|engine| engine.to_string())),
        ];
        let valued = valued.into_iter().filter_map(|(name, value)| Some(Flag { name, value: Some(value?) }));
        let local = args.local.then_some(LOCAL);
        Self { flags: valued.chain(local).collect() }
    }

    /// The same invocation for the local AWS.
    #[must_use]
    pub fn locally(mut self) -> Self {
        self.flags.retain(|flag| !["--local", "--profile", "--endpoint-url"].contains(&flag.name));
        self.flags.push(LOCAL);
        self
    }

    /// A complete command line: `up` becomes `incidentctl up --stack payments --local`. Flags already present
    /// stay as they are.
    pub fn command(&self, command: &str) -> String {
        let verb = command.split(' ').next().unwrap_or_default();
        let mut line = format!("incidentctl {command}");
        for flag in self.flags.iter().filter(|flag| flag.suits(verb) && !command.contains(flag.name)) {
            line += &format!(" {}", flag.name);
            if let Some(value) = &flag.value {
                line += &format!(" {}", quoted(value));
            }
        }
        line
    }

    /// Completes every command between backticks in a text; commands of the AWS CLI get the profile.
    pub fn complete(&self, text: &str) -> String {
        let complete = |(index, part): (usize, &str)| match part.strip_prefix("incidentctl ") {
            Some(command) if index % 2 == 1 => self.command(command),
            None if index % 2 == 1 && part.starts_with("aws ") => self.with_profile(part),
            _ => part.to_owned(),
        };
        text.split('`').enumerate().map(complete).collect::<Vec<_>>().join("`")
    }

    fn with_profile(&self, line: &str) -> String {
        let profile = self.flags.iter().find(|flag| flag.name == "--profile" && !line.contains(flag.name));
        match profile.and_then(|flag| flag.value.as_deref()) {
            Some(profile) => format!("{line} --profile {}", quoted(profile)),
            None => line.to_owned(),
        }
    }
}

const LOCAL: Flag = Flag { name: "--local", value: None };

impl Flag {
    fn suits(&self, verb: &str) -> bool {
        !ANYWHERE.contains(&verb) && (self.name != "--engine" || WITH_ENGINE.contains(&verb))
    }
}

/// A value, quoted for a shell where necessary.
fn quoted(value: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./:=@%+,".contains(character);
    match !value.is_empty() && value.chars().all(is_plain) {
        true => value.to_owned(),
        false => single_quoted(value),
    }
}

/// A text quoted as one shell word.
pub fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
