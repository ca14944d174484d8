//! Finds the cause of an incident.

use std::pin::Pin;
use std::sync::Arc;

use incident_model::Rules;
use incident_model::analysis::{Gathered, WhyMissing, analyse, risen};

use super::remembered::Remembered;
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
    remembered: Remembered,
}

impl Analyst {
    /// One with the evidence that the settings permit, and with the rules that judged the incidents.
    pub(crate) fn new(clients: Arc<EvidenceClients>, settings: Settings, rules: Rules) -> Self {
        Self { clients, settings, rules, remembered: Remembered::default() }
    }

    async fn answer(&self, asked: Asked<'_>) -> Analysed {
        let Asked { incident, event, now, .. } = asked;
        let Settings { table, analysis, .. } = &self.settings;
        let subject = Subject::of(&asked, &self.settings);
        let function = subject.function.map(|function| function.name);
        let remembered = function.filter(|_| asked.history.is_none()).and_then(|name| self.remembered.of(name, now));
        let subject = match &remembered {
            Some(known) => Subject { history: known.as_ref(), is_unknown: known.is_none(), ..subject },
            None => subject,
        };
        let evidence = gather::evidence(&self.clients, table, analysis, &subject).await;
        if let (Some(function), Gathered::Found(_) | Gathered::Missing(WhyMissing::None)) =
            (function, &evidence.history)
        {
            self.remembered.keep(function, evidence.history.found(), now);
        }
        let found = analyse(incident, &evidence, now);
        let judgement = match event {
            Some(event) => self.rules.judge_with(&event.observation, &found),
            None => self.rules.judge_incident(incident, &found),
        };
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
