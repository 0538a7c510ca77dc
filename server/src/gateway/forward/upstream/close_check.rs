//! Checks an idle connection to the engine before it is used again: the system is asked whether the engine has closed it. The
//! readiness that the runtime knows may be stale, and under load it often is.

use std::{io, mem::MaybeUninit};

use socket2::SockRef;
use tokio::net::TcpStream;

/// Whether the engine has neither closed the connection nor sent data without a request. Costs one system call.
pub(super) fn is_idle(stream: &TcpStream) -> bool {
    let mut byte = [MaybeUninit::uninit()];
    let peeked = SockRef::from(stream).peek(&mut byte);
    peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}
