//! Exports of requests and usage as files.

pub(super) mod download;
mod files;

pub(super) use self::files::ExportMutation;
