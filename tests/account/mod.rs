//! Which account and region a command uses, and how the environment and configuration files affect it.

mod hostile;
mod stub_aws;

use std::ffi::OsStr;

use crate::harness::{Finished, TestResult, World};
use stub_aws::StubAws;

/// The accounts of the environment's keys and of the profile `prod`; here an access key id is its account.
const IN_ENVIRONMENT: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "111111111111"), ("AWS_SECRET_ACCESS_KEY", "x")];
const PROFILES: &str = "[profile prod]\nregion = eu-west-3\naws_access_key_id = 222222222222\naws_secret_access_key = x\n\
     [profile program]\ncredential_process = sh -c \"echo '{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"333333333333\\\",\
     \\\"SecretAccessKey\\\":\\\"x\\\"}'\"\n[profile empty]\nregion = eu-west-3\n";

/// A machine with profiles and no reachable instance metadata.
fn world(profiles: &str) -> TestResult<World> {
    let world = World::new()?;
    std::fs::create_dir(world.home().join(".aws"))?;
    std::fs::write(world.home().join(".aws/config"), profiles)?;
    Ok(world)
}

/// The first line of a read command, and its exit. It never finds a table.
async fn first_line<V: AsRef<OsStr>>(
    world: &World,
    flags: &[&str],
    variables: &[(&str, V)],
) -> TestResult<(String, Finished)> {
    let variables: Vec<(&str, &OsStr)> = [("AWS_EC2_METADATA_DISABLED", OsStr::new("true"))]
        .into_iter()
        .chain(variables.iter().map(|(name, value)| (*name, value.as_ref())))
        .collect();
    let finished = world.run_with(&[&["incidents", "list"], flags].concat(), &variables).await?;
    Ok((finished.stderr.lines().next().unwrap_or_default().to_owned(), finished))
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_override_environment_keys_which_override_a_named_profile() -> TestResult {
    let world = world(PROFILES)?;
    let endpoint = StubAws::start()?.endpoint;
    let keys = &IN_ENVIRONMENT[..];
    let named = [("AWS_PROFILE", "prod")];
    let both = [named[0], keys[0], keys[1]];
    let by_variable = [("INCIDENTCTL_PROFILE", "prod"), keys[0], keys[1]];
    let no_keys = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", ""), named[0]];
    let region = ["--region", "eu-central-1"];
    for (flags, variables, file, expected) in [
        (&["--profile", "prod"][..], keys, "", "account 222222222222 · region eu-central-1 · profile prod"),
        (&[], &by_variable, "", "account 222222222222 · region eu-central-1 · profile prod"),
        (&["--profile", "program"], keys, "", "account 333333333333 · region eu-central-1 · profile program"),
        (&[], &both, "", "account 111111111111 · region eu-central-1"),
        (&[], &named, "", "account 222222222222 · region eu-central-1 · profile prod"),
        (&[], &no_keys, "", "account 222222222222 · region eu-central-1 · profile prod"),
        (&[], keys, "profile: prod\n", "account 111111111111 · region eu-central-1"),
        (&[], &[], "profile: prod\n", "account 222222222222 · region eu-central-1 · profile prod"),
    ] {
        std::fs::write(world.home().join("incidentctl.yaml"), file)?;
        let flags = [flags, &region, &["--endpoint-url", &endpoint]].concat();
        let (line, finished) = first_line(&world, &flags, variables).await?;
        assert_eq!(line, format!("{expected} · endpoint {endpoint}"), "{flags:?} {variables:?} {file} {finished:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_profile_without_credentials_does_not_fall_back_to_another_account() -> TestResult {
    let world = world(PROFILES)?;
    let endpoint = StubAws::start()?.endpoint;
    for profile in ["empty", "absent"] {
        let flags = ["--profile", profile, "--region", "eu-central-1", "--endpoint-url", &endpoint];
        let (line, finished) = first_line(&world, &flags, &IN_ENVIRONMENT).await?;
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert_eq!(line, "error: no usable AWS credentials found", "{finished:?}");
        assert!(finished.stderr.contains(profile), "{finished:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_overrides_the_configuration_file_which_overrides_the_profile() -> TestResult {
    let world = world(PROFILES)?;
    let endpoint = StubAws::start()?.endpoint;
    let both = [("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "eu-west-2")];
    let empty = [("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "")];
    let file = "region: eu-central-1\n";
    for (flags, variables, file, expected) in [
        (&["--region", "eu-north-1"][..], &both[..], file, "eu-north-1"),
        (&[], &both, file, "eu-west-1"),
        (&[], &both[1..], file, "eu-west-2"),
        (&[], &[empty[0], both[1]], file, "eu-west-2"),
        (&[], &empty, file, "eu-central-1"),
        (&[], &empty, "", "eu-west-3"),
    ] {
        std::fs::write(world.home().join("incidentctl.yaml"), file)?;
        let flags = [flags, &["--profile", "prod", "--endpoint-url", &endpoint]].concat();
        let (line, finished) = first_line(&world, &flags, variables).await?;
        assert!(line.contains(&format!(" · region {expected} · ")), "{flags:?} {variables:?} {file} {finished:?}");
    }
    let wrong = [("AWS_REGION", "us-east-1 "), IN_ENVIRONMENT[0], IN_ENVIRONMENT[1]];
    let (line, _) = first_line(&world, &["--endpoint-url", &endpoint], &wrong).await?;
    assert_eq!(line, "error: `us-east-1 ` of AWS_REGION is not an AWS region");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_line_names_the_endpoint_from_any_source() -> TestResult {
    let endpoint = StubAws::start()?.endpoint;
    let world = world(&format!("{PROFILES}endpoint_url = {endpoint}\n"))?;
    let region = ("AWS_REGION", "eu-central-1");
    let [id, secret] = IN_ENVIRONMENT;
    let in_profile = [region, id, secret, ("AWS_PROFILE", "empty")];
    let in_variable = [region, id, secret, ("AWS_ENDPOINT_URL", endpoint.as_str())];
    for variables in [in_profile, in_variable] {
        let (line, _) = first_line(&world, &[], &variables).await?;
        assert_eq!(line, format!("account 111111111111 · region eu-central-1 · endpoint {endpoint}"), "{variables:?}");
    }
    Ok(())
}
