//! Changes of a function in words.

use super::facts::changes::{Before, Order, is_less};
use super::facts::quote;
use super::function_state::Altered;
use super::words::{listed, span};
use super::{EvidenceKind, Quote};
use crate::arn;
use crate::fields::shortened;
use crate::quotation::named;

/// What changed and when: `The memory was lowered from 512 to 128 MB 3 min before the first failure`.
pub(crate) fn sentence(before: &Before) -> String {
    format!("{} {}", what(&before.change.altered), when(before))
}

/// The same where no snapshot shows what it was.
pub(crate) fn unseen(before: &Before) -> String {
    format!("Code or a setting was changed {}", when(before))
}

/// The same as evidence, with who did it.
pub(crate) fn evidence(before: &Before) -> Quote {
    let by = before.change.by.as_deref().map(|by| format!(", by {}", named(by))).unwrap_or_default();
    match before.order {
        Order::Exact => {
            let what = what(&before.change.altered);
            quote(EvidenceKind::Change, Some(before.change.at), format!("{what}{by}"))
        }
        Order::AtLeast | Order::AtMost => quote(EvidenceKind::Change, None, format!("{}{by}", sentence(before))),
    }
}

fn when(before: &Before) -> String {
    // Metrics know the minute only.
    let span = match before.elapsed {
        ..90 if before.is_rough => "about a minute".to_owned(),
        elapsed if before.is_rough => format!("about {}", span(elapsed.max(120))),
        elapsed => span(elapsed),
    };
    match before.order {
        Order::Exact if before.elapsed == 0 && !before.is_rough => "right before the first failure".to_owned(),
        Order::Exact => format!("{span} before the first failure"),
        Order::AtLeast => format!("at least {span} before the first failure, since the last snapshot"),
        Order::AtMost if before.elapsed == 0 => "about when the first failure came".to_owned(),
        Order::AtMost => format!("at most {span} before the first failure"),
    }
}

/// What changed, as a main clause.
pub(crate) fn what(altered: &Altered) -> String {
    match altered {
        Altered::Code { version } if version.is_empty() => "Code was deployed".to_owned(),
        Altered::Code { version } => format!("Version {} was deployed", named(version)),
        Altered::Alias { name, from, to } => {
            format!("The alias {} was moved from version {} to {}", named(name), named(from), named(to))
        }
        Altered::Setting { name, from, to } => setting(name, from, to),
        Altered::Environment { added, removed } => environment(added, removed),
        Altered::Layers { from, to } => layers(from, to),
        Altered::Something => {
            "A setting that no snapshot holds, such as the value of a variable, was changed".to_owned()
        }
    }
}

fn setting(name: &str, from: &str, to: &str) -> String {
    let unit = match name {
        "memory" | "storage" => " MB",
        "timeout" => " s",
        _ => "",
    };
    let title = match name {
        "concurrency" => "reserved concurrency",
        "storage" => "size of /tmp",
        name => name,
    };
    match name {
        "concurrency" if from == "none" => format!("A reserved concurrency of {} was set", named(to)),
        "concurrency" if to == "none" => format!("The reserved concurrency of {} was removed", named(from)),
        "memory" | "timeout" | "storage" | "concurrency" => {
            let verb = if is_less(from, to) { "lowered" } else { "raised" };
            format!("The {title} was {verb} from {} to {}{unit}", named(from), named(to))
        }
        "role" => format!("The role was changed from {} to {}", named(arn::name(from)), named(arn::name(to))),
        "network" if from.is_empty() => "The function was put into a VPC".to_owned(),
        "network" if to.is_empty() => "The function was taken out of its VPC".to_owned(),
        "network" => "Subnets or security groups of the function were changed".to_owned(),
        "description" => "The description was changed".to_owned(),
        _ => format!("The {} was changed from {} to {}", named(title), named(from), named(to)),
    }
}

/// Names that are listed one by one.
const MOST_NAMES: usize = 5;
/// Longest name in a list, in characters.
const LONGEST_NAME: usize = 100;

/// The first names of many.
pub(crate) fn some(names: &[String]) -> String {
    let mut shown: Vec<String> =
        names.iter().take(MOST_NAMES).map(|name| named(&shortened(name, LONGEST_NAME))).collect();
    if names.len() > MOST_NAMES {
        shown.push(format!("{} more", names.len() - MOST_NAMES));
    }
    listed(&shown)
}

fn environment(added: &[String], removed: &[String]) -> String {
    let variables = |names: &[String]| {
        let listed = some(names);
        let (noun, verb) = if names.len() == 1 { ("variable", "was") } else { ("variables", "were") };
        format!("environment {noun} {listed} {verb}")
    };
    match (added, removed) {
        (added, []) => format!("The {} added", variables(added)),
        ([], removed) => format!("The {} removed", variables(removed)),
        (added, removed) => format!("The {} removed and the {} added", variables(removed), variables(added)),
    }
}

/// `The layer Datadog-Extension was changed (60 → 62)`.
fn layers(from: &[String], to: &[String]) -> String {
    let parts = |layer: &str| {
        let mut parts = layer.rsplitn(3, ':');
        let version = parts.next().unwrap_or_default().to_owned();
        (parts.next().unwrap_or(layer).to_owned(), version)
    };
    let (from, to): (Vec<_>, Vec<_>) =
        (from.iter().map(|layer| parts(layer)).collect(), to.iter().map(|layer| parts(layer)).collect());
    let mut said: Vec<String> = Vec::new();
    for (name, version) in &to {
        said.push(match from.iter().find(|(former, _)| former == name) {
            Some((_, former)) => {
                format!("the layer {} was changed ({} → {})", named(name), named(former), named(version))
            }
            None => format!("the layer {} was added (version {})", named(name), named(version)),
        });
    }
    let gone = from.iter().filter(|(name, _)| !to.iter().any(|(later, _)| later == name));
    said.extend(
        gone.map(|(name, version)| format!("the layer {} was removed (version {})", named(name), named(version))),
    );
    capitalised(&listed(&said))
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
