//! The windows of one account, in memory.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::provider_account::{self, SubscriptionWindow};
use uuid::Uuid;
use windows::{
    ClosedCycle, Estimator, ReportedLevel, Units, UsageHistory, UsageSeries, UserUsage, WindowMeter,
};

use super::{
    outlook::{OutlookQuestion, OutlookSource, Prediction},
    scope::{Charge, ModelScope},
};

/// Windows of one account.
const MAX_WINDOWS: usize = 40;
/// Requests of one account that wait until it is loaded.
const MAX_EARLY: usize = 10_000;
/// How long a forecast is shown before it is made again.
const PREDICTION_KEPT: TimeDelta = TimeDelta::seconds(30);
/// Resets that differ by less are the same.
const SAME_RESET: TimeDelta = TimeDelta::seconds(90);

/// A cycle that is over.
#[derive(Debug)]
pub(super) struct Closed {
    pub(super) name: String,
    pub(super) id: Uuid,
    pub(super) cycle: ClosedCycle,
}

/// The use of some models.
#[derive(Debug, Default)]
struct ScopeUsage {
    series: UsageSeries,
    history: UsageHistory,
}

#[derive(Debug)]
pub(super) struct AccountWindows {
    /// Whether what was stored is applied.
    pub(super) is_loaded: bool,
    /// Requests that were settled before.
    early: Vec<Charge>,
    plan: Option<String>,
    is_in_use: bool,
    scopes: BTreeMap<ModelScope, ScopeUsage>,
    windows: BTreeMap<String, Window>,
}

impl Default for AccountWindows {
    fn default() -> Self {
        let all = (ModelScope::All, ScopeUsage::default());
        Self {
            is_loaded: false,
            early: Vec::new(),
            plan: None,
            is_in_use: true,
            scopes: BTreeMap::from([all]),
            windows: BTreeMap::new(),
        }
    }
}

/// One window.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) meter: WindowMeter,
    scope: ModelScope,
    cycle_id: Option<Uuid>,
    has_warned: bool,
    prediction: Option<(Prediction, DateTime<Utc>)>,
    /// Whether it has changed since it was stored.
    pub(super) is_dirty: bool,
}

/// The stored part of a window.
#[derive(Clone, Debug)]
pub(super) struct StoredWindow {
    pub(super) name: String,
    pub(super) estimator: Estimator,
    pub(super) plan: Option<String>,
    pub(super) cycle_id: Option<Uuid>,
    pub(super) resets_at: Option<DateTime<Utc>>,
    pub(super) has_warned: bool,
}

impl AccountWindows {
    /// An account before its first reading since the start.
    pub(super) fn restored(account: &provider_account::Model, stored: Vec<StoredWindow>) -> Self {
        let mut windows = Self {
            plan: account.plan.clone(),
            is_in_use: account.is_in_use(),
            ..Self::default()
        };
        for one in stored {
            let is_same_plan = one.plan == account.plan;
            let estimator = if is_same_plan {
                one.estimator
            } else {
                Estimator::default()
            };
            let window = windows.window(&one.name);
            window.meter = WindowMeter::with_estimator(estimator);
            window.cycle_id = one.cycle_id;
            window.has_warned = one.has_warned;
        }
        windows
    }

    /// Whether the reading after a start belongs to the cycle that was open before; if not, it is a new cycle.
    pub(super) fn match_cycle(&mut self, name: &str, stored: Option<DateTime<Utc>>) {
        let Some(window) = self.windows.get_mut(name) else {
            return;
        };
        let resets_at = window.meter.cycle().map(|(_, resets_at)| resets_at);
        let is_same = resets_at
            .zip(stored)
            .is_some_and(|(one, other)| (one - other).abs() <= SAME_RESET);
        if !is_same {
            window.cycle_id = resets_at.map(|_| Uuid::now_v7());
            window.has_warned = false;
        }
    }

    /// Replaces the account as it was before it was loaded, and counts the requests that were settled meanwhile.
    pub(super) fn loaded_after(mut self, before: Option<Self>, now: DateTime<Utc>) -> Self {
        self.is_loaded = true;
        for charge in before.into_iter().flat_map(|before| before.early) {
            self.charge(&charge, now);
        }
        self
    }

    fn window(&mut self, name: &str) -> &mut Window {
        let scope = ModelScope::of(name);
        self.scopes.entry(scope).or_default();
        self.windows
            .entry(name.to_owned())
            .or_insert_with(|| Window::new(scope))
    }

    pub(super) fn charge(&mut self, charge: &Charge, now: DateTime<Utc>) {
        if !self.is_loaded {
            if self.early.len() < MAX_EARLY {
                self.early.push(charge.clone());
            }
            return;
        }
        let ended_at = charge.ended_at.min(now);
        for (scope, usage) in &mut self.scopes {
            if scope.counts(&charge.model) {
                usage.series.add(ended_at, now, charge.units);
                usage.history.add(ended_at, now, charge.units);
            }
        }
        for window in self.windows.values_mut() {
            if window.scope.counts(&charge.model) {
                window.meter.charge(charge.user_id, ended_at, charge.units);
                window.is_dirty = true;
            }
        }
    }

    /// Adds what earlier requests used, after a start.
    pub(super) fn restore_history(
        &mut self,
        at: DateTime<Utc>,
        now: DateTime<Utc>,
        (model, units): (&str, Units),
    ) {
        for (scope, usage) in &mut self.scopes {
            if scope.counts(model) {
                usage.history.add(at, now, units);
            }
        }
    }

