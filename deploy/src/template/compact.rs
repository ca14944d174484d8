//! The same template in fewer bytes: CloudFormation takes 51 200 in a request, and indented YAML spends a third on spaces.

use serde_json::Value;
use yaml_serde::Value as Yaml;

use super::TemplateError;
use super::expression::function_of;

/// A template as YAML with one line per section, in which nothing is quoted that need not be, and without what only
/// describes it. CloudFormation would take a text that begins with a brace for JSON, which has no short functions.
///
/// # Errors
/// A text that is not a template.
pub fn compact(text: &str) -> Result<String, TemplateError> {
    let document: Yaml = yaml_serde::from_str(text).map_err(TemplateError::Syntax)?;
    let sections = document.as_mapping().ok_or_else(|| TemplateError::at("template", "it is not a mapping"))?;
    let lines = members(sections, "template")?.into_iter().map(|member| member + "\n");
    Ok(lines.collect())
}

fn value(yaml: &Yaml, place: &str) -> Result<String, TemplateError> {
    Ok(match yaml {
        Yaml::Tagged(_) => match function_of(yaml) {
            Some((name, argument)) => function(&name, argument, place)?,
            None => return Err(TemplateError::at(place, "this tag is not supported")),
        },
        Yaml::Sequence(items) => {
            let items = items.iter().map(|item| value(item, place)).collect::<Result<Vec<_>, _>>()?;
            format!("[{}]", items.join(","))
        }
        Yaml::Mapping(entries) => format!("{{{}}}", members(entries, place)?.join(",")),
        Yaml::String(text) if place.contains(".DashboardBody") => scalar(&without_lines(text)),
        Yaml::String(text) => scalar(text),
        number => {
            let number: Value =
                serde_json::to_value(number).map_err(|error| TemplateError::at(place, error.to_string()))?;
            number.to_string()
        }
    })
}

fn members(entries: &yaml_serde::Mapping, place: &str) -> Result<Vec<String>, TemplateError> {
    let mut members = Vec::new();
    for (key, entry) in entries {
        let key = key.as_str().ok_or_else(|| TemplateError::at(place, "a key is not a text"))?;
        if !is_for_readers(place, key) {
            members.push(format!("{}: {}", scalar(key), value(entry, &format!("{place}.{key}"))?));
        }
    }
    Ok(members)
}

/// A text, in quotes unless it is a word or several that no version of YAML takes for anything else.
fn scalar(text: &str) -> String {
    const NO_TEXTS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-. ".contains(&byte))
        && !text.ends_with(' ')
        && !NO_TEXTS.contains(&text.to_ascii_lowercase().as_str());
    let quoted = Value::from(text).to_string();
    match text.chars().any(char::is_control) {
        _ if is_word => text.to_owned(),
        // In single quotes nothing is escaped but these.
        false if quoted.contains('\\') => format!("'{}'", text.replace('\'', "''")),
        _ => quoted,
    }
}

/// Whether a member only describes a parameter, an output or the step of a resource to whoever reads the file.
fn is_for_readers(place: &str, key: &str) -> bool {
    let is_in = |section: &str| place.starts_with(section) && place.matches('.').count() == 2;
    match key {
        "Description" => is_in("template.Parameters.") || is_in("template.Outputs."),
        "Metadata" => is_in("template.Resources."),
        _ => false,
    }
}

/// A JSON text without its line breaks and indentation, and without the blanks between its parts.
pub(crate) fn without_lines(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let (mut is_inside, mut is_escaped) = (false, false);
    for character in text.lines().flat_map(|line| line.trim().chars()) {
        if is_inside || character != ' ' {
            bare.push(character);
        }
        is_inside ^= character == '"' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
    }
    bare
}

