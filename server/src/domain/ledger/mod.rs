//! What was used, against what may be used.

pub mod window;
