//! The one task that owns the engine: lives one life after another, and obeys calls in between.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use super::backoff::{delay, jittered};
use super::binary::{self, NoBinary};
use super::calls::{Call, Calls, Order};
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
pub(super) enum Ending {
    /// Somebody asked for it.
    Called(Call),
    /// It died, or was lost.
    Died(Death),
    /// It cannot live until somebody acts.
    Unable(String),
}

/// The end of a life that nobody asked for.
#[derive(Debug)]
pub(super) struct Death {
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
    pub(super) async fn run(mut self, mut calls: Calls) {
        let gone = self.public.gone.clone().drop_guard();
        while self.round(&mut calls).await.is_continue() {}
        self.public.stopped();
        self.managed.leave().await;
        drop(gone);
    }

    /// One life and what comes after it; breaks when the server ends.
    async fn round(&mut self, calls: &mut Calls) -> ControlFlow<()> {
        match Box::pin(self.live(calls)).await {
            Ending::Called(call) => {
                self.failures = 0;
                self.obey(call, calls).await
            }
            Ending::Died(death) => {
                self.failures = if death.was_healthy {
                    1
                } else {
                    self.failures.saturating_add(1)
                };
                self.public.backing_off(&death.reason);
                self.pause(calls).await
            }
            Ending::Unable(reason) => {
                self.public.failed(&reason);
                self.rest(calls).await
            }
        }
    }

    async fn live(&mut self, calls: &mut Calls) -> Ending {
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

    async fn live_without_program(&self, missing: &NoBinary, calls: &mut Calls) -> Ending {
        if !self.options.allow_demo_fallback {
            return Ending::Unable(missing.to_string());
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

    async fn obey(&self, call: Call, calls: &mut Calls) -> ControlFlow<()> {
        match call.order {
            Order::End => ControlFlow::Break(()),
            Order::Start | Order::Restart => {
                self.public.restarting();
                call.accept();
                ControlFlow::Continue(())
            }
            Order::Stop => {
                self.public.stopped();
                call.accept();
                self.rest(calls).await
            }
        }
    }

    /// Waits for an order that leads on.
    async fn rest(&self, calls: &mut Calls) -> ControlFlow<()> {
        loop {
            let call = calls.next().await;
            match call.order {
                Order::Stop => {
                    self.public.stopped();
                    call.accept();
                }
                Order::Start | Order::Restart | Order::End => {
                    return Box::pin(self.obey(call, calls)).await;
                }
            }
        }
    }

    /// Waits before the next life; an order cuts it short.
    async fn pause(&self, calls: &mut Calls) -> ControlFlow<()> {
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
