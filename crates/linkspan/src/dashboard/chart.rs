//! Charts as SVG that the server draws: no script, no file from elsewhere. Colours come from the style sheet by class.

use std::fmt::Write as _;

use minijinja::value::Value;

use crate::store::OutcomeCount;

const HOUR_MS: i64 = 3_600_000;
/// Bars of the outcomes' chart: a day.
pub(super) const HOURS: i64 = 24;

const WIDTH: i64 = 720;
const HEIGHT: i64 = 120;
const TOP: i64 = 6;
const BOTTOM: i64 = 18;

/// Done and dead jobs of each hour of the last day, as bars, with a text for who does not see them.
pub(super) fn outcomes(counts: &[OutcomeCount], now: i64) -> Value {
    let last = now / HOUR_MS;
    let of = |hour: i64, outcome: &str| {
        counts.iter().filter(|c| c.stretch == hour && c.outcome == outcome).map(|c| c.count).sum::<i64>()
    };
    let hours: Vec<(i64, i64, i64)> =
        (last - HOURS + 1..=last).map(|hour| (hour, of(hour, "done"), of(hour, "dead"))).collect();
    let highest = hours.iter().map(|(_, done, dead)| done + dead).max().unwrap_or(0).max(1);
    let (done, dead) = hours.iter().fold((0, 0), |(a, b), (_, done, dead)| (a + done, b + dead));
    let label =
        format!("Jobs of the last {HOURS} hours: {done} done, {dead} refused. Most in one hour: {highest}.");
    let mut svg = format!(
        r#"<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}" preserveAspectRatio="none">"#
    );
    let base = HEIGHT - BOTTOM;
    // Writing to a String cannot fail.
    let _ = write!(svg, r#"<line class="axis" x1="0" y1="{base}" x2="{WIDTH}" y2="{base}"/>"#);
    let step = WIDTH / HOURS;
    for (place, (hour, done, dead)) in (0_i64..).zip(&hours) {
        let left = place * step + 3;
        let tall = |count: i64| if count == 0 { 0 } else { (count * (base - TOP) / highest).max(2) };
        let (good, bad) = (tall(*done), tall(*dead));
        let clock = hour.rem_euclid(24);
        let _ = write!(svg, "<g><title>{clock:02}:00 UTC: {done} done, {dead} refused</title>");
        // Stands where there is no bar, so that every hour has its title.
        let _ = write!(
            svg,
            r#"<rect class="hover" x="{left}" y="{TOP}" width="{}" height="{}"/>"#,
            step - 6,
            base - TOP
        );
        for (class, y, height) in [("good", base - good, good), ("bad", base - good - bad, bad)] {
            if height > 0 {
                let _ = write!(
                    svg,
                    r#"<rect class="{class}" x="{left}" y="{y}" width="{}" height="{height}" rx="2"/>"#,
                    step - 6
                );
            }
        }
        svg.push_str("</g>");
    }
    svg.push_str("</svg>");
    Value::from_safe_string(svg)
}

/// The clock times below the chart: its beginning, its middle, its end.
pub(super) fn hours(now: i64) -> [String; 3] {
    let last = now / HOUR_MS;
    [last - HOURS + 1, last - HOURS / 2, last].map(|hour| format!("{:02}:00", hour.rem_euclid(24)))
}

/// How full a channel is: running jobs of its capacity, as a bar.
pub(super) fn fill(running: i64, capacity: i64) -> Value {
    let width = (100 * running / capacity.max(1)).clamp(0, 100);
    Value::from_safe_string(format!(
        r#"<svg class="fill" viewBox="0 0 100 6" role="img" aria-label="{running} of {capacity} running" preserveAspectRatio="none"><rect class="rest" width="100" height="6" rx="3"/><rect class="good" width="{width}" height="6" rx="3"/></svg>"#
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hour_has_its_counts() {
        let now = 100 * HOUR_MS + 5;
        let count =
            |stretch, outcome: &str, count| OutcomeCount { stretch, outcome: outcome.to_owned(), count };
        let svg = outcomes(&[count(100, "done", 40), count(100, "dead", 10), count(70, "done", 9)], now)
            .to_string();
        assert!(svg.contains("40 done, 10 refused. Most in one hour: 50"), "{svg}");
        assert!(svg.contains("<title>04:00 UTC: 40 done, 10 refused</title>"), "{svg}");
        assert_eq!(svg.matches("<title>").count(), 24);
    }
}
