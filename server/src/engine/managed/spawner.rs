//! The thread that starts all child processes.
//!
//! The kernel signals a child process when its parent exits (`PR_SET_PDEATHSIG`), but *parent* means the thread that
//! forked. A worker thread of tokio may exit while the server runs, which would kill the engine. So one dedicated
//! thread starts every child process, and exists as long as the supervisor.

use std::io;
use std::sync::mpsc;
use std::thread;

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

type Request = (Command, oneshot::Sender<io::Result<Child>>);

/// Sends commands to the thread, which starts with the first one.
#[derive(Debug, Default)]
pub(super) struct Spawner {
    requests: Option<mpsc::Sender<Request>>,
}

impl Spawner {
    /// Starts a child process from the dedicated thread.
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
                // If the supervisor has ended, dropping the child kills it.
                let _ = answer.send(command.spawn());
            }
        })?;
    Ok(requests)
}

fn gone<E>(_: E) -> io::Error {
    io::Error::other("the thread that starts the engine is gone")
}
