//! How large a document is once its fragments are expanded. Each fragment is measured once, so that a chain of
//! fragments that each spread the next one several times costs as much as its text is long.

use std::collections::HashMap;

use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
    SelectionSet,
};
use async_graphql::{Name, Positioned};
use async_graphql_value::Value;

use super::{DocumentLimits, too_much, values::Weights};
use crate::domain::{Error, Result};

/// The estimated length of lists in introspection responses, by field; other fields have one item.
const LISTS: [(&str, u64); 8] = [
    ("types", 300),
    ("fields", 8),
    ("args", 2),
    ("inputFields", 6),
    ("enumValues", 8),
    ("possibleTypes", 4),
    ("directives", 8),
    ("interfaces", 1),
];

/// The factor for the largest type, which can be queried by name.
const MAX_TYPE: u64 = 16;

/// The size of a part of a document, with every fragment expanded.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    selections: u64,
    /// Fields at its top level.
    fields: u64,
    /// The nesting depth of fields.
    depth: u64,
    /// The nesting depth of selection sets.
    levels: u64,
    /// Bytes of argument values.
    values: u64,
    /// The nodes of the response if it is an introspection.
    nodes: u64,
    /// The nodes of the introspection parts of the response.
    introspection: u64,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.fields = self.fields.saturating_add(other.fields);
        self.depth = self.depth.max(other.depth);
        self.levels = self.levels.max(other.levels);
        self.values = self.values.saturating_add(other.values);
        self.nodes = self.nodes.saturating_add(other.nodes);
        self.introspection = self.introspection.saturating_add(other.introspection);
    }
}

/// Rejects a document that exceeds the limits.
pub(super) fn check(
    document: &ExecutableDocument,
    weights: &Weights<'_>,
    limits: &DocumentLimits,
) -> Result<()> {
    if document.fragments.len() > limits.fragments {
        return Err(too_much("too many fragments", limits.fragments));
    }
    let mut measure = Measure {
        document,
        weights,
        limits,
        fragments: HashMap::new(),
        aliases: 0,
        directives: 0,
        arguments: 0,
    };
    let mut whole = Size::default();
    for (_, operation) in document.operations.iter() {
        whole.add(measure.operation(&operation.node)?);
    }
    for name in document.fragments.keys() {
        whole.add(measure.fragment(name, 0)?);
    }
    sizes_fit(whole, limits)?;
    measure.counts_fit(whole.selections)
}

fn sizes_fit(whole: Size, limits: &DocumentLimits) -> Result<()> {
    for (what, size, limit) in [
        ("too many selections", whole.selections, limits.selections),
        ("fields nested too deep", whole.depth, limits.depth),
        ("too large arguments", whole.values, limits.values),
    ] {
        if size > limit {
            return Err(too_much(what, limit));
        }
    }
    if whole.introspection > limits.introspection {
        return Err(Error::bad_input(
            "the introspection is too large; the repository has the whole schema in schema.graphql",
        ));
    }
    Ok(())
}

/// Walks over a document.
struct Measure<'a> {
    document: &'a ExecutableDocument,
    weights: &'a Weights<'a>,
    limits: &'a DocumentLimits,
    /// None while a fragment is being measured.
    fragments: HashMap<&'a str, Option<Size>>,
    aliases: usize,
    directives: usize,
    /// The most arguments that one field has.
    arguments: usize,
}

impl<'a> Measure<'a> {
    fn operation(&mut self, operation: &'a OperationDefinition) -> Result<Size> {
        let mut size = Size::default();
        for definition in &operation.variable_definitions {
            size.values += self.directives(&definition.node.directives);
        }
        size.values += self.directives(&operation.directives);
        let selected = self.set(&operation.selection_set.node, 1)?;
        let (what, limit) = match operation.ty {
            OperationType::Query => ("too many root fields", self.limits.root_queries),
            OperationType::Mutation => ("too many root fields", self.limits.root_mutations),
            OperationType::Subscription => ("more than one root field", 1),
        };
        if selected.fields > limit {
            return Err(too_much(what, limit));
        }
        size.add(selected);
        Ok(size)
    }

