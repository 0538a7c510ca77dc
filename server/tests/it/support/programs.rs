//! Programs that run beside the test, and what they say.

use std::{
    path::PathBuf,
    process::{ExitStatus, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
    sync::watch,
};

use super::soon;

/// The server under test: the debug build, or what `TEST_SERVER_BINARY` names.
pub(crate) fn server_binary() -> PathBuf {
    let named = std::env::var_os("TEST_SERVER_BINARY");
    named.map_or_else(
        || env!("CARGO_BIN_EXE_proxypal-server").into(),
        PathBuf::from,
    )
}

/// The engine under test: the double, or what `TEST_ENGINE_BINARY` names.
pub(crate) fn engine_binary() -> PathBuf {
    std::env::var_os("TEST_ENGINE_BINARY").map_or_else(|| example("engine_double"), PathBuf::from)
}

/// Whether the engine under test is the double, which has more test controls than the real one.
pub(crate) fn is_engine_double() -> bool {
    std::env::var_os("TEST_ENGINE_BINARY").is_none()
}

/// An example beside this program. `cargo test` builds it; `cargo test --test it` does not, so `cargo
/// build --examples` goes before it after a change of one.
pub(crate) fn example(name: &str) -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let built = program.parent().unwrap().parent().unwrap();
    built.join("examples").join(name)
}

/// A program that runs; it is killed with the test.
pub(crate) struct Program {
    pub(crate) child: Child,
    pub(crate) output: Output,
    pub(crate) errors: Output,
}

/// Lines that a program wrote so far.
pub(crate) struct Output(watch::Receiver<Vec<String>>);

impl Program {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let output = Output::of(child.stdout.take().unwrap());
        let errors = Output::of(child.stderr.take().unwrap());
        Self {
            child,
            output,
            errors,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
    }

    /// Waits until it has ended of itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let status = soon("the program's end", self.child.wait()).await.unwrap();
        self.output.complete().await;
        self.errors.complete().await;
        status
    }
}

impl Output {
    fn of(stream: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let (said, lines) = watch::channel(Vec::new());
        #[expect(clippy::disallowed_methods, reason = "it ends with the program")]
        tokio::spawn(async move {
            let mut reading = BufReader::new(stream).lines();
            while let Ok(Some(line)) = reading.next_line().await {
                said.send_modify(|lines| lines.push(line));
            }
        });
        Self(lines)
    }

    /// Waits for a line that holds this text.
    pub(crate) async fn line_with(&mut self, text: &str) -> String {
        let find = |lines: &Vec<String>| lines.iter().find(|line| line.contains(text)).cloned();
        let seen = self.0.wait_for(|lines| find(lines).is_some());
        let seen = soon(&format!("a line with {text:?}"), seen).await;
        find(&seen.unwrap()).unwrap()
    }

    /// Everything that was written so far.
    pub(crate) fn text(&self) -> String {
        self.0.borrow().join("\n")
    }

    async fn complete(&mut self) {
        let closed = async { while self.0.changed().await.is_ok() {} };
        soon("the end of the output", closed).await;
    }
}

/// Whether a process runs and is not a zombie.
pub(crate) fn is_alive(pid: u32) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = state.rsplit(") ").next();
    state.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}
