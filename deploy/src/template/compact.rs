//! The same template in fewer bytes: CloudFormation takes 51 200 in a request, and indented YAML spends a third on spaces.

use serde_json::{Map, Value, json};
use yaml_serde::Value as Yaml;

use super::TemplateError;
use super::expression::function_of;

/// A template as JSON without whitespace, with the long forms of its functions and without what only describes it.
///
/// # Errors
/// A text that is not a template.
pub fn compact(text: &str) -> Result<String, TemplateError> {
    let document: Yaml = yaml_serde::from_str(text).map_err(TemplateError::Syntax)?;
    Ok(value(&document, "template")?.to_string())
}

fn value(yaml: &Yaml, place: &str) -> Result<Value, TemplateError> {
    Ok(match yaml {
        Yaml::Tagged(_) => match function_of(yaml) {
            Some((name, argument)) => function(&name, argument, place)?,
            None => return Err(TemplateError::at(place, "this tag is not supported")),
        },
        Yaml::Sequence(items) => items.iter().map(|item| value(item, place)).collect::<Result<_, _>>()?,
        Yaml::Mapping(entries) => {
            let mut members = Map::new();
            for (key, entry) in entries {
                let key = key.as_str().ok_or_else(|| TemplateError::at(place, "a key is not a text"))?;
                if is_for_readers(place, key) {
                    continue;
                }
                members.insert(key.to_owned(), value(entry, &format!("{place}.{key}"))?);
            }
            Value::Object(members)
        }
        Yaml::String(text) if place.contains(".DashboardBody") => without_lines(text).into(),
        scalar => serde_json::to_value(scalar).map_err(|error| TemplateError::at(place, error.to_string()))?,
    })
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

fn function(name: &str, argument: &Yaml, place: &str) -> Result<Value, TemplateError> {
    let key = match name {
        "Ref" | "Condition" => name.to_owned(),
        name => format!("Fn::{name}"),
    };
    let argument = match (name, argument.as_str().and_then(|text| text.split_once('.'))) {
        // Only YAML has the form with a dot.
        ("GetAtt", Some((resource, attribute))) => json!([resource, attribute]),
        _ => value(argument, place)?,
    };
    Ok(json!({ key: argument }))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeMap;

    use insta::assert_snapshot;

    use super::*;
    use crate::resources::naming;
    use crate::template::{Completion, EMBEDDED, Inputs, LONGEST_PATTERN, Place, Stack, Template};

    /// What a request holds (API reference, `CreateChangeSet`, `TemplateBody`). A longer one goes through S3.
    const LONGEST_BODY: usize = 51_200;

    #[test]
    fn functions_take_their_long_form() {
        let text = "A: !Ref B\nC: !GetAtt D.Arn\nE: !Sub ['${x}', {x: !If [F, 1, !Ref 'AWS::NoValue']}]\nG: !Or [!Condition H, !Equals [a, b]]\nI: 0.5\nJ: 'true'\nK: true\n";
        assert_snapshot!(compact(text).unwrap(), @r#"{"A":{"Ref":"B"},"C":{"Fn::GetAtt":["D","Arn"]},"E":{"Fn::Sub":["${x}",{"x":{"Fn::If":["F",1,{"Ref":"AWS::NoValue"}]}}]},"G":{"Fn::Or":[{"Condition":"H"},{"Fn::Equals":["a","b"]}]},"I":0.5,"J":"true","K":true}"#);
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

    /// Tags stand at every resource, and own patterns may be long: with many of them the template goes through S3.
    #[test]
    fn it_is_the_same_template_and_fits_into_a_request_without_much_of_ones_own() {
        let pattern = json!({"source": ["a".repeat(LONGEST_PATTERN - r#"{"source":[""]}"#.len())]});
        for (tags, events, fits) in [(1, Vec::new(), true), (30, vec![pattern], false)] {
            let (text, template) = completed(tags, events);
            let compacted = compact(&text).unwrap();
            assert_eq!(compacted.len() < LONGEST_BODY, fits, "{} bytes with {tags} tags", compacted.len());
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
