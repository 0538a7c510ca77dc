//! Measures the cost of the gateway against nginx and a direct connection, on one machine in one run.
//!
//! A stub upstream (this program once more), nginx and the release `proxypal-server` listen on
//! 127.0.0.1; wrk loads them in turn. `docs/performance.md` explains the table.
#![expect(clippy::print_stderr, reason = "shows progress on the terminal")]

mod client;
mod gateway;
mod litellm;
mod load;
mod nginx;
mod process;
mod report;
mod setup;
mod streams;
mod stub;
mod users;

use std::{
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use clap::Parser as _;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tempfile::TempDir;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{sleep, timeout},
};

use crate::{
    gateway::Gateway,
    litellm::LiteLlm,
    load::{Kind, Plan, Target},
    nginx::Nginx,
    report::{Memory, Report},
    setup::Administrator,
    streams::OPEN_STREAMS,
    stub::Stub,
};

const LONGEST_RUN: Duration = Duration::from_mins(8);
/// The sign-ins of an administrator after which memory is measured.
pub(crate) const SIGN_INS: usize = 5;
/// How long the server may take to release the memory of its start.
const IDLE: Duration = Duration::from_secs(2);
/// Open files: both ends of every stream, in the gateway and in the stub, with a margin.
const OPEN_FILES: u64 = 8192;

#[derive(Debug, clap::Parser)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[command(about = "Measures the gateway beside nginx and beside no proxy at all")]
struct Options {
    /// Rounds of one second: a look, not a measurement.
    #[arg(long)]
    quick: bool,
    /// Load of 5 and 200 users at a fixed rate instead of the highest rate.
    #[arg(long)]
    users: bool,
    /// Another build of the server, to be measured in turns with this one.
    #[arg(long)]
    other: Option<PathBuf>,
    /// Path of the litellm command, to be measured in turns as well.
    #[arg(long)]
    litellm: Option<PathBuf>,
    /// Load with one kind of answer only.
    #[arg(long, value_enum)]
    only: Option<Kind>,
    /// Run as the upstream (used by the benchmark itself).
    #[arg(long, hide = true)]
    stub: bool,
    /// Added by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = if options.stub {
        stub::serve()
    } else {
        bounded(&options)
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the benchmark failed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The children are stopped on drop.
///
/// Single-threaded, since a child's parent-death signal is bound to the *thread* that started it.
#[tokio::main(flavor = "current_thread")]
async fn bounded(options: &Options) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let run = tokio::select! {
        run = timeout(LONGEST_RUN, run(options)) => run,
        _ = interrupt.recv() => anyhow::bail!("interrupted"),
        _ = terminate.recv() => anyhow::bail!("terminated"),
        _ = hang_up.recv() => anyhow::bail!("the terminal is gone"),
    };
    run.context("it took longer than eight minutes")?
}

async fn run(options: &Options) -> anyhow::Result<()> {
    if options.users {
        return users::measure(options.quick).await;
    }
    let report = measure(options).await?;
    write!(std::io::stdout(), "{report}")?;
    Ok(())
}

async fn measure(options: &Options) -> anyhow::Result<Report> {
    raise_open_files();
    let home = TempDir::new()?;
    let plan = Plan::new(options.quick, options.only);

    eprintln!("starting the upstream, nginx and the gateway");
    let stub = Stub::start()?;
    let nginx = Nginx::start(home.path(), stub.address).await?;
    let mut gateway = Gateway::new(home.path(), stub.address)?;
    gateway.start().await?;
    let key = setup::create_user(&gateway).await?;
    let to_first_answer = gateway.restarted_until_first_answer(&key).await?;

    sleep(IDLE).await;
    let memory_idle = gateway.memory()?;
    for _ in 0..SIGN_INS {
        Administrator::session(&gateway).await?;
    }
    sleep(IDLE).await;
    let memory_signed_in = gateway.memory()?;
    eprintln!("opening {OPEN_STREAMS} streams");
    let memory_streaming = streams::memory_with_open_streams(&gateway, &key).await?;
    let other = match &options.other {
        Some(program) => Some(other_build(program, home.path(), stub.address).await?),
        None => None,
    };
    let litellm = match &options.litellm {
        Some(program) => Some(LiteLlm::start(program.clone(), home.path(), stub.address).await?),
        None => None,
    };

    let (of_nginx, of_gateway) = (nginx.process(), gateway.process()?);
    let mut targets = vec![
        Target::new("direct", stub.address, &key, None),
        Target::new("nginx", nginx.address, &key, Some(of_nginx)),
        Target::new("gateway", gateway.address, &key, Some(of_gateway)),
    ];
    if let Some((other, key)) = &other {
        let process = Some(other.process()?);
        targets.push(Target::new("other build", other.address, key, process));
    }
    if let Some(peer) = &litellm {
        let process = Some(peer.process());
        targets.push(Target::new("LiteLLM", peer.address, litellm::KEY, process));
    }
    let measures = load::run(&plan, &targets, home.path()).await?;
    let columns = targets.iter().map(|target| target.name).collect();
    let memory_after = gateway.memory()?;
    ensure!(gateway.is_running()?, "the gateway ended under load");
    setup::check_recorded(&gateway, &key).await?;

    Ok(Report {
        plan,
        measures,
        to_first_answer,
        columns,
        memory: Memory {
            idle: memory_idle,
            signed_in: memory_signed_in,
            streaming: memory_streaming,
            after: memory_after,
        },
    })
}

/// Starts another build of the server; returns it with the secret of a key.
async fn other_build(
    program: &Path,
    home: &Path,
    upstream: SocketAddr,
) -> anyhow::Result<(Gateway, String)> {
    let mut gateway = Gateway::of(program.to_owned(), &home.join("other"), upstream)?;
    gateway.start().await?;
    let key = setup::create_user(&gateway).await?;
    Ok((gateway, key))
}

/// Raises the limit of open files up to the hard limit; child processes inherit it.
fn raise_open_files() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let wanted = OPEN_FILES.min(hard).max(soft);
        if setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).is_err() || wanted < OPEN_FILES {
            eprintln!("only {wanted} files may be open; 500 streams may need more (ulimit -n)");
        }
    }
}