    /// Adds what a user used in the open cycle of a window, after a start.
    pub(super) fn restore_user(
        &mut self,
        name: &str,
        user_id: Uuid,
        (model, units): (&str, Units),
    ) {
        if let Some(window) = self.windows.get_mut(name)
            && window.scope.counts(model)
        {
            window.meter.restore(user_id, units);
        }
    }

    pub(super) fn read(
        &mut self,
        observed_at: DateTime<Utc>,
        reported: &[SubscriptionWindow],
    ) -> Vec<Closed> {
        let mut closed = Vec::new();
        for level in reported {
            let is_known = self.windows.contains_key(&level.name);
            if !is_known && self.windows.len() >= MAX_WINDOWS {
                continue;
            }
            let scope = self.window(&level.name).scope;
            let length = level
                .length_seconds
                .filter(|_| scope != ModelScope::Unknown);
            let reading = ReportedLevel {
                at: observed_at,
                percent: level.used_percent.into(),
                resets_at: level.resets_at,
                length: length.map(|seconds| TimeDelta::seconds(seconds.into())),
            };
            let usage = self.scopes.get(&scope);
            let window = self.windows.get_mut(&level.name);
            if let Some((window, usage)) = window.zip(usage) {
                let cycle = window.meter.read(reading, &usage.series);
                closed.extend(window.closed(&level.name, cycle));
                window.open();
            }
        }
        closed
    }

    pub(super) fn close_if_over(&mut self, now: DateTime<Utc>) -> Vec<Closed> {
        let mut closed = Vec::new();
        for (name, window) in &mut self.windows {
            let cycle = window.meter.close_if_over(now);
            closed.extend(window.closed(name, cycle));
        }
        closed
    }

    /// Follows changes of the account by administrators and checks.
    pub(super) fn follow(&mut self, account: &provider_account::Model) {
        self.is_in_use = account.is_in_use();
        if !self.is_loaded || self.plan == account.plan {
            return;
        }
        // The first known plan is no change.
        let has_changed = self.plan.is_some();
        self.plan.clone_from(&account.plan);
        for window in self.windows.values_mut() {
            window.is_dirty = true;
            if has_changed {
                window.meter.learn_again();
            }
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.windows.keys().cloned()
    }

    pub(super) fn window_mut(&mut self, name: &str) -> Option<&mut Window> {
        self.windows.get_mut(name)
    }

    pub(super) fn cycle_id(&self, name: &str) -> Option<Uuid> {
        self.windows.get(name)?.cycle_id
    }

    /// The start and the reset of the open cycle.
    pub(super) fn cycle(&self, name: &str) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        self.windows.get(name)?.meter.cycle()
    }

    pub(super) fn has_warned(&self, name: &str) -> bool {
        self.windows
            .get(name)
            .is_some_and(|window| window.has_warned)
    }

    pub(super) fn users(&self, name: &str) -> Vec<UserUsage> {
        let window = self.windows.get(name);
        window.map_or_else(Vec::new, |window| window.meter.users())
    }

    /// The input of a forecast of a window.
    pub(super) fn question(&self, name: &str, now: DateTime<Utc>) -> Option<OutlookQuestion> {
        let window = self.windows.get(name)?;
        let usage = self.scopes.get(&window.scope)?;
        let kept = window.prediction.filter(|(_, at)| {
            let age = now - *at;
            age >= TimeDelta::zero() && age < PREDICTION_KEPT
        });
        let source = OutlookSource {
            meter: &window.meter,
            series: &usage.series,
            history: &usage.history,
            is_in_use: self.is_in_use,
        };
        Some(source.question(kept.map(|(prediction, _)| prediction), now))
    }

    /// The windows that have changed since the last call, to store them.
    pub(super) fn take_dirty(&mut self) -> Vec<StoredWindow> {
        if !self.is_loaded {
            return Vec::new();
        }
        let plan = &self.plan;
        let dirty = self
            .windows
            .iter_mut()
            .filter(|(_, window)| window.is_dirty);
        dirty
            .map(|(name, window)| {
                window.is_dirty = false;
                StoredWindow {
                    name: name.clone(),
                    estimator: window.meter.estimator().clone(),
                    plan: plan.clone(),
                    cycle_id: window.cycle_id,
                    resets_at: window.meter.cycle().map(|(_, resets_at)| resets_at),
                    has_warned: window.has_warned,
                }
            })
            .collect()
    }
}

impl Window {
    fn new(scope: ModelScope) -> Self {
        Self {
            meter: WindowMeter::default(),
            scope,
            cycle_id: None,
            has_warned: false,
            prediction: None,
            is_dirty: false,
        }
    }

    /// Names the cycle that a reading has opened.
    fn open(&mut self) {
        self.is_dirty = true;
        if self.meter.cycle().is_none() {
            self.cycle_id = None;
        } else if self.cycle_id.is_none() {
            self.cycle_id = Some(Uuid::now_v7());
            self.has_warned = false;
        }
    }

    fn closed(&mut self, name: &str, cycle: Option<ClosedCycle>) -> Option<Closed> {
        let cycle = cycle?;
        self.prediction = None;
        self.is_dirty = true;
        self.has_warned = false;
        Some(Closed {
            name: name.to_owned(),
            id: self.cycle_id.take().unwrap_or_else(Uuid::now_v7),
            cycle,
        })
    }

    pub(super) fn warn(&mut self) {
        self.has_warned = true;
        self.is_dirty = true;
    }

    pub(super) fn keep(&mut self, prediction: Prediction, now: DateTime<Utc>) {
        self.prediction = Some((prediction, now));
    }
}
