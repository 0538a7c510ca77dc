//! What was used, against what may be used.

pub mod gcra;
pub mod window;
