//! The arguments of a mutation, with those masked that the schema marks as secret.

use async_graphql::indexmap::IndexMap;
use async_graphql::{
    Name, Value as Written, Variables,
    parser::types::Field,
    registry::{MetaInputValue, MetaType, MetaTypeName, Registry},
};
use serde_json::{Map, Value, json};

const MASK: &str = "***";
/// Arguments that are longer than this, in bytes, are not recorded: the audit does not store files.
const MAX_BYTES: usize = 16 * 1024;

/// The arguments of a mutation, by name.
pub(super) fn arguments(registry: &Registry, field: &Field, variables: &Variables) -> Value {
    let known = registry.types.get("Mutation");
    let known = known.and_then(|mutation| mutation.field_by_name(&field.name.node));
    let mut arguments = Map::new();
    for (name, value) in &field.arguments {
        let find = |name: &Name| variables.get(name).cloned().ok_or(());
        let Ok(value) = value.node.clone().into_const_with(|name| find(&name)) else {
            continue;
        };
        let name = name.node.as_str();
        let meta = known.and_then(|field| field.args.get(name));
        arguments.insert(name.to_owned(), shown(registry, meta, value));
    }
    let arguments = Value::Object(arguments);
    match arguments.to_string().len() {
        length if length > MAX_BYTES => json!({ "bytes": length }),
        _ => arguments,
    }
}

fn shown(registry: &Registry, meta: Option<&MetaInputValue>, value: Written) -> Value {
    if value == Written::Null {
        return Value::Null;
    }
    match meta {
        Some(meta) if !meta.is_secret => {
            within(registry, MetaTypeName::concrete_typename(&meta.ty), value)
        }
        _ => MASK.into(),
    }
}

/// A value of this type, also in a list.
fn within(registry: &Registry, kind: &str, value: Written) -> Value {
    match value {
        Written::List(items) => items
            .into_iter()
            .map(|item| within(registry, kind, item))
            .collect(),
        Written::Object(fields) => match registry.types.get(kind) {
            Some(MetaType::InputObject { input_fields, .. }) => {
                object(registry, input_fields, fields)
            }
            _ => MASK.into(),
        },
        plain @ (Written::Null
        | Written::Number(_)
        | Written::String(_)
        | Written::Boolean(_)
        | Written::Binary(_)
        | Written::Enum(_)) => plain.into_json().unwrap_or(Value::Null),
    }
}

fn object(
    registry: &Registry,
    known: &IndexMap<String, MetaInputValue>,
    fields: IndexMap<Name, Written>,
) -> Value {
    let fields = fields.into_iter().map(|(name, value)| {
        let meta = known.get(name.as_str());
        (name.to_string(), shown(registry, meta, value))
    });
    Value::Object(fields.collect())
}
