//! Serves a local AWS in the foreground, for any client:
//!
//! ```text
//! cargo run -p incident-local --example serve -- 4566 /tmp/local-aws
//! aws --endpoint-url http://127.0.0.1:4566 sts get-caller-identity
//! ```
//!
//! The credentials are access key `test`, secret `test`. Port and directory are optional.
//!
//! `daemon::start` runs an executable as `EXECUTABLE local serve --settings JSON`, which this example supports too.

use std::error::Error;

use incident_local::{LocalConfig, daemon};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let config = match arguments.as_slice() {
        ["local", "serve", "--settings", settings] => serde_json::from_str(settings)?,
        [] => LocalConfig::default(),
        [port] => LocalConfig { port: port.parse()?, ..LocalConfig::default() },
        [port, directory, ..] => {
            LocalConfig { port: port.parse()?, directory: directory.into(), ..LocalConfig::default() }
        }
    };
    daemon::serve(config).await?;
    Ok(())
}
