//! The message in a provider's error response.

use metering::{Protocol, Tap};

/// The message in the body; `None` if it has none, or is in no known format. It may contain secrets.
pub(super) fn error_text(body: &str) -> Option<String> {
    if body.is_empty() {
        return None;
    }
    let mut tap = Tap::new(Protocol::Other, "application/json", "").of_error();
    tap.observe(body.as_bytes());
    tap.finish().error_message
}
