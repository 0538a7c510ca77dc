//! OpenAI completions (legacy): <https://platform.openai.com/docs/api-reference/completions>.

use super::{EndpointSpec, ProtocolSpec, UsageConvention, openai_fields};
use crate::scanner::{BodyForm, BoundForm};

pub(super) const SPEC: ProtocolSpec = ProtocolSpec {
    name: "openai_completions",
    endpoints: &[EndpointSpec {
        path: "/v1/completions",
        body: BodyForm::Json,
        bound: BoundForm::Completions,
    }],
    keep_alive: ": keep-alive\n\n",
    operation: Some("text_completion"),
    provider: Some("openai"),
    usage_convention: UsageConvention::Inclusive,
    field_kind: openai_fields::field_kind,
    last_events: &[],
    image_events: &[],
    ends_with_finish_reason: false,
};
