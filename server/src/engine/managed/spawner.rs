//! The thread that starts all children.
//!
//! A child dies with its parent because the kernel sends it a signal; but the kernel takes the *thread*
//! that forked for the parent. A thread of tokio's may end while the server lives on, and would take the
//! engine with it. So one thread of our own starts every child, and lives as long as the supervisor.

use std::io;
use std::sync::mpsc;
use std::thread;

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

type Request = (Command, oneshot::Sender<io::Result<Child>>);

/// Hands commands to the thread; started with the first.
#[derive(Debug, Default)]
pub(super) struct Spawner {
    requests: Option<mpsc::Sender<Request>>,
}

impl Spawner {
    /// Starts a child from the thread that lasts.
    pub(super) async fn spawn(&mut self, command: Command) -> io::Result<Child> {
        let requests = match &self.requests {
            Some(requests) => requests,
            None => self.requests.insert(start_thread()?),
        };
        let (answer, answered) = oneshot::channel();
        requests.send((command, answer)).map_err(gone)?;
        answered.await.map_err(gone)?
    }
}

fn start_thread() -> io::Result<mpsc::Sender<Request>> {
    let (requests, received) = mpsc::channel::<Request>();
    let runtime = Handle::current();
    thread::Builder::new()
        .name("engine-spawner".to_owned())
        .spawn(move || {
            let _inside = runtime.enter();
            for (mut command, answer) in received {
                // A supervisor who left drops the child, which kills it.
                let _ = answer.send(command.spawn());
            }
        })?;
    Ok(requests)
}

fn gone<E>(_: E) -> io::Error {
    io::Error::other("the thread that starts the engine is gone")
}
