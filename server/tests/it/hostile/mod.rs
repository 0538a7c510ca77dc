//! Hostile clients, and the bound that holds each of them.

mod graphql;
