//! The task that owns the engine: starts it again after each run, and executes the commands in between.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::auth_files::RefreshHold;
use super::backoff::{delay, jittered};
use super::binary::{self, BinaryError};
use super::demo;
use super::external::External;
use super::managed::Managed;
use super::options::{EngineContext, EngineOptions};
use super::orders::{EngineOrder, OrderQueue, QueuedOrder};
use super::public_state::PublicState;
use super::run::RunEnd;
use super::status::EngineMode;

/// The maximum delay between two starts of the child process.
const MAX_RESTART_DELAY: Duration = Duration::from_secs(30);
/// The maximum delay between two connection attempts to an external engine; shorter, because they are cheap.
const MAX_RECONNECT_DELAY: Duration = Duration::from_secs(5);

/// The state that outlasts each run.
#[derive(Debug)]
pub(super) struct Supervisor {
    options: EngineOptions,
    context: EngineContext,
    public: Arc<PublicState>,
    managed: Managed,
    external: External,
    failures: u32,
    /// The program of the last switch; none to search it at each start.
    program: Option<PathBuf>,
}

impl Supervisor {
    /// Starts nothing yet.
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
            program: None,
        }
    }

    /// Another process may still refresh tokens until the result is dropped: meanwhile this engine does not.
    pub(super) fn hold_refreshes(&self) -> RefreshHold {
        self.managed.hold_refreshes()
    }

    /// Runs the engine until the server shuts down.
    pub(super) async fn run(mut self, mut orders: OrderQueue) {
        let gone = self.public.gone.clone().drop_guard();
        self.managed.rescue_auth_files().await;
        while self.round(&mut orders).await.is_continue() {}
        self.public.stopped();
        self.managed.wipe_auth_files().await;
        drop(gone);
    }

    /// One run and the reaction to its end; breaks at shutdown.
    async fn round(&mut self, orders: &mut OrderQueue) -> ControlFlow<()> {
        match Box::pin(self.run_once(orders)).await {
            RunEnd::Ordered(order) => {
                self.failures = 0;
                self.execute(order, orders).await
            }
            RunEnd::Outdated => {
                self.failures = 0;
                self.public.restarting();
                ControlFlow::Continue(())
            }
            RunEnd::Lost(exit) => {
                self.failures = if exit.was_healthy {
                    1
                } else {
                    self.failures.saturating_add(1)
                };
                self.public.backing_off(&exit.reason);
                self.pause(orders).await
            }
            RunEnd::Blocked(reason) => {
                self.public.failed(&reason);
                self.wait_for_start(orders).await
            }
        }
    }

    async fn run_once(&mut self, orders: &mut OrderQueue) -> RunEnd {
        match self.options.mode {
            EngineMode::Managed => match self.find_program() {
                Ok(mut program) => {
                    let found = program.clone();
                    let end = Box::pin(self.managed.run(&mut program, orders)).await;
                    if program != found {
                        self.program = Some(program);
                    }
                    end
                }
                Err(missing) => self.run_demo_instead(&missing, orders).await,
            },
            EngineMode::External => self.external.run(orders).await,
            EngineMode::Demo => {
                demo::run(&self.options, &self.context, &self.public, None, orders).await
            }
        }
    }

    fn find_program(&self) -> Result<PathBuf, BinaryError> {
        match &self.program {
            Some(program) => Ok(program.clone()),
            None => binary::find(&self.options),
        }
    }

    async fn run_demo_instead(&self, missing: &BinaryError, orders: &mut OrderQueue) -> RunEnd {
        if !self.options.allow_demo_fallback {
            return RunEnd::Blocked(missing.to_string());
        }
        tracing::warn!(reason = %missing, "the demo engine replaces the engine");
        let notice = format!("The demo engine answers with canned text: {missing}.");
        demo::run(
            &self.options,
            &self.context,
            &self.public,
            Some(notice),
            orders,
        )
        .await
    }

    async fn execute(&mut self, queued: QueuedOrder, orders: &mut OrderQueue) -> ControlFlow<()> {
        match &queued.order {
            EngineOrder::Shutdown => ControlFlow::Break(()),
            EngineOrder::Switch(program) => {
                self.program = Some(program.clone());
                self.public.restarting();
                queued.accept();
                ControlFlow::Continue(())
            }
            EngineOrder::Start | EngineOrder::Restart => {
                self.public.restarting();
                queued.accept();
                ControlFlow::Continue(())
            }
            EngineOrder::Stop => {
                self.public.stopped();
                queued.accept();
                self.wait_for_start(orders).await
            }
        }
    }

    /// Waits until a command starts the engine or the server shuts down.
    async fn wait_for_start(&mut self, orders: &mut OrderQueue) -> ControlFlow<()> {
        loop {
            let queued = orders.next().await;
            match &queued.order {
                EngineOrder::Stop => {
                    self.public.stopped();
                    queued.accept();
                }
                EngineOrder::Start
                | EngineOrder::Restart
                | EngineOrder::Switch(_)
                | EngineOrder::Shutdown => {
                    return Box::pin(self.execute(queued, orders)).await;
                }
            }
        }
    }

    /// Waits before the next run; a command ends the wait.
    async fn pause(&mut self, orders: &mut OrderQueue) -> ControlFlow<()> {
        let max_delay = match self.options.mode {
            EngineMode::External => MAX_RECONNECT_DELAY,
            EngineMode::Managed | EngineMode::Demo => MAX_RESTART_DELAY,
        };
        let pause = jittered(delay(self.failures, max_delay));
        match tokio::time::timeout(pause, orders.next()).await {
            Ok(queued) => self.execute(queued, orders).await,
            Err(_) => ControlFlow::Continue(()),
        }
    }
}
