//! `incidentctl subscriptions list`.

use clap::Args;

use crate::error::CommandError;
use crate::subscriptions::{self, Address, State};
use crate::ui::{Table, Ui, count};
use incident_deploy::aws::Clients;

/// List the addresses that get alerts, and who can unsubscribe each
#[derive(Debug, Args)]
pub struct ListArgs {}

pub(super) async fn run(clients: &Clients, topic: &str, ui: &Ui) -> Result<(), CommandError> {
    let addresses = subscriptions::list(clients, topic).await?;
    if ui.is_json() {
        return ui.json(&addresses);
    }
    if !addresses.is_empty() {
        ui.table(&table(&addresses))?;
    }
    match addresses.len() {
        0 => ui.say("no subscriptions"),
        number => ui.say(count(number, "subscription")),
    }
    if addresses.iter().any(|address| address.state == State::Pending) {
        ui.hint("follow the link in the confirmation mail, or pass it to `incidentctl subscriptions confirm`");
    }
    Ok(())
}

fn table(addresses: &[Address]) -> Table {
    let mut table = Table::new(["ADDRESS", "STATE", "ENDED BY"]);
    for Address { endpoint, state, .. } in addresses {
        let (name, by) = match state {
            State::Pending => ("pending", ""),
            State::Confirmed => ("confirmed", "the link at the end of each mail"),
            State::Protected => ("protected", "this account only"),
        };
        table.row([endpoint.clone().into(), name.into(), by.into()]);
    }
    table
}
