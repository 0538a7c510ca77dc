//! The protocols that clients speak, one file each: everything that differs between them is data.

mod anthropic_messages;
mod fields;
mod gemini;
mod openai_chat;
mod openai_completions;
mod openai_fields;
mod openai_images;
mod openai_responses;
mod unspecified;

pub(crate) use self::fields::{FieldKind, UsageConvention, UsageField};
use crate::{
    json::Key,
    scanner::{BodyForm, BoundForm},
};

/// The protocol of a request and its answer. With the feature `sea-orm`, also the value of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[cfg_attr(
    feature = "sea-orm",
    derive(sea_orm::EnumIter, sea_orm::DeriveActiveEnum),
    sea_orm(
        rs_type = "String",
        db_type = "String(sea_orm::sea_query::StringLen::N(24))",
        rename_all = "snake_case"
    )
)]
pub enum Protocol {
    OpenaiChat,
    OpenaiCompletions,
    OpenaiResponses,
    OpenaiImages,
    AnthropicMessages,
    Gemini,
    /// Generating endpoints in no metered protocol: videos, searches, unknown endpoints.
    Unmetered,
    /// Endpoints that generate nothing: lists of models, token counting, fetching results.
    Other,
}

/// The properties of a protocol.
#[derive(Debug)]
pub struct ProtocolSpec {
    /// In lower case, as the database and Prometheus spell it.
    pub name: &'static str,
    /// The paths that clients post to. Gemini's, which contain the model, are not among them.
    pub endpoints: &'static [EndpointSpec],
    /// An event that keeps a silent stream alive and that the tools of the protocol ignore.
    pub keep_alive: &'static str,
    /// `gen_ai.operation.name` of OpenTelemetry's conventions; `None` when the operation is not known.
    pub operation: Option<&'static str>,
    /// `gen_ai.provider.name` of the same conventions.
    pub provider: Option<&'static str>,
    pub(crate) usage_convention: UsageConvention,
    /// The meaning of the value at a path of an answer.
    pub(crate) field_kind: fn(&[Key]) -> FieldKind,
    /// The types of the events that end an answer.
    pub(crate) last_events: &'static [&'static str],
    /// The types of the events that each have one image.
    pub(crate) image_events: &'static [&'static str],
    /// Whether an answer ends with the document that has a finish reason. Otherwise counts may follow.
    pub(crate) ends_with_finish_reason: bool,
}

/// A path that clients post to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointSpec {
    /// After dots are resolved and slashes collapsed.
    pub path: &'static str,
    pub body: BodyForm,
    pub bound: BoundForm,
}

impl Protocol {
    /// Every protocol.
    pub const ALL: [Self; 8] = [
        Self::OpenaiChat,
        Self::OpenaiCompletions,
        Self::OpenaiResponses,
        Self::OpenaiImages,
        Self::AnthropicMessages,
        Self::Gemini,
        Self::Unmetered,
        Self::Other,
    ];

    /// Whether its endpoints generate output, so that a request has usage.
    pub const fn generates(self) -> bool {
        !matches!(self, Self::Other)
    }

    /// The properties of this protocol.
    #[inline]
    pub const fn spec(self) -> &'static ProtocolSpec {
        match self {
            Self::OpenaiChat => &openai_chat::SPEC,
            Self::OpenaiCompletions => &openai_completions::SPEC,
            Self::OpenaiResponses => &openai_responses::SPEC,
            Self::OpenaiImages => &openai_images::SPEC,
            Self::AnthropicMessages => &anthropic_messages::SPEC,
            Self::Gemini => &gemini::SPEC,
            Self::Unmetered => &unspecified::UNMETERED,
            Self::Other => &unspecified::OTHER,
        }
    }

    /// The protocol of an endpoint that clients post to; `None` for unknown paths, and for those of Gemini's that
    /// contain the model.
    pub fn of_endpoint(path: &str) -> Option<(Self, &'static EndpointSpec)> {
        Self::ALL.into_iter().find_map(|protocol| {
            let mut endpoints = protocol.spec().endpoints.iter();
            Some((protocol, endpoints.find(|known| known.path == path)?))
        })
    }
}
