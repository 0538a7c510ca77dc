//! What the operating system allows.

use nix::sys::resource::{Resource, getrlimit};

use super::Check;

/// Each stream needs two.
const RECOMMENDED_OPEN_FILES: u64 = 4096;
const MINIMUM_OPEN_FILES: u64 = 256;

/// How many files may be open. The server raises the soft limit to the hard one.
pub(super) fn open_files() -> Check {
    const TOPIC: &str = "open files";
    let remedy = "raise the hard limit (LimitNOFILE= of systemd, --ulimit nofile= of Docker): each stream \
                needs two";
    match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((_, hard)) => {
            let seen = format!("at most {hard}");
            if hard < MINIMUM_OPEN_FILES {
                Check::problem(TOPIC, seen, remedy)
            } else if hard < RECOMMENDED_OPEN_FILES {
                Check::warning(TOPIC, seen, remedy)
            } else {
                Check::ok(TOPIC, seen)
            }
        }
        Err(error) => Check::warning(TOPIC, format!("the limit is not told: {error}"), remedy),
    }
}
