//! The layers of the stack, from the client to the engine. Each hands the next a request of its own type, so that layers in another
//! order do not compile; `gateway/mod.rs` pushes them.

mod admit;
mod authenticate;
mod forward;
mod limit;
mod meter;
mod read_model;
mod record;
mod report;
mod request;
mod route;
mod upgrade;

use std::sync::Arc;

use tower::Layer;

pub(super) use self::{
    authenticate::Authentication,
    forward::ForwardService,
    limit::Limiting,
    meter::Metering,
    read_model::ModelReading,
    record::Recording,
    request::{Received, ReceivedRequest},
    route::Routing,
};

/// A layer with this state, which all clones of its service share.
pub(super) fn layer<State>(state: State) -> StateLayer<State> {
    StateLayer(Arc::new(state))
}

/// A layer whose state others have too.
pub(super) fn shared_layer<State>(state: &Arc<State>) -> StateLayer<State> {
    StateLayer(Arc::clone(state))
}

/// Each file of this folder implements the service for one state.
#[derive(Debug)]
pub(super) struct StateLayer<State>(Arc<State>);

#[derive(Debug)]
pub(super) struct Layered<State, S> {
    state: Arc<State>,
    inner: S,
}

impl<State, S> Layer<S> for StateLayer<State> {
    type Service = Layered<State, S>;

    fn layer(&self, inner: S) -> Self::Service {
        Layered {
            state: Arc::clone(&self.0),
            inner,
        }
    }
}

impl<State, S: Clone> Clone for Layered<State, S> {
    fn clone(&self) -> Self {
        Self {
            state: Arc::clone(&self.state),
            inner: self.inner.clone(),
        }
    }
}
