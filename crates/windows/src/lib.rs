//! Usage windows of subscriptions: weights of tokens, what one percent of a window buys, the level between two readings,
//! the parts of users, and the forecast. No I/O; the time is an argument.

mod estimator;
mod forecast;
mod history;
mod meter;
mod number;
mod segment;
mod series;
mod units;
mod weights;

pub use self::{
    estimator::{Estimator, MAX_DOUBT},
    forecast::{ForecastInput, SeededRandom, WindowForecast, forecast},
    history::{BLOCK, Season, UsageHistory},
    meter::{ClosedCycle, MAX_USERS, ReportedLevel, UserUsage, WindowMeter},
    series::UsageSeries,
    units::Units,
    weights::{WEIGHTS_VERSION, Weighed, WeighedTokens, weigh},
};

#[cfg(test)]
mod simulation;
