//! OpenAI chat completions: <https://platform.openai.com/docs/api-reference/chat>.

use super::{EndpointSpec, ProtocolSpec, UsageConvention, openai_fields};
use crate::scanner::{BodyForm, BoundForm};

pub(super) const SPEC: ProtocolSpec = ProtocolSpec {
    name: "openai_chat",
    endpoints: &[EndpointSpec {
        path: "/v1/chat/completions",
        body: BodyForm::Json,
        bound: BoundForm::Chat,
    }],
    keep_alive: ": keep-alive\n\n",
    operation: Some("chat"),
    provider: Some("openai"),
    usage_convention: UsageConvention::Inclusive,
    field_kind: openai_fields::field_kind,
    last_events: &[],
    image_events: &[],
    ends_with_finish_reason: false,
};
