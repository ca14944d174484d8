//! `incidentctl incidents analyse`.

use clap::Args;

use super::analysis;
use super::fields::Fields;
use crate::error::CommandError;
use crate::handler_control::HandlerControl;
use crate::incidents::Incidents;
use crate::settings::StackName;
use crate::ui::Ui;
use incident_deploy::aws::Clients;

/// Have the handler gather the evidence of an incident again, and show what it finds
///
/// The new analysis replaces the one in the record. No mail is sent.
#[derive(Debug, Args)]
pub struct AnalyseArgs {
    /// Incident ID, or a unique prefix
    #[arg(value_name = "ID")]
    pub id: String,
}

pub(super) async fn run(
    args: &AnalyseArgs,
    clients: &Clients,
    stack: &StackName,
    incidents: &Incidents,
    ui: &Ui,
) -> Result<(), CommandError> {
    let incident = incidents.find(&args.id).await?;
    let found = HandlerControl::new(clients, stack).analyse(&incident.incident_id).await?;
    if ui.is_json() {
        return ui.json(&found);
    }
    let mut fields = Fields::default();
    analysis::whole(&mut fields, &found);
    ui.print_all(fields.lines())
}