    fn set(&mut self, set: &'a SelectionSet, level: u64) -> Result<Size> {
        if level > DocumentLimits::LEVELS {
            return Err(too_much(
                "selections nested too deep",
                DocumentLimits::LEVELS,
            ));
        }
        let mut size = Size::default();
        for selection in &set.items {
            size.add(self.selection(&selection.node, level)?);
        }
        size.levels += 1;
        Ok(size)
    }

    fn selection(&mut self, selection: &'a Selection, level: u64) -> Result<Size> {
        let mut size = match selection {
            Selection::Field(field) => self.field(&field.node, level)?,
            Selection::InlineFragment(inline) => {
                let values = self.directives(&inline.node.directives);
                let mut size = self.set(&inline.node.selection_set.node, level + 1)?;
                size.values = size.values.saturating_add(values);
                size
            }
            Selection::FragmentSpread(spread) => {
                let values = self.directives(&spread.node.directives);
                let mut size = self.fragment(&spread.node.fragment_name.node, level)?;
                size.values = size.values.saturating_add(values);
                size
            }
        };
        size.selections = size.selections.saturating_add(1);
        Ok(size)
    }

    fn field(&mut self, field: &'a Field, level: u64) -> Result<Size> {
        let name = field.name.node.as_str();
        self.aliases += usize::from(field.alias.is_some());
        self.arguments = self.arguments.max(field.arguments.len());
        let values = self.directives(&field.directives) + self.weigh(&field.arguments);
        let inner = if field.selection_set.node.items.is_empty() {
            Size::default()
        } else {
            self.set(&field.selection_set.node, level + 1)?
        };
        let items = LISTS.iter().find(|(list, _)| *list == name);
        let items = items.map_or(1, |(_, items)| *items);
        let nodes = inner.nodes.saturating_add(1).saturating_mul(items);
        let introspection = match name {
            "__schema" => nodes,
            "__type" => nodes.saturating_mul(MAX_TYPE),
            _ => inner.introspection,
        };
        Ok(Size {
            fields: 1,
            depth: inner.depth + 1,
            values: inner.values.saturating_add(values),
            nodes,
            introspection,
            ..inner
        })
    }

    fn fragment(&mut self, name: &'a Name, level: u64) -> Result<Size> {
        let name = name.as_str();
        match self.fragments.get(name) {
            Some(Some(size)) if level + size.levels > DocumentLimits::LEVELS => {
                return Err(too_much(
                    "selections nested too deep",
                    DocumentLimits::LEVELS,
                ));
            }
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                return Err(Error::bad_input(
                    "the operation has a fragment that spreads itself",
                ));
            }
            None => {}
        }
        // The library reports an unknown fragment.
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Size::default());
        };
        self.fragments.insert(name, None);
        let values = self.directives(&fragment.node.directives);
        let mut size = self.set(&fragment.node.selection_set.node, level + 1)?;
        size.values = size.values.saturating_add(values);
        self.fragments.insert(name, Some(size));
        Ok(size)
    }

    fn directives(&mut self, directives: &'a [Positioned<Directive>]) -> u64 {
        self.directives += directives.len();
        let arguments = directives.iter().map(|each| &each.node.arguments);
        arguments.map(|arguments| self.weigh(arguments)).sum()
    }

    fn weigh(&self, arguments: &[(Positioned<Name>, Positioned<Value>)]) -> u64 {
        let values = arguments.iter();
        values
            .map(|(_, value)| self.weights.weigh(&value.node))
            .sum()
    }

    fn counts_fit(&self, selections: u64) -> Result<()> {
        let limits = self.limits;
        for (what, count, limit) in [
            ("too many aliases", self.aliases, limits.aliases),
            ("too many directives", self.directives, limits.directives),
            (
                "a field with too many arguments",
                self.arguments,
                limits.arguments,
            ),
        ] {
            if count > limit {
                return Err(too_much(what, limit));
            }
        }
        // Two errors for each field beside those for its arguments.
        let compared = (self.arguments as u64 + 2).saturating_mul(selections);
        if compared > limits.comparisons {
            return Err(too_much(
                "too many arguments for its selections",
                limits.comparisons,
            ));
        }
        Ok(())
    }
}
