//! Statistics of the process, from `/proc`.

use procfs::process::Process as Seen;

/// Memory, files, threads and processor time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Process {
    pub(super) resident_bytes: u64,
    pub(super) open_files: u64,
    pub(super) most_open_files: u64,
    pub(super) threads: i64,
    pub(super) cpu_milliseconds: u64,
    /// In seconds since 1970.
    pub(super) started_at: i64,
}

impl Process {
    /// Reads the statistics; zeros where the system has none.
    pub(super) fn read() -> Self {
        Self::try_read().unwrap_or_default()
    }

    fn try_read() -> procfs::ProcResult<Self> {
        let process = Seen::myself()?;
        let stat = process.stat()?;
        let ticks = procfs::ticks_per_second().max(1);
        let boot = i64::try_from(procfs::boot_time_secs()?).unwrap_or_default();
        let most = process.limits()?.max_open_files.soft_limit;
        Ok(Self {
            resident_bytes: stat.rss.saturating_mul(procfs::page_size()),
            open_files: u64::try_from(process.fd_count()?).unwrap_or(u64::MAX),
            most_open_files: match most {
                procfs::process::LimitValue::Value(most) => most,
                procfs::process::LimitValue::Unlimited => u64::MAX,
            },
            threads: stat.num_threads,
            cpu_milliseconds: (stat.utime + stat.stime).saturating_mul(1000) / ticks,
            started_at: boot + i64::try_from(stat.starttime / ticks).unwrap_or_default(),
        })
    }
}
