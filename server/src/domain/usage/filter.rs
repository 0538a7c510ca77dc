//! Filters of usage queries, and the table that is read for them.

use entity::{provider_account::ProviderKind, request, usage_slice::Dimension};
use sea_orm::{ActiveEnum as _, ColumnTrait as _, Condition, Value};
use uuid::Uuid;

/// All conditions must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageFilter {
    pub user_id: Option<Uuid>,
    pub api_key_id: Option<Uuid>,
    pub provider: Option<ProviderKind>,
    pub account_id: Option<Uuid>,
    pub model: Option<String>,
}

/// The dimension by which usage is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    User,
    ApiKey,
    Provider,
    Account,
    Model,
}

/// The table from which sums are read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum SumSource {
    /// Sums by one dimension, of one subject or of all.
    Slice(Dimension, Option<String>),
    /// Sums by all dimensions, of the rows with these values.
    Cube(Vec<(By, Value)>),
}

impl UsageFilter {
    pub fn of_user(user_id: Uuid) -> Self {
        Self {
            user_id: Some(user_id),
            ..Self::default()
        }
    }

    pub fn of_api_key(api_key_id: Uuid) -> Self {
        Self {
            api_key_id: Some(api_key_id),
            ..Self::default()
        }
    }

    /// Whether a request passes the filter.
    pub(in crate::domain) fn matches(&self, row: &request::Model) -> bool {
        self.user_id.is_none_or(|id| id == row.user_id)
            && self.api_key_id.is_none_or(|id| id == row.api_key_id)
            && (self.provider.is_none() || self.provider == row.provider)
            && (self.account_id.is_none() || self.account_id == row.account_id)
            && (self.model.is_none() || self.model == row.model)
    }

    /// The condition on the request log, as [`UsageFilter::matches`].
    pub(super) fn condition(&self) -> Condition {
        use request::Column;
        Condition::all()
            .add_option(self.user_id.map(|id| Column::UserId.eq(id)))
            .add_option(self.api_key_id.map(|id| Column::ApiKeyId.eq(id)))
            .add_option(self.provider.map(|provider| Column::Provider.eq(provider)))
            .add_option(self.account_id.map(|id| Column::AccountId.eq(id)))
            .add_option(self.model.as_ref().map(|model| Column::Model.eq(model)))
    }

    /// The table for this filter and division.
    pub(super) fn source(&self, by: Option<By>) -> SumSource {
        let mut subjects = self.subjects();
        match (subjects.pop(), by) {
            (None, None) => SumSource::Slice(Dimension::Total, None),
            (None, Some(by)) => SumSource::Slice(by.dimension(), None),
            (Some((of, subject)), by) if subjects.is_empty() && by.is_none_or(|by| by == of) => {
                SumSource::Slice(of.dimension(), Some(subject))
            }
            (Some(last), _) => {
                subjects.push(last);
                SumSource::Cube(values(subjects))
            }
        }
    }

    /// The conditions on the cube.
    pub(super) fn cube(&self) -> Vec<(By, Value)> {
        values(self.subjects())
    }

    /// The conditions, with the subjects of slices.
    fn subjects(&self) -> Vec<(By, String)> {
        let text = |id: Option<Uuid>| id.map(|id| id.to_string());
        let wanted = [
            (By::User, text(self.user_id)),
            (By::ApiKey, text(self.api_key_id)),
            (By::Provider, self.provider.map(|kind| kind.to_value())),
            (By::Account, text(self.account_id)),
            (By::Model, self.model.clone()),
        ];
        let wanted = wanted.into_iter();
        wanted
            .filter_map(|(by, subject)| Some((by, subject?)))
            .collect()
    }
}

fn values(subjects: Vec<(By, String)>) -> Vec<(By, Value)> {
    let value = |(by, subject): (By, String)| (by, by.value(&subject));
    subjects.into_iter().map(value).collect()
}

impl By {
    pub(super) fn dimension(self) -> Dimension {
        match self {
            Self::User => Dimension::User,
            Self::ApiKey => Dimension::ApiKey,
            Self::Provider => Dimension::Provider,
            Self::Account => Dimension::Account,
            Self::Model => Dimension::Model,
        }
    }

    /// The column of the cube.
    pub(super) fn column(self) -> &'static str {
        match self {
            Self::User => "user_id",
            Self::ApiKey => "api_key_id",
            Self::Provider => "provider",
            Self::Account => "account_id",
            Self::Model => "model",
        }
    }

    /// The column of the request log.
    pub(super) fn request_column(self) -> request::Column {
        match self {
            Self::User => request::Column::UserId,
            Self::ApiKey => request::Column::ApiKeyId,
            Self::Provider => request::Column::Provider,
            Self::Account => request::Column::AccountId,
            Self::Model => request::Column::Model,
        }
    }

    /// Whether the cube's column is an id.
    pub(super) fn is_id(self) -> bool {
        matches!(self, Self::User | Self::ApiKey | Self::Account)
    }

    /// A subject as a value of the cube's column.
    pub(super) fn value(self, subject: &str) -> Value {
        if self.is_id() {
            subject.parse::<Uuid>().unwrap_or_default().into()
        } else {
            subject.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_dimension_is_read_from_slices() {
        let all = UsageFilter::default();
        let user = UsageFilter::of_user(Uuid::nil());
        let subject = Some(Uuid::nil().to_string());

        assert_eq!(all.source(None), SumSource::Slice(Dimension::Total, None));
        assert_eq!(
            all.source(Some(By::Model)),
            SumSource::Slice(Dimension::Model, None)
        );
        for by in [None, Some(By::User)] {
            assert_eq!(
                user.source(by),
                SumSource::Slice(Dimension::User, subject.clone())
            );
        }
    }

    #[test]
    fn two_dimensions_are_read_from_the_cube() {
        let user = UsageFilter::of_user(Uuid::nil());
        let both = UsageFilter {
            model: Some("gpt-5".to_owned()),
            ..user.clone()
        };
        let of_user = (By::User, Uuid::nil().into());

        assert_eq!(
            user.source(Some(By::Model)),
            SumSource::Cube(vec![of_user.clone()])
        );
        assert_eq!(
            both.source(None),
            SumSource::Cube(vec![of_user, (By::Model, "gpt-5".into())])
        );
    }
}
