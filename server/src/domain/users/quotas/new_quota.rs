//! Validation of quotas.

use entity::{
    provider_account::ProviderKind,
    quota::{self, FreeModelPolicy, Metric, Percents, UnpricedPolicy, WindowKind},
};
use uuid::Uuid;

use crate::domain::{Error, Result, ledger::read_window, text};

/// Quotas of one user or key.
const MAX_QUOTAS: usize = 20;
/// Warning percentages of one quota.
const MAX_PERCENTS: usize = 10;

/// A quota to be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewQuota {
    pub metric: Metric,
    /// In the metric's unit: tokens, requests or nano-USD.
    pub limit: i64,
    pub window: WindowKind,
    /// The length of a rolling window; `None` for all others.
    pub rolling_seconds: Option<i32>,
    /// The IANA name of the time zone of calendar windows.
    pub timezone: String,
    /// `None` counts every provider.
    pub provider: Option<ProviderKind>,
    /// `None` counts every model; `*` stands for any run of characters.
    pub model_pattern: Option<String>,
    /// Percentages of the limit that warn, in ascending order.
    pub soft_percents: Vec<i32>,
    /// Whether requests without a known upper bound are rejected.
    pub strict: bool,
    /// The treatment of models without a price. For costs; the default for other metrics.
    pub unpriced: UnpricedPolicy,
    /// Whether models whose price is zero are usable when the quota is exhausted. For costs; the default for other
    /// metrics.
    pub free_models: FreeModelPolicy,
}

/// Validates the quotas of one holder.
pub(in crate::domain) fn read_all(new: &[NewQuota]) -> Result<Vec<NewQuota>> {
    if new.len() > MAX_QUOTAS {
        return Err(Error::BadInput(format!(
            "a user or key has at most {MAX_QUOTAS} quotas"
        )));
    }
    let mut checked: Vec<NewQuota> = Vec::with_capacity(new.len());
    for (index, quota) in new.iter().enumerate() {
        let quota = read(quota).map_err(|error| error.about(format_args!("quotas[{index}]")))?;
        if checked.iter().any(|other| other.counts_the_same(&quota)) {
            return Err(Error::BadInput(format!(
                "quotas[{index}]: another quota of the list counts the same; keep one of the two"
            )));
        }
        checked.push(quota);
    }
    Ok(checked)
}

/// The quotas that there will be: those that are there without some, and others besides.
pub(super) fn changed(
    there: Vec<quota::Model>,
    removed: &[Uuid],
    added: &[NewQuota],
) -> Result<Vec<NewQuota>> {
    let is_there = |id: &Uuid| there.iter().any(|quota| quota.id == *id);
    if !removed.iter().all(is_there) {
        return Err(Error::NotFound { what: "quota" });
    }
    let added = read_all(added)?;
    let kept = there
        .into_iter()
        .filter(|quota| !removed.contains(&quota.id));
    let kept: Vec<NewQuota> = kept.map(NewQuota::from).collect();
    if kept
        .iter()
        .any(|old| added.iter().any(|new| new.counts_the_same(old)))
    {
        return Err(Error::Conflict(
            "a quota with the same metric, window, time zone, provider and models exists; change that one".to_owned(),
        ));
    }
    read_all(&[kept, added].concat())
}

impl From<quota::Model> for NewQuota {
    fn from(quota: quota::Model) -> Self {
        Self {
            metric: quota.metric,
            limit: quota.limit,
            window: quota.window,
            rolling_seconds: quota.rolling_seconds,
            timezone: quota.timezone,
            provider: quota.provider,
            model_pattern: quota.model_pattern,
            soft_percents: quota.soft_percents.0.into_iter().map(Into::into).collect(),
            strict: quota.strict,
            unpriced: quota.unpriced,
            free_models: quota.free_models,
        }
    }
}

fn read(new: &NewQuota) -> Result<NewQuota> {
    if new.limit < 1 {
        return Err(Error::bad_input(
            "limit must be greater than 0; to block all requests, disable the user or narrow allowedModels",
        ));
    }
    let quota = NewQuota {
        timezone: new.timezone.trim().to_owned(),
        model_pattern: new
            .model_pattern
            .as_deref()
            .map(|pattern| text::required("modelPattern", pattern, 200))
            .transpose()?,
        ..new.clone()
    };
    let is_usual = quota.unpriced == UnpricedPolicy::default()
        && quota.free_models == FreeModelPolicy::default();
    if quota.metric != Metric::Cost && !is_usual {
        return Err(Error::bad_input(
            "unpriced and freeModels are for the metric COST; leave them out for any other",
        ));
    }
    read_window(quota.window, quota.rolling_seconds, &quota.timezone)?;
    let percents = &quota.soft_percents;
    let are_fine = percents.len() <= MAX_PERCENTS
        && percents.iter().all(|percent| (1..=99).contains(percent))
        && percents.is_sorted_by(|one, next| one < next);
    if !are_fine {
        return Err(Error::BadInput(format!(
            "softPercents lists at most {MAX_PERCENTS} percentages between 1 and 99, each greater than the one before"
        )));
    }
    Ok(quota)
}

impl NewQuota {
    fn counts_the_same(&self, other: &Self) -> bool {
        let subject = |quota: &Self| {
            let Self {
                metric,
                window,
                rolling_seconds,
                provider,
                ..
            } = *quota;
            (metric, window, rolling_seconds, provider)
        };
        subject(self) == subject(other)
            && self.timezone == other.timezone
            && self.model_pattern == other.model_pattern
    }

    /// Whether this only edits an existing quota: what it counts is the same.
    pub(super) fn edits(&self, there: &quota::Model) -> bool {
        let subject = (
            there.metric,
            there.window,
            there.rolling_seconds,
            there.provider,
        );
        subject
            == (
                self.metric,
                self.window,
                self.rolling_seconds,
                self.provider,
            )
            && self.timezone == there.timezone
            && self.model_pattern == there.model_pattern
    }

    /// The percentages as they are stored.
    pub(super) fn percents(&self) -> Percents {
        let percents = self.soft_percents.iter();
        Percents(
            percents
                .filter_map(|percent| u8::try_from(*percent).ok())
                .collect(),
        )
    }
}
