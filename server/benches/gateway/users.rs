//! Open-loop load: each user sends one request per second at scheduled times, regardless of the latency.
//!
//! Latency is measured from the scheduled time, so a stall counts for every request that was due during it.

mod driver;
mod recorded;
mod report;

use std::{io::Write as _, time::Duration};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

use self::{driver::Driver, report::Report};
use crate::{gateway::Gateway, raise_open_files, setup::Administrator, stub::Stub};

/// Numbers of users, and the seconds of each round: fewer users need longer for enough samples.
const USERS: [(usize, u64); 2] = [(5, 20), (200, 8)];
const QUICK_SECONDS: u64 = 4;
/// Direct and through the gateway in turns, so that a slow minute affects both.
const ROUNDS: usize = 3;

/// The result of one request.
#[derive(Clone, Copy, Debug)]
struct Timing {
    is_stream: bool,
    /// Latency to the first byte and to the end of the answer.
    first: Duration,
    whole: Duration,
}

/// The results of one target.
#[derive(Debug, Default)]
struct Outcome {
    timings: Vec<Timing>,
    /// The request ids of the gateway.
    ids: Vec<String>,
    errors: Vec<String>,
}

impl Outcome {
    fn append(&mut self, mut other: Self) {
        self.timings.append(&mut other.timings);
        self.ids.append(&mut other.ids);
        self.errors.append(&mut other.errors);
    }
}

/// Runs the load and prints the table; fails when a target is missed.
pub(crate) async fn measure(quick: bool) -> anyhow::Result<()> {
    raise_open_files();
    let home = TempDir::new()?;
    let stub = Stub::start()?;
    let mut gateway = Gateway::new(home.path(), stub.address)?;
    gateway.start().await?;
    let administrator = Administrator::sign_in(&gateway).await?;
    let largest = USERS
        .into_iter()
        .map(|(users, _)| users)
        .max()
        .context("no users")?;
    let mut keys = Vec::with_capacity(largest);
    for number in 0..largest {
        keys.push(administrator.create_user(&format!("user {number}")).await?);
    }
    let mut report = Report::default();
    let mut sent_ids = Vec::new();
    for (users, seconds) in USERS {
        let length = Duration::from_secs(if quick { QUICK_SECONDS } else { seconds });
        let [mut direct, mut through] = [Outcome::default(), Outcome::default()];
        for round in 1..=ROUNDS {
            eprintln!("{users} users, round {round} of {ROUNDS}");
            let keys = &keys[..users];
            direct.append(Driver::new(stub.address, keys, length).run().await?);
            through.append(Driver::new(gateway.address, keys, length).run().await?);
        }
        sent_ids.extend(through.ids.iter().cloned());
        report.add(users, &direct, &through);
    }
    ensure!(gateway.is_running()?, "the gateway ended under load");
    report.recorded = Some(recorded::compare(&administrator, &sent_ids).await?);
    write!(std::io::stdout(), "{report}")?;
    report.verdict()
}
