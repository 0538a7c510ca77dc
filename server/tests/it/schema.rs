//! The committed schema equals the code, and every part of it is described.

use crate::support::hold_to;

/// `UPDATE=1 cargo test schema` rewrites it.
#[test]
fn schema_graphql_is_up_to_date() {
    hold_to("schema.graphql", &proxypal_server::graphql::sdl());
}
