//! The same template in fewer bytes: CloudFormation takes 51 200 in a request, and indented YAML spends a third on spaces.

use serde_json::{Map, Value, json};
use yaml_serde::Value as Yaml;

use super::TemplateError;
use super::expression::function_of;

/// A template as JSON without whitespace, with the long forms of its functions.
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
                members.insert(key.to_owned(), value(entry, &format!("{place}.{key}"))?);
            }
            Value::Object(members)
        }
        scalar => serde_json::to_value(scalar).map_err(|error| TemplateError::at(place, error.to_string()))?,
    })
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
    use crate::template::{Completion, EMBEDDED, Inputs, Place, Template};

    /// What a request holds (API reference, `CreateChangeSet`, `TemplateBody`).
    const LONGEST_BODY: usize = 51_200;

    #[test]
    fn functions_take_their_long_form() {
        let text = "A: !Ref B\nC: !GetAtt D.Arn\nE: !Sub ['${x}', {x: !If [F, 1, !Ref 'AWS::NoValue']}]\nG: !Or [!Condition H, !Equals [a, b]]\nI: 0.5\nJ: 'true'\nK: true\n";
        assert_snapshot!(compact(text).unwrap(), @r#"{"A":{"Ref":"B"},"C":{"Fn::GetAtt":["D","Arn"]},"E":{"Fn::Sub":["${x}",{"x":{"Fn::If":["F",1,{"Ref":"AWS::NoValue"}]}}]},"G":{"Fn::Or":[{"Condition":"H"},{"Fn::Equals":["a","b"]}]},"I":0.5,"J":"true","K":true}"#);
    }

    #[test]
    fn it_is_the_same_template_and_fits_into_a_request_with_tags_and_addresses() {
        let completion = Completion {
            emails: (0..5).map(|number| format!("number-{number}@example.com")).collect(),
            tags: (0..4).map(|number| (format!("a-tag-of-a-team-{number}"), "a value".repeat(3))).collect(),
            ..Completion::default()
        };
        let (text, template) = completion.apply(EMBEDDED, naming).unwrap();
        let compacted = compact(&text).unwrap();
        assert!(compacted.len() < LONGEST_BODY, "{} bytes", compacted.len());
        let inputs =
            || Inputs { place: Place::new("devops", "123456789012", "eu-west-1", None), parameters: BTreeMap::new() };
        let whole = Template::parse(&compacted).unwrap().resolve(&inputs(), naming).unwrap();
        assert_eq!(whole, template.resolve(&inputs(), naming).unwrap());
    }
}
