//! Counts what a small JSON request allocates on its way through the whole server, and what its row allocates on its way into the
//! database. It is a program of its own because it replaces the allocator.
//!
//! `ALLOCATION_PROFILE=<directory>` writes the profiles of both, which the viewer of DHAT shows by call stack.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod client;
mod engine;
mod server;

use std::path::PathBuf;

use self::{client::Client, server::Server};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const REQUESTS: u64 = 300;

/// The most blocks that one request may allocate, of which a growing one counts each time that it moves.
const PER_REQUEST: u64 = 121;
/// The most blocks that the row of one request may allocate, in a transaction with many.
const PER_ROW: u64 = 60;

#[test]
fn a_small_request_allocates_little() {
    let engine = engine::start();
    let server = Server::start(engine);
    let mut client = Client::connect(server.address, &server.api_key);
    for _ in 0..2 {
        let held = server.hold_writes();
        client.send(REQUESTS);
        held.release(&server);
        server.wait_until_written();
    }

    let held = server.hold_writes();
    let by_requests = counted("requests", || client.send(REQUESTS));
    let by_rows = counted("rows", || {
        held.release(&server);
        server.wait_until_written();
    });

    let (per_request, per_row) = (by_requests.div_ceil(REQUESTS), by_rows.div_ceil(REQUESTS));
    assert!(
        per_request <= PER_REQUEST && per_row <= PER_ROW,
        "{per_request} allocations per request (at most {PER_REQUEST}), {per_row} per row (at most {PER_ROW})"
    );
}

/// The number of blocks that are allocated meanwhile, by all threads.
fn counted(name: &str, work: impl FnOnce()) -> u64 {
    let profiler = match profile_directory() {
        Some(directory) => dhat::Profiler::builder()
            .file_name(directory.join(format!("{name}.json")))
            .trim_backtraces(None)
            .build(),
        None => dhat::Profiler::builder().testing().build(),
    };
    work();
    let blocks = dhat::HeapStats::get().total_blocks;
    drop(profiler);
    blocks
}

fn profile_directory() -> Option<PathBuf> {
    std::env::var_os("ALLOCATION_PROFILE").map(PathBuf::from)
}
