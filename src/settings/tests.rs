//! Precedence and validation.

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
fn the_environment_stands_between_flags_and_file() -> Result<(), SettingsError> {
    let all = [("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "eu-west-2"), ("AWS_PROFILE", "work")];
    let none = [("AWS_REGION", ""), ("AWS_DEFAULT_REGION", ""), ("AWS_PROFILE", "")];
    let flag =
        GlobalArgs { region: Some("eu-west-9".to_owned()), profile: Some("prod".to_owned()), ..GlobalArgs::default() };
    for (args, variables, region, profile) in [
        (&flag, &all[..], ("eu-west-9", Origin::Flag("--region")), ("prod", Origin::Flag("--profile"))),
        (
            &GlobalArgs::default(),
            &all,
            ("eu-west-1", Origin::Variable("AWS_REGION")),
            ("work", Origin::Variable("AWS_PROFILE")),
        ),
        (
            &GlobalArgs::default(),
            &all[1..],
            ("eu-west-2", Origin::Variable("AWS_DEFAULT_REGION")),
            ("work", Origin::Variable("AWS_PROFILE")),
        ),
        (&GlobalArgs::default(), &none, ("eu-central-1", Origin::File), ("team", Origin::File)),
    ] {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let file = file("region: eu-central-1\nprofile: team")?;
        let settings = Settings::merge(args, Environment::of(variable), file);
        assert_eq!(settings.region, Some(Choice::new(region.0, region.1)));
        assert_eq!(settings.profile, Some(Choice::new(profile.0, profile.1)));
    }
    Ok(())
}

#[test]
fn the_local_aws_is_where_flag_and_file_say() -> Result<(), SettingsError> {
    let environment = Environment::of(|_| Some("eu-west-1".to_owned()));
    for (flag, text, expected) in [
        (Some("eu-west-2"), "region: eu-west-3", Some("eu-west-2")),
        (None, "region: eu-west-3", Some("eu-west-3")),
        (None, "", None),
    ] {
        let args = GlobalArgs { local: true, region: flag.map(str::to_owned), ..GlobalArgs::default() };
        let settings = Settings::merge(&args, environment.clone(), file(text)?);
        assert_eq!((settings.local_region.as_deref(), &settings.profile), (expected, &None), "{flag:?} {text}");
    }
    Ok(())
}

#[test]
fn the_written_file_names_every_key_and_changes_nothing() -> Result<(), Box<dyn std::error::Error>> {
    let template = include_str!("../../templates/incidentctl.yaml");
    assert_eq!(file(template)?, ConfigFile::default());
    let uncommented: String = template.lines().filter_map(setting).fold(String::new(), |text, line| text + line + "\n");
    let ConfigFile { stack, profile, region, engine, emails, log_retention_days, rules, events, .. } =
        file(&uncommented)?;
    assert_eq!(stack, Some(StackName::default()));
    assert!(profile.is_some() && region.is_some() && emails.is_some() && rules.is_some());
    assert_eq!(events.map(|events| events.patterns().len()), Some(1));
    assert_eq!(engine, Some(Engine::default()));
    assert_eq!(log_retention_days, Some(LogRetention::default()));
    let ConfigFile { handler_memory, handler_concurrency, .. } = file(&uncommented)?;
    assert_eq!((handler_memory, handler_concurrency), (Some(MemorySize::default()), Some(Concurrency::default())));
    let ConfigFile {
        schedule, alerts, analysis, alarms, tags, kms_key, permissions_boundary, deletion_protection, ..
    } = file(&uncommented)?;
    assert_eq!(schedule, Some(Schedule::default()));
    assert_eq!(alerts, Some(AlertPolicy::default()));
    assert_eq!(analysis, Some(AnalysisPolicy::default()));
    assert_eq!(alarms, Some(Alarms::default()));
    assert!(tags.is_some() && kms_key.is_some() && permissions_boundary.is_some());
    assert_eq!(deletion_protection, Some(false));
    // Each by itself, as a user would uncomment it.
    let mut keys = 0;
    for part in uncommented.split_inclusive('\n').collect::<Vec<_>>().chunk_by(|_, next| next.starts_with(' ')) {
        assert_ne!(file(&part.concat())?, ConfigFile::default(), "{part:?}");
        keys += 1;
    }
    assert_eq!(keys, 18);
    Ok(())
}

/// A commented setting, without its comment sign.
fn setting(line: &str) -> Option<&str> {
    let text = line.strip_prefix("# ")?;
    let is_key = text.split_once(':').is_some_and(|(key, _)| !key.trim().contains(' '));
    (is_key && !text.starts_with("What")).then_some(text).or(text.strip_prefix("  - ").map(|_| text))
}

fn explain(text: &str) -> String {
    file(text).err().map(|error| explained(&error)).unwrap_or_default()
}

#[test]
fn a_mistake_in_the_file_names_key_and_line() {
    let first = explain("emials: []").lines().next().map(str::to_owned);
    assert_eq!(first.as_deref(), Some("invalid configuration file incidentctl.yaml, line 1"));
    assert_snapshot!(explain("region: eu-west-1\nemials: []"), @r"
    invalid configuration file incidentctl.yaml, line 2
    unknown field `emials`, expected one of `stack`, `profile`, `region`, `engine`, `emails`, `rules`, `events`, `log_retention_days`, `handler_memory`, `handler_concurrency`, `schedule`, `alerts`, `analysis`, `alarms`, `tags`, `kms_key`, `permissions_boundary`, `deletion_protection` at line 2 column 1
    ");
    assert_snapshot!(explain("stack: devops\nemails:\n  - no-address"), @r"
    invalid configuration file incidentctl.yaml, line 3
    emails[0]: `no-address` is not an email address: it has no @ at line 3 column 5
    ");
    assert_snapshot!(explain("region: eu-west-1\nstack: 9lives"), @r"
    invalid configuration file incidentctl.yaml, line 2
    stack: `9lives` cannot name a stack: it must start with a letter at line 2 column 8
    ");
    assert_snapshot!(explain("stack: 9lives"), @r"
    invalid configuration file incidentctl.yaml, line 1
    stack: `9lives` cannot name a stack: it must start with a letter at line 1 column 8
    ");
    assert_snapshot!(explain("stack: [unclosed"), @r"
    invalid configuration file incidentctl.yaml, line 1
    stack: invalid type: sequence, expected a string at line 1 column 8
    ");
    assert_snapshot!(explain("profile: a\nprofile: b"), @r"
    invalid configuration file incidentctl.yaml
    duplicate field `profile`
    ");
}

#[test]
fn what_aws_would_refuse_is_refused_with_its_line() {
    for (line, said) in [
        ("handler_memory: 64", "128 to 10240 MB, not 64"),
        ("handler_memory: lots", "expected a whole number"),
        ("handler_memory: -1", "expected a whole number"),
        ("handler_concurrency: 1", "2 to 1000 handlers at once for a queue, not 1"),
        ("handler_concurrency: 1001", "not 1001"),
        ("handler_concurrency: all", "expected a whole number"),
        ("log_retention_days: 2", "not keep events for 2 days"),
        ("engine: terraform", "unknown variant `terraform`"),
        ("tags: {'aws:team': x}", "`aws:` is reserved by AWS"),
        ("tags: {'AWS:team': x}", "`aws:` is reserved by AWS"),
        ("tags: {'incidentctl:stack': x}", "reserved for the stack's own tags"),
        ("tags: {'a,b': x}", "',' is not allowed"),
        ("tags: {Env: x, env: y}", "the tag keys `Env` and `env` differ only by case"),
        ("tags: {'': x}", "it is empty"),
        ("tags: {team: 'x;y'}", "';' is not allowed in a tag value"),
        ("kms_key: alias/mine", "not the ARN of a KMS key"),
        ("kms_key: arn:aws:kms:eu-central-1:111122223333:alias/mine", "not the ARN of a KMS key"),
        ("permissions_boundary: arn:aws:iam::1111:policy/x", "not the ARN of an IAM policy"),
        ("permissions_boundary: arn:aws:iam::111122223333:role/x", "not the ARN of an IAM policy"),
        ("deletion_protection: sure", "expected a boolean"),
        ("alarms: {handler-mood: false}", "unknown field `handler-mood`"),
        ("alarms: {handler-errors: often}", "expected a boolean"),
        ("alerts: {mails_per_minute: 9}", "mails_per_minute must be 1 to 8"),
        ("alerts: {mails_per_minute: many}", "expected a number of mails from 1 to 8"),
        ("alerts: {mails_per_hour: 9}", "unknown field `mails_per_hour`, expected one of `mails_per_minute`"),
        ("alerts: {remind_after: {SEVERE: 1h}}", "unknown field `SEVERE`, expected one of `CRITICAL`, `HIGH`"),
        ("alerts: {remind_after: {HIGH: soon}}", "`soon` is not a duration; write 90s, 15m"),
        ("alerts: {resolve_after_quiet: {LOW: 15}}", "`15` is not a duration"),
        ("alerts: {resolve_after_quiet: {LOW: [15m]}}", "expected a duration such as 15m"),
        ("analysis: {metric: false}", "unknown field `metric`, expected one of `logs`, `changes`, `metrics`"),
        ("analysis: {logs: sometimes}", "expected a boolean"),
        ("analysis: false", "expected kinds of evidence, each true or false"),
        ("schedule: daily", "is not a schedule"),
        ("schedule: rate(1 minutes)", "is not a rate"),
        ("schedule: rate(0 minutes)", "is not a rate"),
        ("schedule: rate(5 seconds)", "is not a rate"),
        ("schedule: cron(0 8 * * *)", "is not EventBridge's cron"),
        ("schedule: cron(0 8 * * * *)", "is not EventBridge's cron"),
    ] {
        let error = explain(&format!("# a comment\n\n{line}\n"));
        let key = line.split(':').next().unwrap_or_default();
        for words in ["incidentctl.yaml", key, said, "line 3"] {
            assert!(error.contains(words), "`{words}` is missing for `{line}`: {error}");
        }
    }
    let long = format!("tags: {{{}: x}}", "k".repeat(129));
    assert!(explain(&long).contains("more than 128"));
    let many: String = (0..44).map(|number| format!("  tag-{number}: x\n")).collect();
    assert!(explain(&format!("tags:\n{many}")).contains("`tag-43` is one too many at line 45"));
}

#[test]
fn what_aws_accepts_is_accepted() -> Result<(), SettingsError> {
    for line in [
        "schedule: rate(1 minute)",
        "schedule: rate(12 hours)",
        "schedule: cron(0/15 8-17 ? * MON-FRI *)",
        "schedule: cron(0 9 L * ? *)",
        "schedule: never",
        "permissions_boundary: arn:aws:iam::aws:policy/PowerUserAccess",
        "permissions_boundary: arn:aws-cn:iam::111122223333:policy/teams/payments/boundary",
        "kms_key: arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab",
        "tags: {'cost center': 'a/b + c=d @ e_f.g:h', team: ''}",
        "alarms: {function-errors: false}",
        "alarms: {function-throttles: false, function-destinations: false}",
        "alerts: {monthly_query_budget: 2.5}",
        "alerts: {mails_per_minute: 1, remind_after: {MEDIUM: 1d, HIGH: never}, resolve_after_quiet: {LOW: 90s}}",
        "analysis: {logs: false, changes: false, metrics: false, executions: false, who: true}",
        "engine: cloudformation",
    ] {
        assert_ne!(file(line)?, ConfigFile::default(), "{line}");
    }
    Ok(())
}

#[test]
fn settings_become_parameters_of_the_template() -> Result<(), Box<dyn std::error::Error>> {
    let text = "alarms: {function-errors: false}\nschedule: never\ndeletion_protection: true\nhandler_memory: 512\n\
                handler_concurrency: 40\nalerts: {remind_after: {CRITICAL: 30m}}\nanalysis: {logs: false, who: true}";
    let parameters = Settings::merge(&GlobalArgs::default(), Environment::default(), file(text)?).parameters();
    for (name, value) in [
        ("FunctionErrorAlarmEnabled", "false"),
        ("HandlerErrorAlarmEnabled", "true"),
        ("SweepSchedule", ""),
        ("DeletionProtection", "true"),
        ("HandlerMemorySize", "512"),
        ("HandlerConcurrency", "40"),
        ("NotRecordedAlarmEnabled", "true"),
        ("KmsKeyArn", ""),
        ("LogEvidenceEnabled", "false"),
        ("ChangeEvidenceEnabled", "true"),
        ("MetricEvidenceEnabled", "true"),
        ("ExecutionEvidenceEnabled", "true"),
        ("AuthorEvidenceEnabled", "true"),
        (
            "AlertSettings",
            r#"{"mails_per_minute":6,"remind_after":{"CRITICAL":"30m","HIGH":"4h","MEDIUM":"never","LOW":"never"},"resolve_after_quiet":{"CRITICAL":"7d","HIGH":"3d","MEDIUM":"1d","LOW":"1d"},"monthly_query_budget":5}"#,
        ),
    ] {
        assert_eq!(parameters.get(name).map(String::as_str), Some(value), "{name}");
    }
    // Every one of them is a parameter of the template, with the same default.
    let (_, template) = incident_deploy::template::Completion::default()
        .apply(incident_deploy::template::EMBEDDED, incident_deploy::resources::naming)?;
    for (name, value) in Settings::default().parameters() {
        let parameter = template.parameters.get(&name).ok_or(name)?;
        assert_eq!(parameter.default.as_deref(), Some(value.as_str()));
    }
    Ok(())
}

#[test]
fn the_next_command_has_the_flags_of_this_one() -> Result<(), Box<dyn std::error::Error>> {
    let args = GlobalArgs {
        stack: Some("payments".parse()?),
        local: true,
        config: Some("my file.yaml".into()),
        ..GlobalArgs::default()
    };
    let invocation = Invocation::of(&args, Some(Engine::CloudFormation));
    for (command, whole) in [
        ("up", "incidentctl up --stack payments --config 'my file.yaml' --engine cloudformation --local"),
        ("logs handler", "incidentctl logs handler --stack payments --config 'my file.yaml' --local"),
        ("up --stack other", "incidentctl up --stack other --config 'my file.yaml' --engine cloudformation --local"),
        ("local stop", "incidentctl local stop"),
    ] {
        assert_eq!(invocation.command(command), whole);
        // A complete command stays as it is.
        assert_eq!(invocation.complete(&format!("run `{whole}`")), format!("run `{whole}`"));
    }
    let given =
        GlobalArgs { profile: Some("work".to_owned()), region: Some("eu-west-1".to_owned()), ..GlobalArgs::default() };
    let invocation = Invocation::of(&given, None);
    assert_eq!(
        invocation.complete("run `incidentctl up`, not `terraform`; `incidentctl down` removes it"),
        "run `incidentctl up --profile work --region eu-west-1`, not `terraform`; \
         `incidentctl down --profile work --region eu-west-1` removes it"
    );
    assert_eq!(invocation.complete("renew with `aws sso login`"), "renew with `aws sso login --profile work`");
    assert_eq!(invocation.locally().command("up"), "incidentctl up --region eu-west-1 --local");
    Ok(())
}

#[test]
fn stack_names_that_aws_would_refuse_are_refused_with_the_reason() {
    for (name, reason) in [
        ("", "empty"),
        ("9lives", "start with a letter"),
        ("-x", "start with a letter"),
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
    for wrong in ["", "no-address", "@example.com", "a@", "a@b", "a@b..c", "a b@c.de", "a@b.de,c@d.ef", "Ada <a@b.de>"]
    {
        assert!(wrong.parse::<EmailAddress>().is_err(), "{wrong}");
    }
    for right in ["you@example.com", "first.last+tag@sub.example.co.uk", "a'b@example.org"] {
        assert!(right.parse::<EmailAddress>().is_ok(), "{right}");
    }
}

proptest::proptest! {
    /// Keys of the file with values of any kind, and any text: settings or a refusal that can be shown.
    #[test]
    fn no_file_makes_it_panic(
        key in "(stack|region|emails|rules|log_retention_days|handler_memory|schedule|alerts|analysis|alarms|tags|kms_key|x)",
        value in "(-?[0-9]{1,20}([.]5)?|[a-z./:@{}\\[\\],&*!'-]{0,30}|\\[.{0,8}\\]|\\{[a-z_]{1,9}: .{0,8}\\}|.{0,20})",
        rest in ".{0,20}",
    ) {
        match file(&format!("{key}: {value}\n{rest}")) {
            Ok(read) => _ = Settings::merge(&GlobalArgs::default(), Environment::default(), read),
            Err(error) => proptest::prop_assert!(!explained(&error).is_empty()),
        }
    }
}
