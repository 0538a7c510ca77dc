//! The fuzz targets: each reads untrusted bytes, and panics where an invariant is
//! violated. They are part of every build, and the tests run them on their seeds.

pub use crate::gateway::fuzzing::{AdmissionReading, read_request};
use crate::{domain, gateway, graphql};

/// Reads any bytes.
pub type Target = fn(&[u8]);

/// Every target, by the name of its program and its seeds in `fuzz/`.
pub const TARGETS: [(&str, Target); 10] = [
    ("cursors", domain::fuzzing::cursors),
    ("decompression", gateway::fuzzing::decompression),
    ("first_line", gateway::fuzzing::first_line),
    ("graphql_documents", graphql::fuzzing::graphql_documents),
    ("imports", domain::fuzzing::imports),
    ("model_scanner", gateway::fuzzing::model_scanner),
    ("prices", domain::fuzzing::prices),
    ("socket_turns", gateway::fuzzing::socket_turns),
    ("tokens", domain::fuzzing::tokens),
    ("usage_taps", gateway::fuzzing::usage_taps),
];

/// Runs a target; false when there is none of this name.
pub fn run(name: &str, data: &[u8]) -> bool {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    target.map(|(_, target)| target(data)).is_some()
}
