//! OpenAI images: <https://platform.openai.com/docs/api-reference/images>.

use super::{EndpointSpec, FieldKind, ProtocolSpec, UsageConvention, openai_fields};
use crate::json::Key;
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
    field_kind,
    last_events: LAST_EVENTS,
    image_events: LAST_EVENTS,
    ends_with_finish_reason: false,
};

/// A stream has one of these for each image, unlike those of drafts.
const LAST_EVENTS: &[&str] = &["image_generation.completed", "image_edit.completed"];

fn field_kind(path: &[Key]) -> FieldKind {
    match path {
        [Key::Data] => FieldKind::Image,
        path => openai_fields::field_kind(path),
    }
}
