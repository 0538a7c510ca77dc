//! Fuzz targets that need the server's internals; those of `metering` are in `fuzz/src`. A target panics where a
//! property does not hold. Only with the feature `fuzzing`, which the tests have, so that they compile and run the seeds.

pub use crate::gateway::fuzzing::{AdmissionReading, read_request};
use crate::{domain, gateway, graphql};

/// Reads any bytes.
pub type Target = fn(&[u8]);

/// By the name of the program and of the folder of seeds in `fuzz/`.
pub const TARGETS: [(&str, Target); 6] = [
    ("cursors", domain::fuzzing::cursors),
    ("first_line", gateway::fuzzing::first_line),
    ("graphql_documents", graphql::fuzzing::graphql_documents),
    ("imports", domain::fuzzing::imports),
    ("prices", domain::fuzzing::prices),
    ("tokens", domain::fuzzing::tokens),
];

/// Runs a target; false when there is none of this name.
pub fn run(name: &str, data: &[u8]) -> bool {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    target.map(|(_, target)| target(data)).is_some()
}
