//! Finds the cause of an incident.

use std::pin::Pin;
use std::sync::Arc;

use incident_model::Rules;
use incident_model::analysis::{analyse, risen};

use super::subject::Subject;
use super::{Analyse, Analysed, Asked, gather};
use crate::clients::EvidenceClients;
use crate::settings::Settings;

/// An analyst who asks AWS for evidence.
#[derive(Debug)]
pub(crate) struct Analyst {
    clients: Arc<EvidenceClients>,
    settings: Settings,
    rules: Rules,
}

impl Analyst {
    /// One with the evidence that the settings permit, and with the rules that judged the incidents.
    pub(crate) fn new(clients: Arc<EvidenceClients>, settings: Settings, rules: Rules) -> Self {
        Self { clients, settings, rules }
    }

    async fn answer(&self, asked: Asked<'_>) -> Analysed {
        let Asked { incident, event, now, .. } = asked;
        let Settings { table, analysis, .. } = &self.settings;
        let subject = Subject::of(&asked, &self.settings);
        let evidence = gather::evidence(&self.clients, table, analysis, &subject).await;
        let found = analyse(incident, &evidence, now);
        let judgement = event.map(|event| self.rules.judge(&event.observation));
        let judged = judgement.as_ref().map(|judgement| judgement.severity_at(incident.occurrences));
        let severity = risen(incident, &evidence).max(judged.unwrap_or(incident.severity)).max(incident.severity);
        Analysed { analysis: found, severity, judgement }
    }
}

impl Analyse for Analyst {
    fn analyse<'a>(&'a self, asked: Asked<'a>) -> Pin<Box<dyn Future<Output = Analysed> + Send + 'a>> {
        Box::pin(self.answer(asked))
    }
}
