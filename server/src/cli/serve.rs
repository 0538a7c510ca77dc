//! `serve`: run the server until told to stop.

use std::{sync::Arc, time::Instant};

use anyhow::Context as _;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::net::TcpListener;

use super::{CliError, Done, terminal};
use crate::{
    app::{App, Environment},
    clock::SystemClock,
    config::{Config, Options, SecretsConfig, search_path},
    engine::EngineMode,
    shutdown, telemetry,
};

pub(super) async fn serve(options: &Options) -> Done {
    let began = Instant::now();
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
    let address = listener.local_addr().context("cannot tell the address")?;
    let public_url = options
        .public_url
        .is_some()
        .then(|| config.public_url.clone());
    let mut config = config;
    if public_url.is_none() {
        config.public_url = format!("http://{address}")
            .parse()
            .context("cannot tell our own address")?;
    }
    let url = config.public_url.to_string();
    let around = Environment {
        clock: Arc::new(SystemClock),
        launcher: std::env::current_exe().context("cannot find our own program")?,
        search_path: search_path(),
        limits: None,
    };
    let app = Box::pin(App::build(config, around)).await?;
    // Whoever reads where we are may ask us to stop at once.
    let mut requests = shutdown::StopSignals::listen().context("cannot listen for signals")?;
    greet(&app, &url);
    tracing::info!(%address, elapsed_ms = began.elapsed().as_millis(), "the server is ready");
    let stop = app.stop_token();
    let serving = app.serve(listener);
    tokio::pin!(serving);
    tokio::select! {
        result = &mut serving => return Ok(result?),
        () = requests.next() => {}
    }
    tracing::info!("stopping: running answers may end first; ask again to stop at once");
    stop.cancel();
    tokio::select! {
        result = &mut serving => Ok(result?),
        () = requests.next() => Err(CliError::Other(anyhow::anyhow!("stopped at once"))),
    }
}

/// Each stream needs two file handles, and the usual limit of 1024 is a soft one.
fn raise_open_files() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        tracing::debug!(%error, "cannot raise the limit of open files");
    }
}

/// Says where to go. The set-up link is a secret, so it goes to the terminal and not into the log.
fn greet(app: &App, url: &str) {
    match app.setup_url() {
        Some(setup_url) => terminal::say(&format!(
            "\n  ProxyPal Server is running.\n  Create the administrator with this one-time link:\n\n    {setup_url}\n"
        )),
        None => terminal::say(&format!(
            "\n  ProxyPal Server is running. Sign in at:\n\n    {url}\n"
        )),
    }
    if app.services().engine.status().mode == EngineMode::Demo {
        terminal::say(
            "  The DEMO engine answers with canned text. For real models get the engine with\n  \
             `proxypal-server engine install`, restart, and add provider keys.\n",
        );
    }
}
