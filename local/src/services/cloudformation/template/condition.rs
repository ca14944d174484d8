//! Conditions: what holds, given values for the parameters.

use super::error::{Broken, format_error, lacks, takes};
use super::node::{Function, Node};
use super::reference::named_condition;
use super::resolve::Scope;

/// Conditions that may be made of one another, each of the next. CloudFormation names no limit.
const LONGEST_CHAIN: usize = 200;

impl Scope<'_> {
    /// Decides all conditions.
    pub(super) fn decide_all(&mut self) -> Result<(), Broken> {
        for name in self.template.conditions.keys() {
            self.decide(name, &mut Vec::new())?;
        }
        Ok(())
    }

    fn decide(&mut self, name: &str, chain: &mut Vec<String>) -> Result<bool, Broken> {
        if let Some(known) = self.conditions.get(name) {
            return Ok(*known);
        }
        let template = self.template;
        let Some(node) = template.conditions.get(name) else {
            return Err(format_error(format_args!(
                "Unresolved condition dependency {name} in the Conditions block of the template"
            )));
        };
        if chain.iter().any(|earlier| earlier == name) {
            return Err(format_error(format_args!("Circular dependency between conditions: [{}]", chain.join(", "))));
        }
        if chain.len() >= LONGEST_CHAIN {
            return Err(lacks(format_args!("more than {LONGEST_CHAIN} conditions made of one another")));
        }
        chain.push(name.to_owned());
        let holds = self.holds(node, chain)?;
        chain.pop();
        self.conditions.insert(name.to_owned(), holds);
        Ok(holds)
    }

    fn holds(&mut self, node: &Node, chain: &mut Vec<String>) -> Result<bool, Broken> {
        if let Some(name) = named_condition(node) {
            return self.decide(&name, chain);
        }
        let Node::Function(function, argument) = node else {
            return Err(format_error("Every Conditions member must be a boolean function"));
        };
        let arguments = argument.elements().unwrap_or_default();
        let several = |name: &str| match arguments.len() {
            2..=10 => Ok(()),
            _ => Err(takes(name, "a list of at least 2 and at most 10 boolean parameters.")),
        };
        match function {
            Function::Condition => self.decide(&argument.scalar_text().unwrap_or_default(), chain),
            Function::Equals => match arguments {
                [left, right] => Ok(self.text_of(left)? == self.text_of(right)?),
                _ => Err(takes("Fn::Equals", "a list of 2 string parameters.")),
            },
            Function::Not => match arguments {
                [one] => Ok(!self.holds(one, chain)?),
                _ => Err(takes("Fn::Not", "a list of 1 boolean parameter.")),
            },
            Function::And => {
                several("Fn::And")?;
                // Each is decided, so that a broken one is found whatever the others say.
                arguments.iter().try_fold(true, |all, one| Ok(self.holds(one, chain)? && all))
            }
            Function::Or => {
                several("Fn::Or")?;
                arguments.iter().try_fold(false, |any, one| Ok(self.holds(one, chain)? || any))
            }
            _ => Err(format_error("Every Conditions member must be a boolean function")),
        }
    }

    /// Whether a condition holds that was decided already.
    pub(super) fn is_met(&self, name: Option<&str>) -> bool {
        name.is_none_or(|name| self.conditions.get(name) == Some(&true))
    }
}
