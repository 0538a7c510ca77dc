//! The layers of the stack, from the client to the engine. Each hands the next a request of its own type, so that layers in another
//! order do not compile; `gateway/mod.rs` pushes them.

mod admit;
mod authenticate;
mod forward;
mod limit;
mod meter;
mod read_model;
mod record;
mod request;
mod route;
mod upgrade;

pub(super) use self::{
    admit::AdmitLayer, authenticate::AuthenticateLayer, forward::ForwardService, limit::LimitLayer,
    meter::MeterLayer, read_model::ReadModelLayer, record::RecordLayer, route::RouteLayer,
    upgrade::UpgradeLayer,
};
