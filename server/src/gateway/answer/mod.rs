//! The engine's answer on its way to the client: what is read of it, and what is added to it.

pub(super) mod model_list;
pub(super) mod retry_hint;
