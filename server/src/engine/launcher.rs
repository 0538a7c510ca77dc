//! Executes the engine in a process that exits with the server.
//!
//! A parent can set the death signal and umask of a child only with unsafe code between `fork` and `exec`. So the server
//! starts its own program, which sets them and then executes the engine.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::stat::{Mode, umask};
use nix::unistd::getppid;

/// The hidden subcommand: `engine-exec <parent's pid> <program> <arguments…>`.
pub const COMMAND: &str = "engine-exec";

/// Replaces this process by `program`, which is killed when the parent exits and creates private files only. Returns
/// only on failure.
pub fn exec(parent: i32, program: &OsStr, arguments: &[OsString]) -> io::Error {
    if let Err(error) = prctl::set_pdeathsig(Signal::SIGKILL) {
        return error.into();
    }
    // The parent may have exited before the signal was set; then another process is the parent.
    if getppid().as_raw() != parent {
        return io::Error::other("the server that started the engine is gone");
    }
    umask(Mode::from_bits_truncate(0o077));
    Command::new(program).args(arguments).exec()
}

/// [`exec`] with the arguments after the subcommand. Errors are printed in the format of the engine, so that the
/// supervisor reads them as the reason.
pub fn exec_from(mut words: impl Iterator<Item = OsString>) -> ExitCode {
    let parent = words.next().and_then(|word| word.to_str()?.parse().ok());
    let program = words.next();
    let reason = match (parent, program) {
        (Some(parent), Some(program)) => {
            let arguments: Vec<_> = words.collect();
            let error = exec(parent, &program, &arguments);
            format!("cannot execute {}: {error}", program.display())
        }
        _ => format!("usage: {COMMAND} <parent's pid> <program> <arguments…>"),
    };
    // A failure to print cannot be reported.
    let _ = writeln!(io::stderr(), "[error] {reason}");
    ExitCode::FAILURE
}
