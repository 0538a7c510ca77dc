//! Alerts, and the health of the server.

mod acknowledge;
mod fields;
mod health;
mod list;
mod live;

use async_graphql::MergedObject;

pub(super) use self::{acknowledge::AlertMutation, live::AlertSubscription};
use self::{health::HealthQuery, list::AlertQuery};

#[derive(Debug, Default, MergedObject)]
pub(super) struct AlertQueries(AlertQuery, HealthQuery);
