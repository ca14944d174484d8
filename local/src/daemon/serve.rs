//! The serving process.

use tokio::signal::unix::{SignalKind, signal};

use super::DaemonError;
use super::descriptors;
use super::state::{self, SERVE_LOCK, Status};
use crate::LocalConfig;
use crate::config::ACCOUNT;
use crate::gateway::Gateway;
use crate::services::lambda;

/// Serves in the foreground until [`stop`](super::stop), SIGTERM or Ctrl-C.
///
/// # Errors
/// When the port or directory is in use, or the directory is not writable.
pub async fn serve(config: LocalConfig) -> Result<(), DaemonError> {
    let directory = config.directory.clone();
    descriptors::raise();
    state::open(&directory)?;
    // Held until the process exits: a successor must not start while function processes are still ending.
    let Some(_lock) = state::try_lock(&directory, SERVE_LOCK)? else {
        return Err(DaemonError::AlreadyRuns { directory });
    };
    lambda::clean(&directory);
    let stop = stop_signal(&directory)?;
    let gateway = Gateway::bind(config).await?;
    let status = status_of(&gateway);
    state::write(&directory, &status)?;
    tracing::info!(endpoint = status.endpoint, "the local AWS listens");
    gateway.run(stop).await;
    lambda::clean(&directory);
    state::remove(&directory, &status.instance);
    tracing::info!("the local AWS stopped");
    Ok(())
}

/// SIGXFSZ, on Linux and macOS.
const TOO_LARGE: i32 = 25;

/// Completes on the first SIGTERM or SIGINT; ignores SIGHUP and SIGXFSZ.
fn stop_signal(directory: &std::path::Path) -> Result<impl Future<Output = ()> + use<>, DaemonError> {
    let listen = |kind| signal(kind).map_err(DaemonError::file(directory));
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    let hangup = listen(SignalKind::hangup())?;
    // Where the size of files is limited, a write beyond it fails instead.
    let too_large = listen(SignalKind::from_raw(TOO_LARGE))?;
    Ok(async move {
        // Handled, and therefore not fatal, while waiting for the others.
        let _ignored = (hangup, too_large);
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn status_of(gateway: &Gateway) -> Status {
    let cloud = gateway.cloud();
    Status {
        pid: std::process::id(),
        port: gateway.port(),
        endpoint: cloud.endpoint.clone(),
        account: ACCOUNT.to_owned(),
        region: cloud.config.region.clone(),
        outbox: cloud.outbox.directory().to_owned(),
        instance: gateway.instance().to_owned(),
        access_key: cloud.access_key.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}
