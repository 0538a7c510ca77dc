//! The one task that owns the engine: lives one life after another, and obeys calls in between.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use super::backoff::{delay, jittered};
use super::binary::{self, BinaryError};
use super::calls::{EngineOrder, OrderQueue, QueuedOrder};
use super::demo;
use super::external::External;
use super::managed::Managed;
use super::options::{EngineContext, EngineOptions};
use super::public_state::PublicState;
use super::status::EngineMode;

/// The longest pause between two starts of a child; its start costs something.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The longest pause between two looks at an external engine; looking costs nothing.
const LONGEST_PAUSE_EXTERNAL: Duration = Duration::from_secs(5);

/// How a life of the engine ended.
#[derive(Debug)]
pub(super) enum RunEnd {
    /// Requested by a caller.
    Called(QueuedOrder),
    /// It died, or was lost.
    Died(UnexpectedExit),
    /// It cannot run until an operator acts.
    Unable(String),
}

/// An unexpected exit.
#[derive(Debug)]
pub(super) struct UnexpectedExit {
    /// In words.
    pub(super) reason: String,
    /// Whether it had lived well for a while, so that the pauses begin anew.
    pub(super) was_healthy: bool,
}

/// Owns everything that a life needs.
#[derive(Debug)]
pub(super) struct Supervisor {
    options: EngineOptions,
    context: EngineContext,
    public: Arc<PublicState>,
    managed: Managed,
    external: External,
    failures: u32,
}

impl Supervisor {
    /// A supervisor that has not begun.
    pub(super) fn new(
        options: EngineOptions,
        context: EngineContext,
        public: Arc<PublicState>,
    ) -> Self {
        let managed = Managed::new(options.clone(), context.clone(), public.clone());
        let external = External::new(options.clone(), context.clone(), public.clone());
        Self {
            options,
            context,
            public,
            managed,
            external,
            failures: 0,
        }
    }

    /// Lives until the server ends.
    pub(super) async fn run(mut self, mut calls: OrderQueue) {
        let gone = self.public.gone.clone().drop_guard();
        while self.round(&mut calls).await.is_continue() {}
        self.public.stopped();
        self.managed.leave().await;
        drop(gone);
    }

    /// One life and what comes after it; breaks when the server ends.
    async fn round(&mut self, calls: &mut OrderQueue) -> ControlFlow<()> {
        match Box::pin(self.live(calls)).await {
            RunEnd::Called(call) => {
                self.failures = 0;
                self.obey(call, calls).await
            }
            RunEnd::Died(death) => {
                self.failures = if death.was_healthy {
                    1
                } else {
                    self.failures.saturating_add(1)
                };
                self.public.backing_off(&death.reason);
                self.pause(calls).await
            }
            RunEnd::Unable(reason) => {
                self.public.failed(&reason);
                self.rest(calls).await
            }
        }
    }

    async fn live(&mut self, calls: &mut OrderQueue) -> RunEnd {
        match self.options.mode {
            EngineMode::Managed => match binary::find(&self.options) {
                Ok(program) => self.managed.live(&program, calls).await,
                Err(missing) => self.live_without_program(&missing, calls).await,
            },
            EngineMode::External => self.external.live(calls).await,
            EngineMode::Demo => {
                demo::live(&self.options, &self.context, &self.public, None, calls).await
            }
        }
    }

    async fn live_without_program(&self, missing: &BinaryError, calls: &mut OrderQueue) -> RunEnd {
        if !self.options.allow_demo_fallback {
            return RunEnd::Unable(missing.to_string());
        }
        tracing::warn!(reason = %missing, "the demo engine takes the place of the engine");
        let notice = format!("The demo engine answers with canned text: {missing}.");
        demo::live(
            &self.options,
            &self.context,
            &self.public,
            Some(notice),
            calls,
        )
        .await
    }

    async fn obey(&self, call: QueuedOrder, calls: &mut OrderQueue) -> ControlFlow<()> {
        match call.order {
            EngineOrder::End => ControlFlow::Break(()),
            EngineOrder::Start | EngineOrder::Restart => {
                self.public.restarting();
                call.accept();
                ControlFlow::Continue(())
            }
            EngineOrder::Stop => {
                self.public.stopped();
                call.accept();
                self.rest(calls).await
            }
        }
    }

    /// Waits for an order that leads on.
    async fn rest(&self, calls: &mut OrderQueue) -> ControlFlow<()> {
        loop {
            let call = calls.next().await;
            match call.order {
                EngineOrder::Stop => {
                    self.public.stopped();
                    call.accept();
                }
                EngineOrder::Start | EngineOrder::Restart | EngineOrder::End => {
                    return Box::pin(self.obey(call, calls)).await;
                }
            }
        }
    }

    /// Waits before the next life; an order cuts it short.
    async fn pause(&self, calls: &mut OrderQueue) -> ControlFlow<()> {
        let longest = match self.options.mode {
            EngineMode::External => LONGEST_PAUSE_EXTERNAL,
            EngineMode::Managed | EngineMode::Demo => LONGEST_PAUSE,
        };
        let pause = jittered(delay(self.failures, longest));
        match tokio::time::timeout(pause, calls.next()).await {
            Ok(call) => self.obey(call, calls).await,
            Err(_) => ControlFlow::Continue(()),
        }
    }
}
