//! Precedence, and what is refused.

use std::path::Path;

use insta::assert_snapshot;

use super::*;

fn file(text: &str) -> Result<ConfigFile, SettingsError> {
    ConfigFile::parse(Path::new("incidentctl.yaml"), text)
}

fn explained(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    std::iter::once(error.to_string()).chain(causes.map(ToString::to_string)).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_flag_wins_over_the_file_and_the_file_over_the_default() -> Result<(), Box<dyn std::error::Error>> {
    let yaml = "stack: from-file\nregion: eu-west-1";
    for (flag, text, expected) in
        [(Some("flag"), yaml, "flag"), (None, yaml, "from-file"), (None, "", "devops"), (None, "# nothing\n", "devops")]
    {
        let args = GlobalArgs { stack: flag.map(str::parse).transpose()?, ..GlobalArgs::default() };
        let settings = Settings::merge(&args, Environment::default(), file(text)?);
        assert_eq!(settings.stack.as_str(), expected);
    }
    Ok(())
}

#[test]
fn the_local_aws_ignores_an_endpoint_of_the_environment() -> Result<(), SettingsError> {
    let environment = Environment { endpoint_url: Some("http://localhost:4566".to_owned()), ..Environment::default() };
    for (local, flag, expected) in [
        (false, None, Some("http://localhost:4566")),
        (false, Some("http://other"), Some("http://other")),
        (true, None, None),
    ] {
        let args = GlobalArgs { local, endpoint_url: flag.map(str::to_owned), ..GlobalArgs::default() };
        let settings = Settings::merge(&args, environment.clone(), file("")?);
        assert_eq!(settings.endpoint_url.as_deref(), expected);
    }
    Ok(())
}

#[test]
fn the_example_configuration_is_what_the_defaults_are() -> Result<(), SettingsError> {
    let example = file(include_str!("../../templates/incidentctl.yaml"))?;
    let settings = Settings::merge(&GlobalArgs::default(), Environment::default(), example);
    let defaults = Settings::merge(&GlobalArgs::default(), Environment::default(), ConfigFile::default());
    assert_eq!(settings, defaults);
    Ok(())
}

#[test]
fn a_mistake_in_the_file_names_key_and_line() {
    let explain = |text| file(text).err().map(|error| explained(&error)).unwrap_or_default();
    assert_snapshot!(explain("region: eu-west-1\nemials: []"), @r#"
    the configuration file incidentctl.yaml is wrong
    unknown field `emials`, expected one of `stack`, `profile`, `region`, `emails`, `log_retention_days`, `handler_memory`, `tags` at line 2 column 1
    "#);
    assert_snapshot!(explain("stack: devops\nemails:\n  - nobody"), @r#"
    the configuration file incidentctl.yaml is wrong
    emails: `nobody` is not an email address: it has no @ at line 3 column 3
    "#);
    assert_snapshot!(explain("stack: 9lives"), @r#"
    the configuration file incidentctl.yaml is wrong
    `9lives` cannot name a stack: CloudFormation wants a letter at its start
    "#);
    assert_snapshot!(explain("handler_memory: 64"), @"the configuration file incidentctl.yaml is wrong: `handler_memory` is 64, but has to be 128 to 10240 MB");
    assert_snapshot!(explain("log_retention_days: 2"), @"the configuration file incidentctl.yaml is wrong: `log_retention_days` is 2, but has to be 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365 or 400, or a number of years as CloudWatch Logs counts them");
    assert_snapshot!(explain("log_retention_days: soon"), @r#"
    the configuration file incidentctl.yaml is wrong
    log_retention_days: invalid type: string "soon", expected u32 at line 1 column 21
    "#);
    assert_snapshot!(explain("stack: [unclosed"), @r#"
    the configuration file incidentctl.yaml is wrong
    stack: invalid type: sequence, expected a string at line 1 column 8
    "#);
}

#[test]
fn stack_names_that_aws_would_refuse_are_refused_with_the_reason() {
    for (name, reason) in [
        ("", "empty"),
        ("9lives", "letter at its start"),
        ("-x", "letter at its start"),
        ("has space", "' '"),
        ("under_score", "'_'"),
        ("ümlaut", "'ü'"),
        (&"x".repeat(33), "33 characters"),
    ] {
        let error = name.parse::<StackName>().err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(reason), "{name}: {error}");
    }
    for name in ["devops", "a", "Team-7", &"x".repeat(32)] {
        assert!(name.parse::<StackName>().is_ok(), "{name}");
    }
}

#[test]
fn addresses_are_told_from_other_texts() {
    for wrong in ["", "nobody", "@example.com", "a@", "a@b", "a@b..c", "a b@c.de", "a@b.de,c@d.ef", "Ada <a@b.de>"] {
        assert!(wrong.parse::<EmailAddress>().is_err(), "{wrong}");
    }
    for right in ["you@example.com", "first.last+tag@sub.example.co.uk", "a'b@example.org"] {
        assert!(right.parse::<EmailAddress>().is_ok(), "{right}");
    }
}
