//! Which quotas make sense.

use entity::{
    provider_account::ProviderKind,
    quota::{self, Metric, Percents, WindowKind},
};
use uuid::Uuid;

use crate::domain::{Error, Result, ledger::window::QuotaWindow, text};

/// Quotas of one user or key.
const MOST: usize = 20;
/// Percentages of one quota.
const MOST_PERCENTS: usize = 10;

/// What a quota is to be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewQuota {
    pub metric: Metric,
    /// In the metric's unit: tokens, requests or nano-USD.
    pub limit: i64,
    pub window: WindowKind,
    /// For a rolling window, and no other.
    pub rolling_seconds: Option<i32>,
    /// The IANA name of the zone whose calendar counts.
    pub timezone: String,
    /// `None` counts every provider.
    pub provider: Option<ProviderKind>,
    /// `None` counts every model; `*` stands for any run of characters.
    pub model_pattern: Option<String>,
    /// Percentages of the limit that only warn.
    pub soft_percents: Vec<i32>,
    /// Whether what cannot be bounded is refused.
    pub strict: bool,
}

/// Checks a list of quotas that shall hold together.
pub(in crate::domain) fn read_all(new: &[NewQuota]) -> Result<Vec<NewQuota>> {
    if new.len() > MOST {
        return Err(Error::BadInput(format!(
            "a user or key has at most {MOST} quotas"
        )));
    }
    let mut checked: Vec<NewQuota> = Vec::with_capacity(new.len());
    for (index, quota) in new.iter().enumerate() {
        let quota = read(quota).map_err(|error| error.about(format_args!("quotas[{index}]")))?;
        if checked.iter().any(|other| other.is_about_the_same(&quota)) {
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
    added: Vec<NewQuota>,
) -> Result<Vec<NewQuota>> {
    let is_there = |id: &Uuid| there.iter().any(|quota| quota.id == *id);
    if !removed.iter().all(is_there) {
        return Err(Error::NotFound { what: "quota" });
    }
    let added = read_all(&added)?;
    let kept = there
        .into_iter()
        .filter(|quota| !removed.contains(&quota.id));
    let kept: Vec<NewQuota> = kept.map(NewQuota::from).collect();
    if kept
        .iter()
        .any(|old| added.iter().any(|new| new.is_about_the_same(old)))
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
        }
    }
}

fn read(new: &NewQuota) -> Result<NewQuota> {
    if new.limit < 1 {
        return Err(Error::bad_input(
            "limit is greater than nothing; to let nothing pass, disable the user or narrow allowedModels",
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
    QuotaWindow::read(quota.window, quota.rolling_seconds, &quota.timezone)?;
    let percents = &quota.soft_percents;
    let are_fine = percents.len() <= MOST_PERCENTS
        && percents.iter().all(|percent| (1..=99).contains(percent))
        && percents.is_sorted_by(|one, next| one < next);
    if !are_fine {
        return Err(Error::BadInput(format!(
            "softPercents lists at most {MOST_PERCENTS} percentages between 1 and 99, each greater than the one before"
        )));
    }
    Ok(quota)
}

impl NewQuota {
    fn is_about_the_same(&self, other: &Self) -> bool {
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

    /// Whether this is only an edition of a quota that is there.
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

    /// The percentages as they are kept.
    pub(super) fn percents(&self) -> Percents {
        let percents = self.soft_percents.iter();
        Percents(
            percents
                .filter_map(|percent| u8::try_from(*percent).ok())
                .collect(),
        )
    }
}
