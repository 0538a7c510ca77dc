//! Checks the limits of the operating system.

use nix::sys::resource::{Resource, getrlimit};

use super::Check;

/// Each request in flight needs two files.
const RECOMMENDED_OPEN_FILES: u64 = 4096;
const MINIMUM_OPEN_FILES: u64 = 256;

/// Checks the hard limit of open files; the server raises its soft limit to it.
pub(super) fn open_files() -> Check {
    const TOPIC: &str = "open files";
    let remedy = "raise the hard limit (LimitNOFILE= of systemd, --ulimit nofile= of Docker): each \
                request in flight needs two";
    match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((_, hard)) => {
            let observed = format!("at most {hard}");
            if hard < MINIMUM_OPEN_FILES {
                Check::problem(TOPIC, observed, remedy)
            } else if hard < RECOMMENDED_OPEN_FILES {
                Check::warning(TOPIC, observed, remedy)
            } else {
                Check::ok(TOPIC, observed)
            }
        }
        Err(error) => Check::warning(TOPIC, format!("cannot read the limit: {error}"), remedy),
    }
}
