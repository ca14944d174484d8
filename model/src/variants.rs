//! The wordings of one failure. An incident shows its latest failure whole; its variants say how many wordings there were,
//! and how often each came.
//!
//! Counts are in the tally, one attribute a variant, so that they are added like the count of failures itself. Their texts
//! are beside the timeline: they are written once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fields::shortened;
use crate::fingerprint::digest;
use crate::incident::Incident;
use crate::reduce::{headline, reduce};

/// Number of variants that are counted one by one. The tally has room for their counts within its write unit.
pub const MOST: usize = 6;
/// Number of variants that people are shown.
pub const SHOWN: usize = 3;
/// Start of the attributes' names.
const PREFIX: &str = "variant_";
/// Id of all variants beyond [`MOST`].
const OTHERS: &str = "others";
/// Longest text of a variant, in characters.
const LONGEST: usize = 160;

/// One wording of a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// Eight hexadecimal digits, or `others`.
    pub id: String,
    /// The first message of this wording; empty for the others.
    #[serde(default)]
    pub message: String,
    /// Number of failures with it.
    pub occurrences: u64,
}

impl Variant {
    /// The variant of a failure with this message, redacted.
    pub fn of(message: &str, occurrences: u64) -> Self {
        let id = digest("", [reduce(message).words.as_str()]).chars().take(8).collect();
        Self { id, message: shortened(&headline(message), LONGEST), occurrences }
    }

    /// Whether it stands for all variants that are not counted one by one.
    pub fn is_others(&self) -> bool {
        self.id == OTHERS
    }

    /// The attribute with its count in the tally, and with its text beside the timeline.
    pub fn attribute(&self) -> String {
        format!("{PREFIX}{}", self.id)
    }
}

/// The variants with more failures of one.
pub(crate) fn with(mut variants: Vec<Variant>, more: &Variant) -> Vec<Variant> {
    let is_full = variants.iter().filter(|known| !known.is_others()).count() >= MOST;
    let is_known = variants.iter().any(|known| known.id == more.id);
    let id = if is_full && !is_known { OTHERS } else { more.id.as_str() };
    match variants.iter_mut().find(|known| known.id == id) {
        Some(known) => known.occurrences = known.occurrences.saturating_add(more.occurrences),
        None if id == OTHERS => {
            variants.push(Variant { id: id.to_owned(), message: String::new(), occurrences: more.occurrences });
        }
        None => variants.push(more.clone()),
    }
    variants
}

impl Incident {
    /// The failures that this incident has beyond one that it was, by variant. Those of a variant that it had not yet have
    /// its text.
    pub fn new_variants(&self, before: &Self) -> Vec<Variant> {
        let known = before.variants();
        let more = self.variants().into_iter().filter_map(|now| {
            let was = known.iter().find(|known| known.id == now.id);
            let occurrences = now.occurrences.saturating_sub(was.map_or(0, |was| was.occurrences));
            let message = if was.is_none() { now.message } else { String::new() };
            (occurrences > 0).then_some(Variant { message, occurrences, ..now })
        });
        more.collect()
    }

    /// The variants of its failures: at least one.
    pub fn variants(&self) -> Vec<Variant> {
        match self.variants.as_slice() {
            [] => vec![Variant::of(&self.error_message, self.occurrences)],
            variants => variants.to_vec(),
        }
    }

    /// The commonest variants, at most [`SHOWN`], if there are several.
    pub fn commonest_variants(&self) -> Vec<Variant> {
        let mut variants = self.variants();
        if variants.len() == 1 {
            return Vec::new();
        }
        variants.retain(|variant| !variant.is_others() && !variant.message.is_empty());
        variants.sort_by(|one, other| other.occurrences.cmp(&one.occurrences).then_with(|| one.id.cmp(&other.id)));
        variants.truncate(SHOWN);
        variants
    }

