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

#[cfg(test)]
mod tests {
    use async_graphql::OutputType as _;

    use super::*;
    use crate::graphql::schema::Mutation;

    /// The last words of names of secrets, as in `apiKey` and unlike `apiKeyId`.
    const SECRET_ENDINGS: [&str; 10] = [
        "password",
        "secret",
        "token",
        "key",
        "code",
        "content",
        "credential",
        "json",
        "file",
        "url",
    ];

    #[test]
    fn arguments_with_the_name_of_a_secret_are_marked_as_secret() {
        let mut registry = Registry::default();
        Mutation::create_type_info(&mut registry);
        let mut unmarked = Vec::new();

        for kind in registry.types.values() {
            let inputs: Vec<&MetaInputValue> = match kind {
                MetaType::InputObject { input_fields, .. } => input_fields.values().collect(),
                MetaType::Object { fields, .. } if kind.name() == "Mutation" => fields
                    .values()
                    .flat_map(|field| field.args.values())
                    .collect(),
                _ => Vec::new(),
            };
            let is_named_so = |name: &str| {
                let lower = name.to_ascii_lowercase();
                SECRET_ENDINGS.iter().any(|word| lower.ends_with(word))
            };
            let found = inputs
                .into_iter()
                .filter(|input| !input.is_secret && is_named_so(&input.name));
            unmarked.extend(found.map(|input| format!("{}.{}", kind.name(), input.name)));
        }

        assert!(unmarked.is_empty(), "mark these as secret: {unmarked:?}");
    }
}
