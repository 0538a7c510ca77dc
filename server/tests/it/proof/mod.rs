//! The proof that the product does what it is for: six scenarios, from the first sign-in to the cold disk.
//!
//! `make e2e` runs them against the release binary and prints each sentence. `TEST_SERVER_BINARY` names
//! another server, `TEST_ENGINE_BINARY` another engine than the double.

mod environment;
mod keys;
mod load;
mod provider_logins;
mod quotas;
mod recovery;
mod report;
mod requests;
mod sign_in;
mod smoke;

use self::{
    environment::{TestEnvironment, User},
    report::Scenario,
};
