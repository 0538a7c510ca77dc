//! The engine: its state, its log, starting and stopping it.

pub(super) mod control;
mod log;
pub(super) mod process;
mod update;

use async_graphql::{MergedObject, MergedSubscription};

use self::{
    control::{EngineControlMutation, EngineStateQuery, EngineSubscription},
    log::EngineLogSubscription,
    update::{EngineUpdateMutation, EngineUpdateQuery, EngineUpdateSubscription},
};

#[derive(Debug, Default, MergedObject)]
pub(super) struct EngineQuery(EngineStateQuery, EngineUpdateQuery);

#[derive(Debug, Default, MergedObject)]
pub(super) struct EngineMutation(EngineControlMutation, EngineUpdateMutation);

#[derive(Debug, Default, MergedSubscription)]
pub(super) struct EngineSubscriptions(
    EngineSubscription,
    EngineLogSubscription,
    EngineUpdateSubscription,
);
