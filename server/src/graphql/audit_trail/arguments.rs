//! What was asked for, without its secrets.

use async_graphql::indexmap::IndexMap;
use async_graphql::{
    Name, Value as Written, Variables,
    parser::types::Field,
    registry::{MetaInputValue, MetaType, MetaTypeName, Registry},
};
use serde_json::{Map, Value, json};

const MASK: &str = "***";
/// Longer arguments are not kept: the audit is no store for files.
const LONGEST: usize = 16 * 1024;
/// What holds a secret by its name, in whatever input it stands, should it not be marked.
const SECRETS: [&str; 10] = [
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

/// The arguments of a field of the mutations.
pub(super) fn asked(registry: &Registry, field: &Field, variables: &Variables) -> Value {
    let known = registry.types.get("Mutation");
    let known = known.and_then(|mutation| mutation.field_by_name(&field.name.node));
    let mut asked = Map::new();
    for (name, value) in &field.arguments {
        let find = |name: &Name| variables.get(name).cloned().ok_or(());
        let Ok(value) = value.node.clone().into_const_with(|name| find(&name)) else {
            continue;
        };
        let name = name.node.as_str();
        let meta = known.and_then(|field| field.args.get(name));
        asked.insert(name.to_owned(), shown(registry, name, meta, value));
    }
    let asked = Value::Object(asked);
    match asked.to_string().len() {
        length if length > LONGEST => json!({ "bytes": length }),
        _ => asked,
    }
}

fn shown(registry: &Registry, name: &str, meta: Option<&MetaInputValue>, value: Written) -> Value {
    if value == Written::Null {
        return Value::Null;
    }
    match meta {
        Some(meta) if !meta.is_secret && !sounds_secret(name) => within(
            registry,
            name,
            MetaTypeName::concrete_typename(&meta.ty),
            value,
        ),
        _ => MASK.into(),
    }
}

/// A value of this type, also in a list.
fn within(registry: &Registry, name: &str, kind: &str, value: Written) -> Value {
    match value {
        Written::List(items) => items
            .into_iter()
            .map(|item| within(registry, name, kind, item))
            .collect(),
        Written::Object(fields) => match registry.types.get(kind) {
            Some(MetaType::InputObject { input_fields, .. }) => {
                object(registry, input_fields, fields)
            }
            _ => MASK.into(),
        },
        other => other.into_json().unwrap_or(Value::Null),
    }
}

fn object(
    registry: &Registry,
    known: &IndexMap<String, MetaInputValue>,
    fields: IndexMap<Name, Written>,
) -> Value {
    let fields = fields.into_iter().map(|(name, value)| {
        let meta = known.get(name.as_str());
        (name.to_string(), shown(registry, &name, meta, value))
    });
    Value::Object(fields.collect())
}

/// Whether a name ends with a word for something secret, as in `apiKey` and unlike `apiKeyId`.
fn sounds_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRETS.iter().any(|word| name.ends_with(word))
}
