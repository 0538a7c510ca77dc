//! `serve`: runs the server until a stop signal.

use std::{sync::Arc, time::Instant};

use anyhow::Context as _;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::net::TcpListener;

use super::{CliError, Done, terminal};
use crate::{
    app::{App, Environment, Standby},
    clock::SystemClock,
    config::{Config, Options, SecretsConfig, search_path},
    engine::EngineMode,
    shutdown, telemetry,
};

pub(super) async fn serve(options: &Options) -> Done {
    let start = Instant::now();
    let config =
        Config::read(options, SecretsConfig::from_environment()).map_err(CliError::Usage)?;
    telemetry::start(&config.log);
    raise_open_files();
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!(
            "cannot listen on {}; is another server running? choose another HOST or PORT",
            config.listen
        )
    })?;
    let address = listener
        .local_addr()
        .context("cannot determine the listen address")?;
    let public_url = options
        .public_url
        .is_some()
        .then(|| config.public_url.clone());
    let mut config = config;
    if public_url.is_none() {
        config.public_url = format!("http://{address}")
            .parse()
            .context("cannot derive PUBLIC_URL from the listen address")?;
    }
    let url = config.public_url.to_string();
    let environment = Environment {
        clock: Arc::new(SystemClock),
        launcher: std::env::current_exe().context("cannot find the path of this program")?,
        search_path: search_path(),
        limits: None,
        refresh_limit: None,
    };
    let standby = config.standby.then(|| Standby::serve(&listener));
    let standby = standby.transpose()?;
    let app = Box::pin(App::build(config, environment)).await?;
    if let Some(standby) = standby {
        standby.end().await;
    }
    // Before the address is printed: a script may send a signal as soon as it reads it.
    let mut signals = shutdown::StopSignals::listen().context("cannot listen for signals")?;
    print_url(&app, &url);
    tracing::info!(%address, elapsed_ms = start.elapsed().as_millis(), "the server is ready");
    let stop = app.stop_token();
    let serving = app.serve(listener);
    tokio::pin!(serving);
    tokio::select! {
        result = &mut serving => return Ok(result?),
        () = signals.next() => {}
    }
    tracing::info!("stopping after requests in flight; signal again to stop immediately");
    stop.cancel();
    tokio::select! {
        result = &mut serving => Ok(result?),
        () = signals.next() => Err(CliError::Other(anyhow::anyhow!("stopped immediately"))),
    }
}

/// Raises the soft limit of open files, often 1024, to the hard one: each request in flight needs two.
fn raise_open_files() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        tracing::debug!(%error, "cannot raise the limit of open files");
    }
}

/// Prints the URL. The set-up link is a secret, so it goes to the terminal and not to the log.
fn print_url(app: &App, url: &str) {
    match app.setup_url() {
        Some(setup_url) => terminal::print_line(&format!(
            "\n  ProxyPal Server is running.\n  Create the administrator with this one-time link:\n\n    {setup_url}\n"
        )),
        None => terminal::print_line(&format!(
            "\n  ProxyPal Server is running. Sign in at:\n\n    {url}\n"
        )),
    }
    if app.services().engine.status().mode == EngineMode::Demo {
        terminal::print_line(
            "  The DEMO engine returns canned text. For real models install the engine with\n  \
             `proxypal-server engine install`, restart, and add provider keys.\n",
        );
    }
}