/// The short form, which YAML does not allow one after another.
fn function(name: &str, argument: &Yaml, place: &str) -> Result<String, TemplateError> {
    let is_nested = matches!(argument, Yaml::Tagged(_));
    Ok(match (name, argument) {
        ("GetAtt", Yaml::String(attribute)) => format!("!GetAtt {attribute}"),
        // A list has no short form.
        ("GetAtt", _) => format!("{{\"Fn::GetAtt\": {}}}", value(argument, place)?),
        (name, _) if is_nested => format!("{{\"Fn::{name}\": {}}}", value(argument, place)?),
        (name, _) => format!("!{name} {}", value(argument, place)?),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeMap;

    use insta::assert_snapshot;
    use serde_json::json;

    use super::*;
    use crate::resources::naming;
    use crate::template::{Completion, EMBEDDED, Inputs, LONGEST_PATTERN, Place, Stack, Template};

    /// What a request holds (API reference, `CreateChangeSet`, `TemplateBody`). A longer one goes through S3.
    const LONGEST_BODY: usize = 51_200;

    #[test]
    fn only_what_needs_quotes_has_them_and_functions_take_their_short_form() {
        let text = "A: !Ref B\nC: !GetAtt D.Arn\nE: !Sub ['${x}', {x: !If [F, 1, !Ref 'AWS::NoValue']}]\nG: !Or [!Condition H, !Equals [a, b]]\nI: 0.5\nJ: 'true'\nK: true\nL: 'on'\nM: '2012-10-17'\nN: !GetAtt [O, Arn]\nT: ['', ~]\nU: '{\"a\": \"it''s\"}'\n";
        assert_snapshot!(compact(text).unwrap(), @r#"
        A: !Ref B
        C: !GetAtt D.Arn
        E: !Sub ["${x}",{x: !If [F,1,!Ref "AWS::NoValue"]}]
        G: !Or [!Condition H,!Equals [a,b]]
        I: 0.5
        J: "true"
        K: true
        L: "on"
        M: "2012-10-17"
        "N": {"Fn::GetAtt": [O,Arn]}
        T: ["",null]
        U: '{"a": "it''s"}'
        "#);
    }

    #[test]
    fn blanks_between_the_parts_of_a_json_text_are_left_out() {
        let text = "{\n  \"a b\": [1, 2],\n  \"c \\\" , d\": \"${E}\"\n}";
        assert_eq!(without_lines(text), "{\"a b\":[1,2],\"c \\\" , d\":\"${E}\"}");
    }

    /// With five addresses.
    fn completed(tags: usize, events: Vec<Value>) -> (String, Template) {
        let completion = Completion {
            emails: (0..5).map(|number| format!("number-{number}@example.com")).collect(),
            tags: (0..tags).map(|number| (format!("a-tag-of-a-team-{number}"), "a value".repeat(3))).collect(),
            events,
            ..Completion::default()
        };
        completion.apply(EMBEDDED, naming).unwrap()
    }

    #[test]
    fn it_is_the_same_template_and_fits_into_a_request_with_tags_and_addresses() {
        let pattern = json!({"source": ["a".repeat(LONGEST_PATTERN - r#"{"source":[""]}"#.len())]});
        for (tags, events) in [(4, Vec::new()), (2, vec![pattern])] {
            let (text, template) = completed(tags, events);
            let compacted = compact(&text).unwrap();
            assert!(compacted.len() < LONGEST_BODY, "{} bytes with {tags} tags", compacted.len());
            assert_eq!(resolved(&Template::parse(&compacted).unwrap()), without_descriptions(resolved(&template)));
        }
    }

    fn resolved(template: &Template) -> Stack {
        let place = Place::new("devops", "123456789012", "eu-west-1", None);
        template.resolve(&Inputs { place, parameters: BTreeMap::new() }, naming).unwrap()
    }

    fn without_descriptions(mut stack: Stack) -> Stack {
        for desired in &mut stack.resources {
            desired.step = 0;
            if let Some(body) = desired.properties.get_mut("DashboardBody") {
                *body = without_lines(body.as_str().unwrap()).into();
            }
        }
        stack
    }
}
