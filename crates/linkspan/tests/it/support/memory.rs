//! How much memory a process took at most.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use tokio::process::Child;

/// Waits for the process and gives its exit code and the largest `VmHWM` that was seen, in KiB. The kernel counts
/// the high-water mark, so only what is taken in the last moment before the end can be missed.
pub(crate) async fn exit_and_peak_kib(mut child: Child) -> (i32, u64) {
    let status = format!("/proc/{}/status", child.id().unwrap());
    let mut peak = 0;
    let mut look = tokio::time::interval(std::time::Duration::from_millis(20));
    loop {
        tokio::select! {
            ended = child.wait() => return (ended.unwrap().code().unwrap_or(-1), peak),
            _ = look.tick() => peak = peak.max(high_water_mark(&status)),
        }
    }
}

fn high_water_mark(status: &str) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
