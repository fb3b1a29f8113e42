//! Peak memory of one long import, looked at on the way: it has to be flat.

use std::fs::File;
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::backend::{Backend, created};
use super::import::sandbox_login;
use super::{Programs, figure, grouped, sandbox};
use crate::{http, system};

const POLL: Duration = Duration::from_millis(250);

pub(super) fn run(programs: &Programs, quick: bool) -> Result<()> {
    let products: u64 = if quick { 100_000 } else { 1_000_000 };
    let shop = sandbox::Server::shop(programs, products)?;
    let odoo = sandbox::Server::odoo(programs)?;
    let login = sandbox_login(&odoo);
    let backend = Backend::new(programs, "bench-memory", &shop.url, &login)?;
    let counter = Counter::sign_in(odoo.port()?)?;
    let summary = system::scratch()?.join("bench-memory.json");
    let started = Instant::now();
    let mut process =
        backend.sync("product").stdout(File::create(&summary)?).spawn().context("cannot start linkspan")?;
    let peaks = watch(&mut process, &counter, products)?;
    let status = process.wait()?;
    let seconds = started.elapsed().as_secs_f64();
    let printed = std::fs::read_to_string(&summary)?;
    ensure!(status.success(), "linkspan sync failed ({status}): {printed}");
    let created = created(&printed)?;
    for (at, peak) in &peaks {
        let goal = if *at == products { "100, flat" } else { "" };
        figure(
            &format!("peak memory after {} products, MB", grouped(*at as f64)),
            format!("{peak:.1}"),
            goal,
        );
    }
    if let (Some((_, first)), Some((_, last))) = (peaks.first(), peaks.last()) {
        figure("growth from the first quarter to the end", format!("{:.2}", last / first), "1");
    }
    figure(
        &format!("{} records created, records/s", grouped(created as f64)),
        grouped(created as f64 / seconds),
        "",
    );
    Ok(())
}

/// The peak so far at each quarter of the import, and at its end: (records, MB).
fn watch(process: &mut Child, counter: &Counter, products: u64) -> Result<Vec<(u64, f64)>> {
    let mut peaks = Vec::new();
    let mut peak = 0.0;
    while process.try_wait()?.is_none() {
        // A process that just ended has no status any more; what was read last stays.
        peak = peak_mb(process.id()).unwrap_or(peak);
        let quarter = products / 4 * (peaks.len() as u64 + 1);
        if peaks.len() < 3 && counter.products()? >= quarter {
            peaks.push((quarter, peak));
        }
        sleep(POLL);
    }
    peaks.push((products, peak));
    Ok(peaks)
}

/// `VmHWM`, the largest resident size a process had so far.
fn peak_mb(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}

/// Counts the products in the sandbox's Odoo.
struct Counter {
    port: u16,
    call: String,
}

impl Counter {
    fn sign_in(port: u16) -> Result<Self> {
        let answer =
            http::call_odoo(port, "common", "authenticate", r#"["odoo","manager","manager-pass-1",{}]"#)?;
        let uid =
            http::number(&answer, "result").with_context(|| format!("the login is refused: {answer}"))?;
        let call = format!(
            r#"["odoo",{uid},"manager-pass-1","product.product","search_count",[[]],{{"context":{{"active_test":false}}}}]"#
        );
        Ok(Self { port, call })
    }

    fn products(&self) -> Result<u64> {
        let answer = http::call_odoo(self.port, "object", "execute_kw", &self.call)?;
        http::number(&answer, "result").with_context(|| format!("Odoo does not count: {answer}"))
    }
}
