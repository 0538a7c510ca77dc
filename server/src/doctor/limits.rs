//! What the operating system allows.

use nix::sys::resource::{Resource, getrlimit};

use super::Finding;

/// Each stream needs two.
const ENOUGH: u64 = 4096;
const TOO_FEW: u64 = 256;

/// How many files may be open. The server raises the soft limit to the hard one.
pub(super) fn open_files() -> Finding {
    const TOPIC: &str = "open files";
    let cure = "raise the hard limit (LimitNOFILE= of systemd, --ulimit nofile= of Docker): each stream \
                needs two";
    match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((_, hard)) => {
            let seen = format!("at most {hard}");
            if hard < TOO_FEW {
                Finding::problem(TOPIC, seen, cure)
            } else if hard < ENOUGH {
                Finding::warning(TOPIC, seen, cure)
            } else {
                Finding::ok(TOPIC, seen)
            }
        }
        Err(error) => Finding::warning(TOPIC, format!("the limit is not told: {error}"), cure),
    }
}
