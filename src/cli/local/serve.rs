//! `incidentctl local serve`: the process that `local start` puts into the background.

use clap::Args;
use incident_local::{LocalConfig, daemon};

use crate::error::CommandError;
use crate::local_session::LocalError;

/// Run the local AWS in the foreground
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Settings as JSON
    #[arg(long, value_name = "JSON", value_parser = settings)]
    pub settings: LocalConfig,
}

pub(super) async fn run(args: ServeArgs) -> Result<(), CommandError> {
    Ok(daemon::serve(args.settings).await.map_err(LocalError::from)?)
}

fn settings(text: &str) -> Result<LocalConfig, serde_json::Error> {
    serde_json::from_str(text)
}
