//! No room for files, and no home for them.

use std::fs;

use aws_sdk_sns::error::ProvideErrorMetadata;

use super::folder;
use crate::harness::{TestResult, World, eventually};

/// A file in place of the outbox: writing into it fails for every user, as on a full disk.
#[tokio::test]
async fn a_mail_that_cannot_be_written_does_not_vanish() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let healthy = world.run(&["status", "--local", "--output", "json"]).await?.succeeded()?.json()?;
    assert!(healthy["storage"].is_null(), "{healthy}");
    let (outbox, aside) = (folder(&world).join("outbox"), folder(&world).join("outbox-aside"));
    fs::rename(&outbox, &aside)?;
    fs::write(&outbox, "")?;

    let words = format!("cannot write mails to {}", outbox.display());
    let status = world.run(&["status", "--local"]).await?.ended_with(1)?;
    assert!(status.stdout.contains(&words), "{}", status.stdout);
    let status = world.run(&["status", "--local", "--output", "json"]).await?.ended_with(1)?.json()?;
    assert_eq!(status["storage"]["outbox"], outbox.display().to_string(), "{status}");
    let test = world.run(&["trigger-test", "--local"]).await?.ended_with(1)?;
    assert!(test.stderr.contains("accepted but not mailed") && test.stderr.contains(&words), "{}", test.stderr);
    let topic = aws.arn("sns", "devops-alerts");
    let subscribe = aws.sns.subscribe().topic_arn(&topic).protocol("email").endpoint("bo@example.com");
    let refused = subscribe.send().await.err().ok_or("what could not be kept was promised")?;
    assert_eq!(refused.code(), Some("InternalFailure"), "{refused:?}");

    fs::remove_file(&outbox)?;
    fs::rename(&aside, &outbox)?;
    eventually("mails to be written again", async || {
        aws.sns.publish().topic_arn(&topic).message("written?").send().await?;
        let status = world.run(&["status", "--local", "--output", "json"]).await?.json()?;
        Ok(status["storage"].is_null().then_some(()))
    })
    .await
}

/// A folder that every user of the machine can name is not used: another could make it first.
#[tokio::test]
async fn without_a_home_the_files_go_to_no_shared_folder() -> TestResult {
    let world = World::new()?;
    let shared = world.home().join("tmp");
    fs::create_dir(&shared)?;
    let mut command = world.command(&["local", "outbox"]);
    command.env_remove("HOME").env_remove("INCIDENTCTL_LOCAL_DIR").env("TMPDIR", &shared);
    let looked = command.output()?;
    let said = String::from_utf8_lossy(&looked.stderr).into_owned();
    assert!(!said.contains(&shared.display().to_string()), "{said}");
    // The system's list of users has a home, or there is none.
    assert!(looked.status.success() || said.contains("set INCIDENTCTL_LOCAL_DIR"), "{said}");
    Ok(())
}
