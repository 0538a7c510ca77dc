//! The engine: its state, its log, starting and stopping it.

pub(super) mod control;
mod log;

use async_graphql::MergedSubscription;

pub(super) use self::control::{EngineMutation, EngineQuery};
use self::{control::EngineSubscription, log::EngineLogSubscription};

#[derive(Debug, Default, MergedSubscription)]
pub(super) struct EngineSubscriptions(EngineSubscription, EngineLogSubscription);
