//! Hard times for the local AWS: clients that never finish, a kill, a stop, a full disk, a user without a home.

mod connections;
mod processes;
mod storage;

use std::path::PathBuf;
use std::process::Command;

use crate::harness::{TestResult, World};

/// Sends a signal, such as `-9`.
fn signal(signal: &str, process: u32) -> TestResult {
    match Command::new("kill").args([signal, &process.to_string()]).status()?.success() {
        true => Ok(()),
        false => Err(format!("cannot send {signal} to {process}").into()),
    }
}

/// The process of the running local AWS.
async fn daemon(world: &World) -> TestResult<u32> {
    let status = world.run(&["local", "status", "--output", "json"]).await?.succeeded()?.json()?;
    Ok(u32::try_from(status["pid"].as_u64().ok_or("no process")?)?)
}

/// Where the local AWS of a world keeps its files.
fn folder(world: &World) -> PathBuf {
    world.home().join("local-aws")
}
