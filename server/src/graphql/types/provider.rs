//! The kinds of providers, as values of an enum whose names and descriptions are those of [`providers`].

use std::borrow::Cow;

use async_graphql::{
    ContextSelectionSet, InputType, InputValueError, InputValueResult, Name, OutputType,
    Positioned, ServerResult, Value,
    parser::types::Field,
    registry::{Deprecation, MetaEnumValue, MetaType, MetaTypeId, Registry},
};
use entity::provider_account;

use crate::providers::{self, ProviderSpec};

const NAME: &str = "ProviderKind";

/// A provider of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProviderKind(provider_account::ProviderKind);

impl From<provider_account::ProviderKind> for ProviderKind {
    fn from(kind: provider_account::ProviderKind) -> Self {
        Self(kind)
    }
}

impl From<ProviderKind> for provider_account::ProviderKind {
    fn from(kind: ProviderKind) -> Self {
        kind.0
    }
}

fn name(spec: &ProviderSpec) -> String {
    spec.name.to_uppercase()
}

fn value(spec: &ProviderSpec) -> MetaEnumValue {
    MetaEnumValue {
        name: name(spec),
        description: Some(spec.description.to_owned()),
        deprecation: Deprecation::NoDeprecated,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        directive_invocations: Vec::new(),
    }
}

fn register(registry: &mut Registry) -> String {
    registry.create_input_type::<ProviderKind, _>(MetaTypeId::Enum, |_| MetaType::Enum {
        name: NAME.to_owned(),
        description: Some("A provider of models.".to_owned()),
        enum_values: providers::ALL.map(|spec| (name(spec), value(spec))).into(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: Some(std::any::type_name::<ProviderKind>()),
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    })
}

impl InputType for ProviderKind {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(NAME)
    }

    fn create_type_info(registry: &mut Registry) -> String {
        register(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let value = value.unwrap_or_default();
        let wanted = match &value {
            Value::Enum(name) => name.as_str(),
            Value::String(text) => text.as_str(),
            Value::Null
            | Value::Number(_)
            | Value::Boolean(_)
            | Value::Binary(_)
            | Value::List(_)
            | Value::Object(_) => return Err(InputValueError::expected_type(value)),
        };
        let mut specs = providers::ALL.into_iter();
        match specs.find(|spec| name(spec) == wanted) {
            Some(spec) => Ok(Self(spec.kind)),
            None => Err(InputValueError::custom(format_args!(
                "{NAME} has no value {wanted:?}"
            ))),
        }
    }

    fn to_value(&self) -> Value {
        Value::Enum(Name::new(name(providers::spec(self.0))))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

impl OutputType for ProviderKind {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(NAME)
    }

    fn create_type_info(registry: &mut Registry) -> String {
        register(registry)
    }

    async fn resolve(
        &self,
        _: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        Ok(self.to_value())
    }
}
