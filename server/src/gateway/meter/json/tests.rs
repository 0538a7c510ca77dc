//! The walker against `serde_json`, and against every cut.
