//! What an analysis adds to an event for the rules' patterns: `analysis: {cause: [deployment], confidence: [likely]}`.

use serde_json::{Value, json};

use crate::analysis::{Analysis, Cause, Confidence, EvidenceKind};
use crate::incident::Incident;
use crate::observation::{Kind, Observation, TopFrame};

/// The fields of `analysis` that a pattern can ask for.
pub(super) const FIELDS: &[&str] = &[
    "cause",
    "confidence",
    "statement",
    "changed",
    "missing",
    "failing_share",
    "shared",
    "evidence.kind",
    "evidence.text",
];

/// The event with its analysis.
pub(super) fn event(observation: &Observation, analysis: &Analysis) -> Value {
    let mut event = observation.as_event();
    let missing: Vec<_> = analysis.missing.iter().map(|missing| missing.kind).collect();
    let evidence: Vec<_> =
        analysis.evidence.iter().map(|quote| json!({"kind": quote.kind, "text": quote.text})).collect();
    event["analysis"] = json!({
        "cause": analysis.cause,
        "confidence": analysis.confidence,
        "statement": analysis.statement,
        "changed": analysis.changed,
        "missing": missing,
        "shared": analysis.shared_with.len(),
        "evidence": evidence,
    });
    // What is not known is absent, not null.
    if let Some(share) = analysis.failing_share {
        event["analysis"]["failing_share"] = json!(share);
    }
    event
}

/// What is left of an event in its incident.
pub(super) fn observation(incident: &Incident) -> Observation {
    Observation {
        kind: Kind::Failure,
        source: incident.source.clone(),
        resource: incident.resource.clone(),
        account: incident.account.clone(),
        region: incident.region.clone(),
        error_type: incident.error_type.clone(),
        error_message: incident.error_message.clone(),
        request_id: incident.request_id.clone(),
        event_id: String::new(),
        occurred_at: incident.last_failed_at.clone().unwrap_or_default(),
        detail_type: String::new(),
        top_frame: TopFrame::default(),
        drill: incident.drill.clone(),
        grouping: None,
        recovers: false,
        attributes: std::collections::BTreeMap::new(),
    }
}

/// Why no analysis has a value in a field.
pub(super) fn impossible(path: &str, value: &Value) -> Option<String> {
    let one_of = |names: &[&str]| {
        let is_known = value.as_str().is_some_and(|text| names.contains(&text));
        (!is_known).then(|| format!("it is one of {}", names.join(", ")))
    };
    match path {
        "analysis.cause" => one_of(&Cause::ALL.map(Cause::name)),
        "analysis.confidence" => one_of(&Confidence::ALL.map(Confidence::name)),
        "analysis.missing" | "analysis.evidence.kind" => one_of(&EvidenceKind::ALL.map(EvidenceKind::name)),
        "analysis.failing_share" | "analysis.shared" if !value.is_number() => Some("it is a number".to_owned()),
        "analysis.statement" | "analysis.changed" | "analysis.evidence.text" if !value.is_string() => {
            Some("it is a text".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::{Evidence, analyse};
    use crate::rules::check::tests::problems_of;
    use crate::{Rules, classify};

    use super::*;

    type Tested = Result<(), Box<dyn std::error::Error>>;

    fn rules(patterns: &[&str]) -> String {
        let rule = |(at, pattern): (usize, &&str)| {
            format!(
                "  - {{name: r{at}, pattern: {pattern}, severity: CRITICAL, summary: \"{{resource}}: {{attributes.host|none}}\", recommendation: r}}\n"
            )
        };
        format!("rules:\n{}", patterns.iter().enumerate().map(rule).collect::<String>())
    }

    fn failure() -> Result<(Observation, Incident), Box<dyn std::error::Error>> {
        let event = json!({"source": "lambda", "region": "eu-west-1", "detail": {
            "requestContext": {"functionArn": "arn:aws:lambda:eu-west-1:111111111111:function:orders:live", "condition": "RetriesExhausted"},
            "responsePayload": {"errorType": "Error", "errorMessage": "connect ECONNREFUSED db.example:5432"},
        }});
        let seen = classify(&event, &Rules::defaults()?)?.remove(0);
        let incident = seen.incident("inc-1".to_owned(), "2026-01-01T00:00:00Z".to_owned()).ok_or("no failure")?;
        Ok((seen.observation, incident))
    }

    #[test]
    fn a_rule_matches_on_cause_share_and_changes() -> Tested {
        let (observation, incident) = failure()?;
        let mut analysis = analyse(&incident, &Evidence::default(), 1_767_225_600);
        (analysis.failing_share, analysis.changed) = (Some(0.75), vec!["memory".to_owned()]);
        for (pattern, matches) in [
            ("{analysis: {cause: [dependency], confidence: [possible]}}", true),
            ("{source: [lambda], analysis: {failing_share: [{numeric: [\">\", 0.5]}], changed: [memory]}}", true),
            ("{analysis: {evidence: {kind: [error], text: [{wildcard: \"*ECONNREFUSED*\"}]}}}", true),
            ("{analysis: {missing: [log], shared: [0]}}", true),
            ("{analysis: {cause: [deployment]}}", false),
            ("{source: [ecs], analysis: {cause: [dependency]}}", false),
            ("{source: [lambda]}", false),
        ] {
            let rules = Rules::parse(&rules(&[pattern]))?;
            let judged = rules.judge_with(&observation, &analysis);
            assert_eq!(judged.as_ref().map(|judged| judged.rule.as_str()), matches.then_some("r0"), "{pattern}");
            assert!(judged.is_none_or(|judged| judged.summary == "orders: db.example:5432"), "{pattern}");
            let by_incident = rules.judge_incident(&incident, &analysis);
            assert_eq!(
                by_incident.map(|judged| judged.summary),
                matches.then(|| "orders: none".to_owned()),
                "{pattern}"
            );
        }
        Ok(())
    }

    #[test]
    fn the_first_rule_wins_with_an_analysis_too() -> Tested {
        let (observation, incident) = failure()?;
        let analysis = analyse(&incident, &Evidence::default(), 1_767_225_600);
        let both =
            Rules::parse(&rules(&["{source: [lambda], error_type: [Error]}", "{analysis: {cause: [dependency]}}"]))?;
        assert_eq!(both.judge_with(&observation, &analysis), None, "the rule before matches and does not ask for it");
        assert_eq!(both.judge(&observation).rule, "r0");
        let alone = Rules::parse(&rules(&["{analysis: {cause: [dependency]}}"]))?;
        assert_eq!(alone.judge(&observation).rule, "none", "no event has an analysis");
        assert_eq!(alone.passed_over(&observation).len(), 1);
        Ok(())
    }

    #[test]
    fn patterns_of_an_analysis_are_checked() {
        let fine = [
            "{analysis: {cause: [deployment]}}",
            "{source: [lambda], analysis: {failing_share: [{numeric: [\">\", 0.5]}]}}",
            "{source: [lambda]}",
        ];
        assert_eq!(problems_of(&rules(&fine)), Vec::<String>::new());
        for (pattern, expected) in [
            ("{analysis: {cause: [deploy]}}", "analysis.cause is never \"deploy\": it is one of deployment, "),
            ("{analysis: {share: [1]}}", "analysis.share is not a field of an analysis"),
            ("{analysis: [deployment]}", "analysis is not a value: write `analysis: {cause: [VALUE]}`"),
            ("{analysis: {failing_share: [\"half\"]}}", "it is a number"),
        ] {
            let found = problems_of(&rules(&[pattern]));
            assert!(found.iter().any(|problem| problem.contains(expected)), "{pattern}: {found:?}");
        }
    }
}
