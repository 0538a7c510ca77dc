//! The committed schema is what the code says, and every part of it is described.

use std::{fs, path::Path};

/// `UPDATE=1 cargo test schema` rewrites it.
#[test]
fn schema_graphql_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema.graphql");
    let actual = proxypal_server::graphql::sdl();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &actual).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == actual,
        "schema.graphql is stale; run `make schema`"
    );
}
