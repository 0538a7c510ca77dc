//! The engine starts, crashes, restarts, and stops with the server.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use proxypal_server::engine::{EngineError, EngineMode, EngineState};

use super::support::{TestEngine, compatible, engine_binary, provider, script};
use crate::support::programs::is_alive;

fn signal(pid: u32, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(pid).unwrap()), signal).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn becomes_running_and_answers() {
    let test_engine = TestEngine::with(vec![compatible("stub-gpt", "http://127.0.0.1:9/v1")]).await;

    let status = test_engine.engine.status();

    assert_eq!(status.mode, EngineMode::Managed);
    assert!(status.version.is_some() && status.pid.is_some() && status.started_at.is_some());
    assert_eq!(test_engine.models().await, ["stub-gpt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_engine_is_back_within_two_seconds() {
    let test_engine = TestEngine::with(vec![compatible("stub-gpt", &provider().await)]).await;
    let killed = test_engine.engine.status().pid.unwrap();
    let began = Instant::now();

    signal(killed, Signal::SIGKILL);
    let back = test_engine
        .becomes(|status| status.restarts == 1 && status.state == EngineState::Running)
        .await;

    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    assert_ne!(back.pid, Some(killed));
    assert_eq!(
        test_engine
            .chat("stub-gpt", uuid::Uuid::now_v7())
            .await
            .status(),
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hung_engine_is_replaced() {
    let test_engine = TestEngine::with(Vec::new()).await;
    let hung = test_engine.engine.status().pid.unwrap();

    signal(hung, Signal::SIGSTOP);
    let mut watch = test_engine.engine.watch();
    let replaced =
        watch.wait_for(|status| status.restarts == 1 && status.state == EngineState::Running);
    tokio::time::timeout(Duration::from_mins(1), replaced)
        .await
        .unwrap()
        .unwrap();

    assert!(!is_alive(hung));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_binary_is_reported() {
    let test_engine = TestEngine::launch(Vec::new(), |options| options.binary = None);

    let status = test_engine.reaches(EngineState::Failed).await;

    assert!(
        status
            .last_error
            .unwrap()
            .contains("proxypal-server engine install")
    );
    assert!(test_engine.engine.endpoint().is_none());
    assert!(matches!(
        test_engine.engine.start().await,
        Err(EngineError::DidNotStart(_))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_finds_a_binary_installed_since_the_failure() {
    let test_engine = TestEngine::launch(Vec::new(), |options| options.binary = None);
    test_engine.reaches(EngineState::Failed).await;
    let installed = test_engine.folder.path().join("engine/cli-proxy-api");

    std::fs::create_dir_all(installed.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(engine_binary(), installed).unwrap();

    assert_eq!(
        test_engine.engine.start().await.unwrap().state,
        EngineState::Running
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn retries_when_the_port_is_taken() {
    let test_engine = TestEngine::launch(Vec::new(), |options| {
        let taken = options.data_dir.join("was-taken");
        let refusal = "[error] listen tcp 127.0.0.1:1: bind: address already in use";
        let text = format!(
            "[ -e {taken} ] || {{ touch {taken}; echo '{refusal}'; exit 0; }}\nexec {engine} \"$@\"",
            taken = taken.display(),
            engine = engine_binary().display(),
        );
        options.binary = Some(script(&options.data_dir, &text));
    });

    let lost = test_engine
        .becomes(|status| status.last_error.is_some())
        .await;
    let status = test_engine.running().await;

    assert!(lost.last_error.unwrap().contains("address already in use"));
    assert_eq!(status.restarts, 1);
    assert_eq!(status.last_error, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn stops_starts_and_restarts_on_request() {
    let test_engine = TestEngine::with(Vec::new()).await;
    let first = test_engine.engine.status().pid.unwrap();

    let stopped = test_engine.engine.stop().await.unwrap();
    assert_eq!(stopped.state, EngineState::Stopped);
    assert!(test_engine.engine.endpoint().is_none() && !is_alive(first));

    let second = test_engine.engine.start().await.unwrap();
    assert_eq!(second.state, EngineState::Running);

    let third = test_engine.engine.restart().await.unwrap();
    assert_eq!((third.state, third.restarts), (EngineState::Running, 0));
    assert_ne!(third.pid, second.pid);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_drained_before_a_stop() {
    let was_drained = Arc::new(AtomicBool::new(false));
    let noted = was_drained.clone();
    let test_engine = TestEngine::launch(Vec::new(), |options| {
        options.drain = Some(Arc::new(move || {
            noted.store(true, Ordering::SeqCst);
            Box::pin(std::future::ready(()))
        }));
    });
    test_engine.running().await;

    test_engine.engine.stop().await.unwrap();

    assert!(was_drained.load(Ordering::SeqCst));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_when_the_server_ends() {
    let test_engine = TestEngine::with(Vec::new()).await;
    let pid = test_engine.engine.status().pid.unwrap();

    test_engine.end().await;

    assert!(!is_alive(pid));
    assert_eq!(test_engine.engine.status().state, EngineState::Stopped);
    assert_eq!(
        test_engine.engine.start().await,
        Err(EngineError::ShuttingDown)
    );
}

/// Not a test: the server of [`the_engine_is_killed_with_the_server`], which is killed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs as a process of its own"]
async fn a_server_to_be_killed() {
    let test_engine = TestEngine::with(Vec::new()).await;

    let line = format!("engine {}\n", test_engine.engine.status().pid.unwrap());
    std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).unwrap();
    std::future::pending::<()>().await;
}

#[test]
fn the_engine_is_killed_with_the_server() {
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "engine::lifecycle::a_server_to_be_killed",
            "--ignored",
            "--nocapture",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(server.stderr.take().unwrap()));
    let engine = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("engine ")?.parse().ok());
    let engine: u32 = engine.unwrap();
    assert!(is_alive(engine));

    server.kill().unwrap();
    server.wait().unwrap();

    eventually(|| !is_alive(engine));
}

/// The parent is a shell here, which starts the launcher as the server does and is killed.
#[test]
fn the_engine_is_killed_with_its_parent() {
    let launcher = env!("CARGO_BIN_EXE_proxypal-server");
    let text = format!("{launcher} engine-exec $$ /bin/sleep 60 & echo $!; wait");
    let mut parent = Command::new("/bin/sh")
        .args(["-c", &text])
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(parent.stdout.as_mut().unwrap()),
        &mut line,
    )
    .unwrap();
    let engine: u32 = line.trim().parse().unwrap();
    eventually(|| {
        std::fs::read_to_string(format!("/proc/{engine}/comm")).is_ok_and(|name| name == "sleep\n")
    });

    signal(parent.id(), Signal::SIGKILL);
    parent.wait().unwrap();

    eventually(|| !is_alive(engine));
}

/// Effects of the kernel have no event to wait for.
fn eventually(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !is_so() {
        assert!(Instant::now() < deadline, "it never became so");
        std::thread::yield_now();
    }
}
