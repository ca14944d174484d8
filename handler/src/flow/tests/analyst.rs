//! An analyst whose answer a test chooses.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use incident_model::analysis::{Analysis, Cause, Confidence, FunctionHistory};
use incident_model::{Judgement, Severity};

use crate::evidence::{Analyse, Analysed, Asked};

/// What the analyst does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// Answers at once.
    AtOnce,
    /// Answers a moment later that all incidents that it was asked about share one cause.
    Shared,
    /// The same, and that most calls fail, which makes them CRITICAL.
    SharedAndCritical,
    /// Answers that most calls fail, which makes it CRITICAL.
    Critical,
    /// Answers that a rule about the analysis judges otherwise.
    Rejudged(Severity),
    /// Never answers.
    Hangs,
    /// Panics.
    Panics,
}

impl Answer {
    fn shares(self) -> bool {
        matches!(self, Self::Shared | Self::SharedAndCritical)
    }

    fn is_critical(self) -> bool {
        matches!(self, Self::Critical | Self::SharedAndCritical)
    }
}

/// A question.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) incident_id: String,
    pub(super) history: Option<FunctionHistory>,
    pub(super) event_id: Option<String>,
}

/// The analyst, with the questions that it got.
#[derive(Debug)]
pub(super) struct Fake {
    answer: Answer,
    questions: Mutex<Vec<Question>>,
}

impl Fake {
    pub(super) fn that(answer: Answer) -> Arc<Self> {
        Arc::new(Self { answer, questions: Mutex::default() })
    }

    pub(super) fn questions(&self) -> Vec<Question> {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn analysis(&self, asked: &Asked<'_>) -> Analysis {
        let others = self.questions().into_iter().map(|question| question.incident_id);
        let others = others.filter(|id| *id != asked.incident.incident_id && self.answer.shares());
        Analysis {
            shared_with: others.collect(),
            failing_share: self.answer.is_critical().then_some(0.92),
            at: incident_model::time::rfc3339(asked.now),
            ..Analysis::of(
                if self.answer.shares() { Cause::Dependency } else { Cause::Deployment },
                Confidence::Likely,
                &format!("Something changed for {}.", asked.incident.resource),
            )
        }
    }

    async fn answered(&self, asked: Asked<'_>) -> Analysed {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner).push(Question {
            incident_id: asked.incident.incident_id.clone(),
            history: asked.history.cloned(),
            event_id: asked.event.map(|event| event.observation.event_id.clone()),
        });
        let severity = asked.incident.severity;
        match self.answer {
            Answer::Hangs => std::future::pending().await,
            #[expect(clippy::panic, reason = "an alert must survive it")]
            Answer::Panics => panic!("the analyst panics on demand"),
            Answer::Shared | Answer::SharedAndCritical => tokio::time::sleep(Duration::from_millis(200)).await,
            _ => {}
        }
        let (severity, judgement) = match self.answer {
            Answer::Critical | Answer::SharedAndCritical => (Severity::Critical, None),
            Answer::Rejudged(severity) => (severity, Some(judgement(severity))),
            _ => (severity, None),
        };
        Analysed { analysis: self.analysis(&asked), severity, judgement }
    }
}

fn judgement(severity: Severity) -> Judgement {
    Judgement {
        rule: "bad-deploy".to_owned(),
        severity,
        summary: "a deployment broke it".to_owned(),
        recommendation: "Roll back.".to_owned(),
        runbook: None,
        escalation: None,
    }
}

impl Analyse for Arc<Fake> {
    fn analyse<'a>(&'a self, asked: Asked<'a>) -> Pin<Box<dyn Future<Output = Analysed> + Send + 'a>> {
        Box::pin(self.answered(asked))
    }
}
