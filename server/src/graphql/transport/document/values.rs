//! How much the values of arguments weigh. The library clones an argument's value at each use, variables put
//! in, so a value counts as often as it is used.

use std::collections::HashMap;

use async_graphql::{
    Name, Variables,
    parser::types::{ExecutableDocument, VariableDefinition},
};
use async_graphql_value::{ConstValue, Value};

use super::{DocumentLimits, too_much};
use crate::domain::Result;

/// Bytes that a value takes beside its text.
const NODE: u64 = 64;

/// The weights of an operation's variables, in bytes.
pub(super) struct Weights<'a>(HashMap<&'a str, u64>);

impl<'a> Weights<'a> {
    /// Weighs the variables that were sent, and the defaults of the others.
    pub(super) fn of(
        variables: &'a Variables,
        document: &'a ExecutableDocument,
        limits: &DocumentLimits,
    ) -> Result<Self> {
        let mut weights = HashMap::new();
        let mut defined = 0;
        for (_, operation) in document.operations.iter() {
            defined += operation.node.variable_definitions.len();
            let defaults = operation.node.variable_definitions.iter();
            weights.extend(defaults.filter_map(|definition| default(&definition.node)));
        }
        if defined > limits.variables {
            return Err(too_much("too many variables", limits.variables));
        }
        for (name, value) in variables.iter() {
            let weight = constant(value, limits.nested_variables);
            let weight = weight
                .ok_or_else(|| too_much("variables nested too deep", limits.nested_variables))?;
            let largest = weights.entry(name.as_str()).or_default();
            *largest = weight.max(*largest);
        }
        Ok(Self(weights))
    }

    /// What a value weighs with its variables put in.
    pub(super) fn weigh(&self, value: &Value) -> u64 {
        let inner: u64 = match value {
            Value::Variable(name) => return self.0.get(name.as_str()).copied().unwrap_or(NODE),
            Value::String(text) => text.len() as u64,
            Value::Enum(name) => name.len() as u64,
            Value::Binary(bytes) => bytes.len() as u64,
            Value::List(items) => items.iter().map(|item| self.weigh(item)).sum(),
            Value::Object(fields) => {
                let fields = fields.iter();
                let weighed = fields.map(|(name, value)| name.len() as u64 + self.weigh(value));
                weighed.sum()
            }
            Value::Null | Value::Number(_) | Value::Boolean(_) => 0,
        };
        NODE.saturating_add(inner)
    }
}

fn default(definition: &VariableDefinition) -> Option<(&str, u64)> {
    let value = &definition.default_value.as_ref()?.node;
    // The scan has bounded how deep a default is.
    Some((definition.name.node.as_str(), constant(value, usize::MAX)?))
}

/// What a value weighs; none when it is nested deeper than that.
fn constant(value: &ConstValue, levels: usize) -> Option<u64> {
    let inner = |value: &ConstValue| constant(value, levels.checked_sub(1)?);
    let named = |(name, value): (&Name, &ConstValue)| Some(name.len() as u64 + inner(value)?);
    let weight: u64 = match value {
        ConstValue::String(text) => text.len() as u64,
        ConstValue::Enum(name) => name.len() as u64,
        ConstValue::Binary(bytes) => bytes.len() as u64,
        ConstValue::List(items) => items.iter().map(inner).sum::<Option<u64>>()?,
        ConstValue::Object(fields) => fields.iter().map(named).sum::<Option<u64>>()?,
        ConstValue::Null | ConstValue::Number(_) | ConstValue::Boolean(_) => 0,
    };
    Some(NODE + weight)
}
