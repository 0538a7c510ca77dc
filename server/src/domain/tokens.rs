//! The token counts of stored requests.

use entity::request;
pub use metering::tokens::{CREDIBLE, MediaCounts, Tokens};

/// The usage of a stored request; `None` while unknown.
pub fn tokens_of(row: &request::Model) -> Option<Tokens> {
    Some(Tokens {
        input: row.input_tokens?,
        cache_read: row.cache_read_tokens?,
        cache_write: row.cache_write_tokens?,
        cache_write_1h: row.cache_write_1h_tokens.unwrap_or(0),
        output: row.output_tokens?,
        reasoning: row.reasoning_tokens?,
        media: MediaCounts {
            images: row.images.into(),
            video_seconds: row.video_seconds.into(),
        },
    })
}
