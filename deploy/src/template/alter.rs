//! Variants of a finished template for CloudFormation.

use yaml_serde::{Mapping, Value as Yaml};

use super::TemplateError;

/// A template without some of its resources and their `DependsOn`.
///
/// # Errors
/// A text that is not a template.
pub fn without(text: &str, ids: &[&str]) -> Result<String, TemplateError> {
    if ids.is_empty() {
        return Ok(text.to_owned());
    }
    let is_gone = |value: &Yaml| value.as_str().is_some_and(|id| ids.contains(&id));
    alter(text, |resources| {
        resources.retain(|id, _| !is_gone(id));
        for resource in resources.iter_mut().filter_map(|(_, resource)| resource.as_mapping_mut()) {
            match resource.get_mut("DependsOn") {
                Some(Yaml::Sequence(others)) => others.retain(|other| !is_gone(other)),
                Some(other) if is_gone(other) => {
                    resource.remove("DependsOn");
                }
                _ => {}
            }
        }
    })
}

/// A template with some of its resources retained.
///
/// # Errors
/// A text that is not a template.
pub fn retaining(text: &str, ids: &[impl AsRef<str>]) -> Result<String, TemplateError> {
    alter(text, |resources| {
        for id in ids {
            let Some(resource) = resources.get_mut(id.as_ref()).and_then(Yaml::as_mapping_mut) else { continue };
            resource.insert("DeletionPolicy".into(), "Retain".into());
            // CloudFormation does not count a DeletionPolicy alone as a change; metadata it does.
            let metadata = resource.entry("Metadata".into()).or_insert_with(|| Yaml::Mapping(Mapping::new()));
            if let Some(metadata) = metadata.as_mapping_mut() {
                metadata.insert("outlives-the-stack".into(), true.into());
            }
        }
    })
}

pub(super) fn alter(text: &str, change: impl FnOnce(&mut Mapping)) -> Result<String, TemplateError> {
    let mut document: Yaml = yaml_serde::from_str(text).map_err(TemplateError::Syntax)?;
    let resources = document.get_mut("Resources").and_then(Yaml::as_mapping_mut);
    change(resources.ok_or_else(|| TemplateError::at("Resources", "the section is missing or empty"))?);
    yaml_serde::to_string(&document).map_err(TemplateError::Syntax)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "Resources:\n  A:\n    Type: X\n  B:\n    Type: X\n    DependsOn: A\n  C:\n    Type: X\n    DependsOn:\n    - A\n    - B\n";

    #[test]
    fn removed_resources_leave_no_dependencies() -> Result<(), TemplateError> {
        assert_eq!(without(TEMPLATE, &[])?, TEMPLATE);
        insta::assert_snapshot!(without(TEMPLATE, &["A"])?, @r"
        Resources:
          B:
            Type: X
          C:
            Type: X
            DependsOn:
            - B
        ");
        Ok(())
    }

    #[test]
    fn retained_resources_have_the_policy() -> Result<(), TemplateError> {
        insta::assert_snapshot!(retaining("Resources:\n  A:\n    Type: X\n", &["A", "Absent"])?, @r"
        Resources:
          A:
            Type: X
            DeletionPolicy: Retain
            Metadata:
              outlives-the-stack: true
        ");
        Ok(())
    }
}