    /// How many variants there were, for people: `4`, `more than 6`; `None` if there was one.
    pub fn number_of_variants(&self) -> Option<String> {
        let variants = self.variants();
        let counted = variants.iter().filter(|variant| !variant.is_others()).count();
        match variants.iter().any(Variant::is_others) {
            true => Some(format!("more than {counted}")),
            false => (counted > 1).then(|| counted.to_string()),
        }
    }

    /// The incident with the counts of variants in its tally.
    #[must_use]
    pub(crate) fn with_variant_counts(self, attributes: &BTreeMap<String, Value>) -> Self {
        let counts = attributes.iter().filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?, value.as_u64()?)));
        let counts: Vec<(&str, u64)> = counts.collect();
        if counts.is_empty() {
            return self;
        }
        let variants = counts.into_iter().fold(self.variants(), |mut variants, (id, occurrences)| {
            match variants.iter_mut().find(|known| known.id == id) {
                Some(known) => known.occurrences = known.occurrences.saturating_add(occurrences),
                None => variants.push(Variant { id: id.to_owned(), message: String::new(), occurrences }),
            }
            variants
        });
        Self { variants, ..self }
    }

    /// The incident with the texts of variants beside its timeline.
    #[must_use]
    pub(crate) fn with_variant_texts(mut self, attributes: &BTreeMap<String, Value>) -> Self {
        for variant in &mut self.variants {
            let text = attributes.get(&variant.attribute()).and_then(Value::as_str);
            if let Some(text) = text.filter(|_| variant.message.is_empty()) {
                variant.message = text.to_owned();
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Rules, classify};

    use super::*;

    fn failure(word: &str) -> Result<Incident, Box<dyn std::error::Error>> {
        let event = json!({"source": "lambda", "detail": {
            "requestContext": {"functionArn": "arn:aws:lambda:eu-west-1:111111111111:function:signup", "condition": "RetriesExhausted"},
            "responsePayload": {
                "errorType": "InvalidCountry", "errorMessage": format!("Invalid country name {word}"),
                "stackTrace": ["  File \"/var/task/app.py\", line 12, in handler\n    raise InvalidCountry\n"],
            },
        }});
        let events = classify(&event, &Rules::defaults()?)?;
        Ok(events[0].incident("inc-1".to_owned(), "2026-11-27T10:00:00Z".to_owned()).ok_or("no failure")?)
    }

    #[test]
    fn the_commonest_three_wordings_are_named_and_the_latest_is_shown() -> Result<(), Box<dyn std::error::Error>> {
        let words = ["Atlantis", "Holand", "Holand", "Itlay", "Spian", "Itlay", "Itlay", "Franec"];
        let mut incident = failure("Atlantis")?;
        for word in &words[1..] {
            incident = incident.counting(&failure(word)?, 1);
        }
        assert_eq!(incident.error_message, "Invalid country name Franec");
        assert_eq!(incident.number_of_variants().as_deref(), Some("5"));
        let commonest: Vec<(String, u64)> =
            incident.commonest_variants().into_iter().map(|one| (one.message, one.occurrences)).collect();
        assert_eq!(commonest[0], ("Invalid country name Itlay".to_owned(), 3));
        assert_eq!(commonest[1], ("Invalid country name Holand".to_owned(), 2));
        assert_eq!(commonest.len(), 3);
        Ok(())
    }

    #[test]
    fn beyond_the_limit_they_are_counted_together() -> Result<(), Box<dyn std::error::Error>> {
        let mut incident = failure("Atlantis")?;
        for word in ["Aa", "Bb", "Cc", "Dd", "Ee", "Ff", "Gg", "Aa"] {
            incident = incident.counting(&failure(word)?, 1);
        }
        assert_eq!(incident.number_of_variants().as_deref(), Some("more than 6"));
        assert_eq!(incident.variants().iter().map(|variant| variant.occurrences).sum::<u64>(), 9);
        Ok(())
    }

    #[test]
    fn one_wording_is_no_variant() -> Result<(), Box<dyn std::error::Error>> {
        let incident = failure("17")?.counting(&failure("18")?, 1);
        assert_eq!((incident.number_of_variants(), incident.commonest_variants()), (None, Vec::new()));
        Ok(())
    }
}
