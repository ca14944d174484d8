//! `incidentctl subscriptions confirm`.

use std::io::Read;

use clap::Args;
use serde_json::json;

use crate::error::CommandError;
use crate::subscriptions::{self, Confirmation};
use crate::ui::Ui;
use incident_deploy::aws::Clients;

/// Longer than any link: standard input may be anything.
const LONGEST: u64 = 64 * 1024;

/// Confirm an address so that only this account can unsubscribe it
///
/// Each mail ends with a link that unsubscribes whoever follows it, and mail scanners follow links. Instead of following
/// the link of the confirmation mail, pass it to this command: it confirms with a signed request, after which the link
/// at the end of the mails no longer works. `down`, and `up` without the address, still unsubscribe it.
#[derive(Debug, Args)]
pub struct ConfirmArgs {
    /// Link of the confirmation mail, or the token in it; `-` reads it from standard input
    #[arg(value_name = "URL|TOKEN")]
    pub link: String,
}

impl ConfirmArgs {
    /// Reads what was given.
    pub(super) fn read(&self) -> Result<Confirmation, CommandError> {
        let text = match self.link.as_str() {
            "-" => {
                let mut text = String::new();
                std::io::stdin().take(LONGEST).read_to_string(&mut text)?;
                text
            }
            link => link.to_owned(),
        };
        Ok(Confirmation::read(&text)?)
    }
}

pub(super) async fn run(given: &Confirmation, clients: &Clients, topic: &str, ui: &Ui) -> Result<(), CommandError> {
    let address = subscriptions::confirm(clients, topic, given).await?;
    if ui.is_json() {
        return ui.json(&json!({
            "ok": true,
            "endpoint": address.endpoint,
            "state": address.state,
            "subscription_arn": address.arn,
        }));
    }
    ui.say(format!("{} receives the alerts; only this account can unsubscribe it", address.endpoint));
    Ok(())
}
