//! The property that the fuzzer checks: the actual depth of a parsed document.

use async_graphql::{
    Request,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};
use async_graphql_value::Value;

use super::{DocumentLimits, MAX_MESSAGE, admit, read};

/// The property that the fuzzer checks: an accepted document is no deeper than the scan counted, and a
/// rejected one gets a short error.
pub(in crate::graphql) fn fuzz(text: &str) -> Option<Request> {
    let limits = &DocumentLimits::KEY_HOLDER;
    let request = Request::new(text);
    match read(&request, limits) {
        Ok(document) => {
            let levels = deepest(&document);
            assert!(levels <= limits.brackets, "{levels} levels");
            Some(admit(request, limits))
        }
        Err(error) => {
            let message = error.to_string();
            assert!(message.len() <= MAX_MESSAGE + 100, "{message}");
            None
        }
    }
}

/// The nesting depth of a document's selection sets and values.
fn deepest(document: &ExecutableDocument) -> usize {
    let operations = document.operations.iter().map(|(_, operation)| {
        let variables = operation.node.variable_definitions.iter();
        let defaults = variables.filter_map(|each| each.node.default_value.as_ref());
        let defaults = defaults.map(|value| 1 + value_depth(&value.node.clone().into_value()));
        let set = set_depth(&operation.node.selection_set.node);
        defaults.max().unwrap_or(0).max(set)
    });
    let fragments = document.fragments.values();
    let fragments = fragments.map(|fragment| set_depth(&fragment.node.selection_set.node));
    operations.chain(fragments).max().unwrap_or(0)
}

fn set_depth(set: &SelectionSet) -> usize {
    let inner = set.items.iter().map(|selection| match &selection.node {
        Selection::Field(field) => {
            let arguments = field.node.arguments.iter();
            let values = arguments
                .map(|(_, value)| 1 + value_depth(&value.node))
                .max();
            set_depth(&field.node.selection_set.node).max(values.unwrap_or(0))
        }
        Selection::InlineFragment(inline) => set_depth(&inline.node.selection_set.node),
        Selection::FragmentSpread(_) => 0,
    });
    let inner = inner.max().unwrap_or(0);
    inner + usize::from(!set.items.is_empty())
}

fn value_depth(value: &Value) -> usize {
    match value {
        Value::List(items) => 1 + items.iter().map(value_depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(value_depth).max().unwrap_or(0),
        Value::Variable(_)
        | Value::Null
        | Value::Number(_)
        | Value::String(_)
        | Value::Boolean(_)
        | Value::Binary(_)
        | Value::Enum(_) => 0,
    }
}
