//! Shared by resolvers: the caller and the services, guards, errors, complexity.

pub(super) mod audit;
pub(super) mod confirmation;
pub(super) mod context;
pub(super) mod cost;
pub(super) mod error;
pub(super) mod guard;
pub(super) mod input;
pub(super) mod loaders;
pub(super) mod role;
