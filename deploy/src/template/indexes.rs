//! The indexes of the table in a finished template: CloudFormation creates or deletes one in each update of a stack
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html>).

use yaml_serde::{Mapping, Value as Yaml};

use super::TemplateError;
use super::alter::alter;
use super::compact::compact;

const TABLE: &str = "AWS::DynamoDB::Table";
const DEFINITIONS: &str = "AttributeDefinitions";
const INDEXES: &str = "GlobalSecondaryIndexes";
const SCHEMA: &str = "KeySchema";
const ATTRIBUTE: &str = "AttributeName";

/// The indexes of a template's table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Indexes {
    key: Vec<Yaml>,
    definitions: Vec<Yaml>,
    indexes: Vec<Yaml>,
}

impl Indexes {
    /// Those of a template; none for one without a table.
    ///
    /// # Errors
    /// A text that is not a template.
    pub fn read(text: &str) -> Result<Self, TemplateError> {
        let document: Yaml = yaml_serde::from_str(text).map_err(TemplateError::Syntax)?;
        let resources = document.get("Resources").and_then(Yaml::as_mapping);
        let table = resources.into_iter().flatten().find_map(|(_, resource)| properties(resource));
        let list = |name: &str| table.and_then(|table| table.get(name)?.as_sequence()).cloned().unwrap_or_default();
        Ok(Self { key: list(SCHEMA), definitions: list(DEFINITIONS), indexes: list(INDEXES) })
    }

    /// Their names.
    pub fn names(&self) -> Vec<&str> {
        self.indexes.iter().filter_map(name).collect()
    }

    /// The same and some of another template's.
    #[must_use]
    pub fn with(&self, others: &Self, names: &[&str]) -> Self {
        let mut all = self.clone();
        let is_named = |index: &&Yaml| name(index).is_some_and(|name| names.contains(&name));
        all.indexes.extend(others.indexes.iter().filter(is_named).cloned());
        let is_new = |other: &&Yaml| self.definitions.iter().all(|own| own.get(ATTRIBUTE) != other.get(ATTRIBUTE));
        all.definitions.extend(others.definitions.iter().filter(is_new).cloned());
        all
    }

    /// A template with these instead of its own. It defines exactly the attributes that are keys, as AWS demands.
    ///
    /// # Errors
    /// A text that is not a template.
    pub fn put(&self, text: &str) -> Result<String, TemplateError> {
        let schemas = self.indexes.iter().filter_map(|index| index.get(SCHEMA)?.as_sequence());
        let keys: Vec<&Yaml> = schemas.flatten().chain(&self.key).filter_map(|key| key.get(ATTRIBUTE)).collect();
        let is_key = |definition: &&Yaml| definition.get(ATTRIBUTE).is_some_and(|name| keys.contains(&name));
        let definitions: Vec<Yaml> = self.definitions.iter().filter(is_key).cloned().collect();
        let altered = alter(text, |resources| {
            for (_, resource) in resources.iter_mut().filter(|(_, resource)| properties(resource).is_some()) {
                let Some(table) = resource.get_mut("Properties").and_then(Yaml::as_mapping_mut) else { continue };
                table.insert(DEFINITIONS.into(), Yaml::Sequence(definitions.clone()));
                table.insert(INDEXES.into(), Yaml::Sequence(self.indexes.clone()));
            }
        })?;
        compact(&altered)
    }
}

/// The properties of a table.
fn properties(resource: &Yaml) -> Option<&Mapping> {
    let is_table = resource.get("Type").and_then(Yaml::as_str) == Some(TABLE);
    resource.get("Properties").and_then(Yaml::as_mapping).filter(|_| is_table)
}

fn name(index: &Yaml) -> Option<&str> {
    index.get("IndexName")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(keys: &[&str]) -> String {
        let definitions: Vec<String> =
            keys.iter().map(|key| format!("{{AttributeName: {key}, AttributeType: S}}")).collect();
        let indexes: Vec<String> = keys
            .iter()
            .map(|key| format!("{{IndexName: by-{key}, KeySchema: [{{AttributeName: {key}, KeyType: HASH}}]}}"))
            .collect();
        format!(
            "Resources:\n  Q: {{Type: X}}\n  T:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      KeySchema: [{{AttributeName: id, KeyType: HASH}}]\n      AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}, {}]\n      GlobalSecondaryIndexes: [{}]\n",
            definitions.join(", "),
            indexes.join(", ")
        )
    }

    #[test]
    fn a_template_has_the_indexes_it_is_given_and_defines_their_keys() -> Result<(), TemplateError> {
        let (old, new) = (template(&["a", "b"]), template(&["b", "c"]));
        let (before, after) = (Indexes::read(&old)?, Indexes::read(&new)?);
        let both = after.with(&before, &["by-a", "by-z"]);
        assert_eq!(both.names(), ["by-b", "by-c", "by-a"]);
        let put = both.put(&new)?;
        assert_eq!(Indexes::read(&put)?.names(), both.names());
        let defined = |text: &str| -> Result<Vec<String>, TemplateError> {
            let names = Indexes::read(text)?.definitions;
            Ok(names.iter().filter_map(|one| Some(one.get(ATTRIBUTE)?.as_str()?.to_owned())).collect())
        };
        assert_eq!(defined(&put)?, ["id", "b", "c", "a"]);
        assert_eq!(defined(&before.with(&after, &["by-c"]).put(&new)?)?, ["id", "a", "b", "c"]);
        assert_eq!(defined(&Indexes { indexes: Vec::new(), ..both }.put(&old)?)?, ["id"]);
        assert_eq!(Indexes::read("Resources:\n  Q: {Type: X}\n")?, Indexes::default());
        Ok(())
    }
}
