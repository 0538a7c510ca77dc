//! Loads as people do: each asks once a second, at a time that was set before, however slow the answers are.
//!
//! A latency counts from the moment that was set, so a stall counts for every request that was due during it.

mod books;
mod driver;
mod report;

use std::{io::Write as _, time::Duration};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

use self::{driver::Driver, report::Report};
use crate::{gateway::Gateway, raise_open_files, setup::Administrator, stub::Stub};

/// How many ask, and for how many seconds in each round; few need longer to be many samples.
const CROWDS: [(usize, u64); 2] = [(5, 20), (200, 8)];
const QUICK_SECONDS: u64 = 4;
/// Direct and through the gateway in turn, so that a slow minute is shared by both.
const ROUNDS: usize = 3;

/// The result of one request.
#[derive(Clone, Copy, Debug)]
struct Timing {
    is_stream: bool,
    /// To the first part of the answer, and to its end.
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

/// Runs everything and prints the table; an error if a target is missed.
pub(crate) async fn measure(quick: bool) -> anyhow::Result<()> {
    raise_open_files();
    let home = TempDir::new()?;
    let stub = Stub::start()?;
    let mut gateway = Gateway::new(home.path(), stub.address)?;
    gateway.start().await?;
    let administrator = Administrator::sign_in(&gateway).await?;
    let most = CROWDS
        .into_iter()
        .map(|(crowd, _)| crowd)
        .max()
        .context("no users")?;
    let mut keys = Vec::with_capacity(most);
    for number in 0..most {
        keys.push(administrator.create_user(&format!("user {number}")).await?);
    }
    let mut report = Report::default();
    let mut asked = Vec::new();
    for (crowd, seconds) in CROWDS {
        let length = Duration::from_secs(if quick { QUICK_SECONDS } else { seconds });
        let [mut direct, mut through] = [Outcome::default(), Outcome::default()];
        for round in 1..=ROUNDS {
            eprintln!("{crowd} users, round {round} of {ROUNDS}");
            let keys = &keys[..crowd];
            direct.append(Driver::new(stub.address, keys, length).run().await?);
            through.append(Driver::new(gateway.address, keys, length).run().await?);
        }
        asked.extend(through.ids.iter().cloned());
        report.add(crowd, &direct, &through);
    }
    ensure!(gateway.is_running()?, "the gateway ended under load");
    report.books = Some(books::compare(&administrator, &asked).await?);
    write!(std::io::stdout(), "{report}")?;
    report.verdict()
}
