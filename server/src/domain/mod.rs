//! What the product means. Knows the tables; knows nothing of HTTP or GraphQL.

pub mod engine_usage;
pub mod provider_credential;
pub mod tokens;
