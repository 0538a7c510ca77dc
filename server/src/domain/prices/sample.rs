//! A price for tests.

use chrono::DateTime;
use entity::price;
use uuid::Uuid;

/// A price of zero from 1970 on.
pub(super) fn price(pattern: &str) -> price::Model {
    price::Model {
        id: Uuid::now_v7(),
        provider: String::new(),
        model_pattern: pattern.to_owned(),
        effective_from: DateTime::UNIX_EPOCH,
        input_per_million: 0,
        cache_read_per_million: 0,
        cache_write_per_million: 0,
        cache_write_1h_per_million: None,
        output_per_million: 0,
        reasoning_per_million: 0,
        per_request: 0,
        per_image: 0,
        per_video_second: 0,
        conditional_rates: None,
        source: "a test".to_owned(),
        created_at: DateTime::UNIX_EPOCH,
    }
}
