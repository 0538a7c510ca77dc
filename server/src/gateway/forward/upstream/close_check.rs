//! Checks an idle connection to the engine before it is used again: the system is asked whether the engine has closed it. The
//! readiness that the runtime knows may be stale, and under load it often is.

use std::{
    io,
    mem::MaybeUninit,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use socket2::SockRef;
use tokio::net::TcpStream;

use crate::observed_io::IoObserver;

/// While the flag is set, reads ask the system.
#[derive(Clone, Debug, Default)]
pub(super) struct CloseCheck(Arc<AtomicBool>);

impl CloseCheck {
    pub(super) fn set(&self, is_checked: bool) {
        self.0.store(is_checked, Ordering::Relaxed);
    }
}

impl IoObserver<TcpStream> for CloseCheck {
    fn on_read(
        &mut self,
        stream: &TcpStream,
        read: Poll<io::Result<usize>>,
        _: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if read.is_pending() && self.0.load(Ordering::Relaxed) {
            return poll_closed(stream);
        }
        read.map_ok(|_| ())
    }
}

/// Ready when the engine has closed the connection, or has sent data without a request.
fn poll_closed(stream: &TcpStream) -> Poll<io::Result<()>> {
    let mut byte = [MaybeUninit::uninit()];
    match SockRef::from(stream).peek(&mut byte) {
        Ok(0) => Poll::Ready(Ok(())),
        Ok(_) => Poll::Ready(Err(io::ErrorKind::InvalidData.into())),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        Err(error) => Poll::Ready(Err(error)),
    }
}
