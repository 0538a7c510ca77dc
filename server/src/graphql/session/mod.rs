//! Signing in, sessions, second factors, and who the caller is.

mod list;
mod second_factor;
mod sign_in;
mod viewer;

use async_graphql::MergedObject;

use self::{
    list::{SessionMutation, SessionQuery},
    second_factor::SecondFactorMutation,
    sign_in::SignInMutation,
    viewer::ViewerQuery,
};

#[derive(Debug, Default, MergedObject)]
pub(super) struct SessionQueries(SessionQuery, ViewerQuery);

#[derive(Debug, Default, MergedObject)]
pub(super) struct SessionMutations(SignInMutation, SessionMutation, SecondFactorMutation);
