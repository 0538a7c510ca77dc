//! The audit log.

mod events;

pub(super) use self::events::AuditQuery;
