//! Providers and accounts. Secrets are write-only.

pub(super) mod account;
mod add;
mod check;
mod input;
mod limit;
mod list;
mod login;
mod opening;
pub(super) mod own_window;
mod probe;
mod remove;
mod settings;
mod supported;
mod traffic;
mod transfer;
mod update;
mod window;
mod window_history;

use async_graphql::{MergedObject, MergedSubscription};

use self::{
    add::AddProviderMutation,
    check::ProviderHealthMutation,
    limit::AccountLimitMutation,
    list::{ProviderQuery, ProviderSubscription},
    login::{ProviderLoginMutation, ProviderLoginQuery, ProviderLoginSubscription},
    opening::{WindowOpeningMutation, WindowOpeningQuery},
    probe::ProviderProbeMutation,
    remove::RemoveProviderMutation,
    settings::ProviderSettingsMutation,
    supported::SupportedProviderQuery,
    transfer::{ProviderTransferMutation, ProviderTransferQuery},
    update::UpdateProviderMutation,
    window_history::WindowHistoryQuery,
};

#[derive(Debug, Default, MergedObject)]
pub(super) struct ProviderQueries(
    ProviderQuery,
    SupportedProviderQuery,
    ProviderLoginQuery,
    ProviderTransferQuery,
    WindowHistoryQuery,
    WindowOpeningQuery,
);

#[derive(Debug, Default, MergedObject)]
pub(super) struct ProviderMutations(
    AddProviderMutation,
    UpdateProviderMutation,
    RemoveProviderMutation,
    ProviderHealthMutation,
    ProviderProbeMutation,
    ProviderLoginMutation,
    ProviderSettingsMutation,
    ProviderTransferMutation,
    AccountLimitMutation,
    WindowOpeningMutation,
);

#[derive(Debug, Default, MergedSubscription)]
pub(super) struct ProviderSubscriptions(ProviderSubscription, ProviderLoginSubscription);
