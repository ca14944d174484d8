//! What a template declares, for those who have no values for its parameters.

use super::Template;
use crate::services::cloudformation::provisioner::{Declaration, DeclaredParameter};

impl Template {
    /// Parameters and resources as they are declared.
    pub(in super::super) fn declaration(&self) -> Declaration {
        let parameters = self.parameters.iter().map(|(name, parameter)| DeclaredParameter {
            name: name.clone(),
            kind: parameter.kind.name().to_owned(),
            default: parameter.default.clone(),
            description: parameter.description.clone(),
            allowed_values: parameter.allowed_values.clone(),
            no_echo: parameter.no_echo,
        });
        let resources = self
            .resources
            .iter()
            .map(|(id, body)| (id.clone(), body.resource_type.clone(), body.properties.keys().cloned().collect()));
        Declaration {
            description: self.description.clone(),
            parameters: parameters.collect(),
            resources: resources.collect(),
        }
    }
}
