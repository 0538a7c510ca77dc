//! How this copy of the program differs from others, so that tests have releases of it. A copy carries its variant after its
//! own end: a line `#double:` with JSON.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::OnceLock;

use serde::Deserialize;

const MARK: &str = "\n#double:";
/// A variant is shorter.
const MAX_BYTES: i64 = 1024;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Variant {
    /// The version that it prints.
    pub(crate) version: Option<String>,
    /// Its usage queue stays empty.
    pub(crate) loses_usage: bool,
}

/// The variant of this copy.
pub(crate) fn variant() -> &'static Variant {
    static VARIANT: OnceLock<Variant> = OnceLock::new();
    VARIANT.get_or_init(|| read().unwrap_or_default())
}

fn read() -> Option<Variant> {
    let mut file = std::fs::File::open("/proc/self/exe").ok()?;
    file.seek(SeekFrom::End(-MAX_BYTES)).ok()?;
    let mut end = Vec::new();
    file.read_to_end(&mut end).ok()?;
    let end = String::from_utf8_lossy(&end);
    serde_json::from_str(end.rsplit_once(MARK)?.1.trim()).ok()
}
