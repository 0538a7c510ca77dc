//! OpenAI Responses: <https://platform.openai.com/docs/api-reference/responses>. Codex calls it below `/backend-api`.

use super::{EndpointSpec, ProtocolSpec, UsageConvention, openai_fields};
use crate::scanner::{BodyForm, BoundForm};

pub(super) const SPEC: ProtocolSpec = ProtocolSpec {
    name: "openai_responses",
    endpoints: &[
        EndpointSpec {
            path: "/v1/responses",
            body: BodyForm::Json,
            bound: BoundForm::Responses,
        },
        EndpointSpec {
            path: "/v1/responses/compact",
            body: BodyForm::Json,
            // The engine drops the bound of a compaction.
            bound: BoundForm::Nothing,
        },
        EndpointSpec {
            path: "/backend-api/codex/responses",
            body: BodyForm::Json,
            bound: BoundForm::Responses,
        },
        EndpointSpec {
            path: "/backend-api/codex/responses/compact",
            body: BodyForm::Json,
            bound: BoundForm::Nothing,
        },
    ],
    // Comments do not keep Codex alive.
    keep_alive: "event: keepalive\ndata: {\"type\":\"keepalive\"}\n\n",
    operation: Some("chat"),
    provider: Some("openai"),
    usage_convention: UsageConvention::Inclusive,
    field_kind: openai_fields::field_kind,
    last_events: &[
        "response.completed",
        "response.incomplete",
        "response.failed",
        "response.cancelled",
    ],
    image_events: &[],
    ends_with_finish_reason: false,
};
