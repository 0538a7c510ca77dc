//! What passes is read over its shoulder: the model on the way in, the usage on the way out.
//!
//! Nothing here holds a body, changes a byte, or can fail outward.

mod json;
pub mod scanner;
pub mod tap;
