//! The service tier that a request asks for.

use http::HeaderMap;

use super::super::{BodyKind, BoundForm, ModelScanner, RequestedTier};
use super::LIMIT;
use crate::BodyForm;

/// The tier of a whole body, which is the same for every chunk size.
fn tier(form: BoundForm, body: &str) -> RequestedTier {
    let scan = |size| {
        let kind = BodyKind {
            form: BodyForm::PlainJson,
            bound: form,
            limit: LIMIT,
            is_limited: false,
        };
        let mut scanner = ModelScanner::for_request(kind, &HeaderMap::new()).unwrap();
        let chunks = body.as_bytes().chunks(size);
        chunks.for_each(|chunk| scanner.observe(chunk));
        scanner.requested_tier()
    };
    let whole = scan(body.len());
    for size in [1, 3] {
        assert_eq!(scan(size), whole, "in chunks of {size}");
    }
    whole
}

#[test]
fn the_tier_is_read_at_the_top_level_alone() {
    for (form, body, name) in [
        (
            BoundForm::Chat,
            r#"{"model":"m","service_tier":"priority"}"#,
            Some("priority"),
        ),
        (
            BoundForm::Responses,
            r#"{"input":[{"service_tier":"flex"}],"model":"m"}"#,
            None,
        ),
        (
            BoundForm::Messages,
            r#"{"service_tier":"standard_only","model":"m"}"#,
            Some("standard_only"),
        ),
        (
            BoundForm::Gemini,
            r#"{"contents":[],"serviceTier":"FLEX"}"#,
            Some("FLEX"),
        ),
        (BoundForm::Chat, r#"{"service_tier":null}"#, None),
        (BoundForm::Chat, r#"{"service_tier":""}"#, None),
    ] {
        let found = tier(form, body);
        assert_eq!(found.name.as_deref(), name, "{body}");
        assert!(!found.is_uncertain, "{body}");
    }
}

#[test]
fn a_tier_that_parsers_may_read_differently_is_uncertain() {
    for body in [
        r#"{"service_tier":"flex","service_tier":"priority"}"#,
        r#"{"Service_Tier":"priority"}"#,
        r#"{"service_tier":"flex","serviceTier":"priority"}"#,
        r#"{"SERVICETIER":"priority"}"#,
        r#"{"service_tier":["flex"]}"#,
    ] {
        assert!(tier(BoundForm::Chat, body).is_uncertain, "{body}");
    }
}

#[test]
fn the_fast_mode_is_a_tier_of_messages() {
    let body = r#"{"service_tier":"auto","speed":"fast"}"#;

    assert_eq!(
        tier(BoundForm::Messages, body).name.as_deref(),
        Some("fast")
    );
    assert_eq!(tier(BoundForm::Chat, body).name.as_deref(), Some("auto"));
    let slow = r#"{"speed":"standard"}"#;
    assert_eq!(tier(BoundForm::Messages, slow).name, None);
}
