//! OpenAI images: <https://platform.openai.com/docs/api-reference/images>.

use super::{EndpointSpec, ProtocolSpec, UsageConvention, openai_fields};
use crate::scanner::{BodyForm, BoundForm};

pub(super) const SPEC: ProtocolSpec = ProtocolSpec {
    name: "openai_images",
    endpoints: &[
        EndpointSpec {
            path: "/v1/images/generations",
            body: BodyForm::Json,
            bound: BoundForm::Images,
        },
        EndpointSpec {
            path: "/v1/images/edits",
            body: BodyForm::ImageEdit,
            bound: BoundForm::Images,
        },
    ],
    keep_alive: ": keep-alive\n\n",
    operation: Some("generate_content"),
    provider: Some("openai"),
    usage_convention: UsageConvention::Inclusive,
    field_kind: openai_fields::field_kind,
    last_events: &["image_generation.completed", "image_edit.completed"],
    ends_with_finish_reason: false,
};
