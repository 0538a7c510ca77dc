//! The queries of the pages, and their latency.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use calendar::CalendarUnit;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::{Europe, Tz};
use proxypal_server::{
    clock::{Clock, SharedClock},
    db::Database,
    domain::{
        ledger::Ledger,
        paging::PageRequest,
        prices::Prices,
        requests::{JournalSync, NoObserver, RequestFilter, RequestLog, RequestLogOptions},
        usage::{By, Preset, Ranking, Span, Usage, UsageFilter, UsageOrder},
    },
};
use tokio_util::task::TaskTracker;

use crate::fill::{self, Filled};

const BERLIN: Tz = Europe::Berlin;
const WARM_UPS: usize = 3;
/// Repetitions; odd, for the median.
const ROUNDS: usize = 31;

/// The queries of a page.
#[derive(Clone, Copy, Debug)]
enum Question {
    Totals(Preset),
    Daily(Whose),
    /// By the hour, of the last day.
    Hourly,
    /// By the month, of all there is.
    Monthly,
    Parts(By, Preset),
    /// One user's models.
    ModelsOfUser,
    Reconciliation,
    LatestPage(Whose),
}

#[derive(Clone, Copy, Debug)]
enum Whose {
    AllUsers,
    OneUser,
}

const QUESTIONS: [(&str, Question); 20] = [
    ("totals of today", Question::Totals(Preset::Today)),
    ("totals of this month", Question::Totals(Preset::ThisMonth)),
    ("totals of all time", Question::Totals(Preset::All)),
    ("30 days, daily", Question::Daily(Whose::AllUsers)),
    ("24 hours, hourly", Question::Hourly),
    ("all time, monthly", Question::Monthly),
    (
        "30 days, by user",
        Question::Parts(By::User, Preset::Last30Days),
    ),
    (
        "30 days, by key",
        Question::Parts(By::ApiKey, Preset::Last30Days),
    ),
    (
        "30 days, by model",
        Question::Parts(By::Model, Preset::Last30Days),
    ),
    (
        "30 days, by provider",
        Question::Parts(By::Provider, Preset::Last30Days),
    ),
    (
        "30 days, by account",
        Question::Parts(By::Account, Preset::Last30Days),
    ),
    ("90 days, by user", Question::Parts(By::User, Preset::All)),
    ("90 days, by key", Question::Parts(By::ApiKey, Preset::All)),
    ("90 days, by model", Question::Parts(By::Model, Preset::All)),
    (
        "90 days, by account",
        Question::Parts(By::Account, Preset::All),
    ),
    ("one user, 30 days, daily", Question::Daily(Whose::OneUser)),
    ("one user, 30 days, by model", Question::ModelsOfUser),
    ("reconciliation, 30 days", Question::Reconciliation),
    ("latest 50 requests", Question::LatestPage(Whose::AllUsers)),
    (
        "one user's latest 50 requests",
        Question::LatestPage(Whose::OneUser),
    ),
];

/// A query and its median latencies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered {
    pub(crate) question: &'static str,
    pub(crate) few: Duration,
    pub(crate) many: Duration,
}

/// The end of the generated usage, constant over runs.
#[derive(Debug)]
struct StandingClock;

impl Clock for StandingClock {
    fn now(&self) -> DateTime<Utc> {
        fill::end()
    }
}

/// The services behind the pages.
#[derive(Debug)]
pub(crate) struct Dashboard {
    usage: Usage,
    requests: RequestLog,
}

impl Dashboard {
    pub(crate) async fn open(filled: &Filled) -> anyhow::Result<Self> {
        let db = Database::open(&filled.url(), filled.home.path()).await?;
        let clock: SharedClock = Arc::new(StandingClock);
        let book = RequestLogOptions {
            db: db.clone(),
            clock: clock.clone(),
            ledger: Ledger::load(&db).await?,
            prices: Prices::load(db.clone(), clock.clone()).await?,
            journal: filled.home.path().join("journal"),
            journal_sync: JournalSync::Off,
            observer: Arc::new(NoObserver),
        };
        let (requests, _) = RequestLog::open(book, &TaskTracker::new()).await?;
        Ok(Self {
            usage: Usage::new(db, clock),
            requests,
        })
    }

    async fn time(&self, question: Question) -> anyhow::Result<Duration> {
        let start = Instant::now();
        self.answer(question).await?;
        Ok(start.elapsed())
    }

    async fn answer(&self, question: Question) -> anyhow::Result<()> {
        let all_users = UsageFilter::default();
        let usage = &self.usage;
        match question {
            Question::Totals(preset) => {
                let span = usage.span(preset, BERLIN).await?;
                usage.totals(span, &all_users).await?;
            }
            Question::Daily(whose) => {
                let span = usage.span(Preset::Last30Days, BERLIN).await?;
                let range = (span, CalendarUnit::Day, BERLIN);
                usage.series(range, &whose.usage(), None).await?;
            }
            Question::Hourly => {
                let span = Span::new(fill::end() - TimeDelta::days(1), fill::end())?;
                let range = (span, CalendarUnit::Hour, BERLIN);
                usage.series(range, &all_users, None).await?;
            }
            Question::Monthly => {
                let span = usage.span(Preset::All, BERLIN).await?;
                let range = (span, CalendarUnit::Month, BERLIN);
                usage.series(range, &all_users, None).await?;
            }
            Question::Parts(by, preset) => {
                let span = usage.span(preset, BERLIN).await?;
                usage.breakdown(span, &all_users, ranking(by)).await?;
            }
            Question::ModelsOfUser => {
                let span = usage.span(Preset::Last30Days, BERLIN).await?;
                let filter = Whose::OneUser.usage();
                usage.breakdown(span, &filter, ranking(By::Model)).await?;
            }
            Question::Reconciliation => {
                let span = usage.span(Preset::Last30Days, BERLIN).await?;
                usage.reconciliation(span).await?;
            }
            Question::LatestPage(whose) => {
                let page = PageRequest::default();
                self.requests.list(&whose.requests(), &page).await?;
            }
        }
        Ok(())
    }
}

/// Runs all queries against both databases in turns, so that a slow moment affects both.
pub(crate) async fn ask(few: &Dashboard, many: &Dashboard) -> anyhow::Result<Vec<Answered>> {
    let mut answered = Vec::new();
    for (name, question) in QUESTIONS {
        let (mut of_few, mut of_many) = (Vec::new(), Vec::new());
        for _ in 0..WARM_UPS + ROUNDS {
            of_few.push(few.time(question).await?);
            of_many.push(many.time(question).await?);
        }
        answered.push(Answered {
            question: name,
            few: median(&mut of_few[WARM_UPS..]),
            many: median(&mut of_many[WARM_UPS..]),
        });
    }
    Ok(answered)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

impl Whose {
    fn usage(self) -> UsageFilter {
        match self {
            Self::AllUsers => UsageFilter::default(),
            Self::OneUser => UsageFilter::of_user(fill::user()),
        }
    }

    fn requests(self) -> RequestFilter {
        RequestFilter {
            user_id: self.usage().user_id,
            ..RequestFilter::default()
        }
    }
}

fn ranking(by: By) -> Ranking {
    Ranking {
        by,
        order: UsageOrder::Tokens,
        first: 50,
    }
}
