//! The real background process, with `examples/serve.rs` as the executable.

use std::error::Error;
use std::path::PathBuf;
use std::process::Command;

use incident_local::LocalConfig;
use incident_local::daemon::{Found, find, start, stop};

type Tested = Result<(), Box<dyn Error>>;

/// `cargo test` builds the examples beside the tests.
fn executable() -> Result<PathBuf, Box<dyn Error>> {
    let test = std::env::current_exe()?;
    let profile = test.ancestors().nth(2).ok_or("the test has no target directory")?;
    Ok(profile.join("examples/serve"))
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_starts_yield_one_process() -> Tested {
    let directory = tempfile::tempdir()?;
    let config = LocalConfig { directory: directory.path().to_owned(), ..LocalConfig::default() };
    let executable = executable()?;
    let (first, second, third) =
        tokio::join!(start(&executable, &config), start(&executable, &config), start(&executable, &config));
    let first = first?;
    assert_eq!((first.instance.as_str(), first.pid), (second?.instance.as_str(), third?.pid));
    assert_eq!(find(directory.path()).await, Found::Running(first.clone()));
    stop(directory.path()).await?;
    assert_eq!(find(directory.path()).await, Found::Absent);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_is_stale_and_restarted() -> Tested {
    let directory = tempfile::tempdir()?;
    let config = LocalConfig { directory: directory.path().to_owned(), ..LocalConfig::default() };
    let killed = start(&executable()?, &config).await?;
    assert!(Command::new("kill").args(["-9", &killed.pid.to_string()]).status()?.success());
    while find(directory.path()).await != (Found::Stale { pid: killed.pid }) {
        tokio::task::yield_now().await;
    }
    let anew = start(&executable()?, &config).await?;
    assert_ne!(anew.instance, killed.instance);
    assert!(Command::new("kill").arg(anew.pid.to_string()).status()?.success(), "SIGTERM ends it as well");
    while find(directory.path()).await != Found::Absent {
        tokio::task::yield_now().await;
    }
    Ok(())
}
