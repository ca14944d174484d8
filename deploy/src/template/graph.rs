//! Dependencies between resources, and their order.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::{Expression, Piece, Template, TemplateError};

/// A dependency, and its origin.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Logical id of the dependency.
    pub to: String,
    /// `Ref`, `GetAtt Arn`, `Sub`, `DependsOn`.
    pub because: String,
}

/// The dependencies of every resource, in the template's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Graph {
    edges: IndexMap<String, BTreeSet<Edge>>,
}

impl Graph {
    /// A graph of these dependencies.
    pub fn new(edges: IndexMap<String, BTreeSet<Edge>>) -> Self {
        Self { edges }
    }

    /// The dependencies of a template's resources.
    ///
    /// # Errors
    /// A `DependsOn` that names nothing. Other dangling references are found when values are resolved.
    pub fn of(template: &Template) -> Result<Self, TemplateError> {
        let mut edges = IndexMap::new();
        for (id, resource) in &template.resources {
            let mut needs = BTreeSet::new();
            collect(&resource.properties, &mut needs);
            needs.retain(|edge: &Edge| template.resources.contains_key(&edge.to));
            for name in &resource.depends_on {
                if !template.resources.contains_key(name) {
                    return Err(TemplateError::at(id, format!("DependsOn names {name}, which does not exist")));
                }
                needs.insert(Edge { to: name.clone(), because: "DependsOn".to_owned() });
            }
            edges.insert(id.clone(), needs);
        }
        Ok(Self { edges })
    }

    /// The logical ids of a resource's dependencies.
    pub fn needs(&self, id: &str) -> BTreeSet<String> {
        self.edges.get(id).into_iter().flatten().map(|edge| edge.to.clone()).collect()
    }

    /// Every resource after its dependencies, otherwise in the template's order.
    ///
    /// # Errors
    /// [`TemplateError::Cycle`], with the resources of one cycle.
    pub fn order(&self) -> Result<Vec<String>, TemplateError> {
        let mut order: Vec<String> = Vec::with_capacity(self.edges.len());
        let mut done: BTreeSet<&str> = BTreeSet::new();
        while order.len() < self.edges.len() {
            let ready: Vec<&str> = self
                .edges
                .iter()
                .filter(|(id, needs)| {
                    !done.contains(id.as_str()) && needs.iter().all(|edge| done.contains(edge.to.as_str()))
                })
                .map(|(id, _)| id.as_str())
                .collect();
            if ready.is_empty() {
                return Err(TemplateError::Cycle(self.cycle(&done)));
            }
            order.extend(ready.iter().map(|id| (*id).to_owned()));
            done.extend(ready);
        }
        Ok(order)
    }

    /// Follows unfinished dependencies until one repeats.
    fn cycle(&self, done: &BTreeSet<&str>) -> Vec<String> {
        let mut path: Vec<String> = Vec::new();
        let mut next = self.edges.keys().find(|id| !done.contains(id.as_str())).cloned();
        while let Some(id) = next {
            if let Some(start) = path.iter().position(|seen| *seen == id) {
                path.drain(..start);
                path.push(id);
                return path;
            }
            next = self.needs(&id).into_iter().find(|need| !done.contains(need.as_str()));
            path.push(id);
        }
        path
    }
}

/// Adds every name that an expression refers to.
fn collect(expression: &Expression, needs: &mut BTreeSet<Edge>) {
    match expression {
        Expression::Scalar(_) => {}
        Expression::List(items) => items.iter().for_each(|item| collect(item, needs)),
        Expression::Map(entries) => entries.values().for_each(|value| collect(value, needs)),
        Expression::Reference(name) => {
            needs.insert(Edge { to: name.clone(), because: "Ref".to_owned() });
        }
        Expression::Attribute { resource, attribute } => {
            needs.insert(Edge { to: resource.clone(), because: format!("GetAtt {attribute}") });
        }
        Expression::Substitution { pieces, names } => {
            names.values().for_each(|value| collect(value, needs));
            for piece in pieces {
                if let Piece::Name(name) = piece
                    && !names.contains_key(name)
                {
                    let to = name.split_once('.').map_or(name.as_str(), |(resource, _)| resource);
                    needs.insert(Edge { to: to.to_owned(), because: "Sub".to_owned() });
                }
            }
        }
        Expression::Join { parts, .. } => collect(parts, needs),
        Expression::Choice { then, otherwise, .. } => {
            collect(then, needs);
            collect(otherwise, needs);
        }
    }
}
