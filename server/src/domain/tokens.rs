//! The token counts of stored requests.

use entity::request;
pub use metering::tokens::{CREDIBLE, Tokens};

/// The usage of a stored request; `None` while unknown.
pub fn tokens_of(row: &request::Model) -> Option<Tokens> {
    Some(Tokens {
        input: row.input_tokens?,
        cache_read: row.cache_read_tokens?,
        cache_write: row.cache_write_tokens?,
        output: row.output_tokens?,
        reasoning: row.reasoning_tokens?,
    })
}
