//! The queue's promises, on both databases.

use linkspan::store::{
    Claim, EventFilter, Job, JobFilter, JobKind, JobView, NewAudit, NewJob, Priority, Settled, Store,
    Verdict, correlation,
};

use super::{TestStore, on_both};

on_both!(
    work_that_waits_is_not_added_twice,
    what_asks_for_more_changes_the_work_that_waits,
    a_change_made_while_its_job_runs_is_not_lost_the_job_runs_once_more,
    one_job_of_a_record_runs_at_a_time,
    several_jobs_of_a_record_leave_their_place_to_others,
    smaller_priority_goes_first_and_nothing_before_its_time,
    a_channel_never_runs_more_than_its_capacity,
    the_jobs_of_a_worker_that_is_gone_are_taken_back,
    a_worker_that_lost_its_claim_changes_nothing,
    a_failed_job_waits_for_its_time_and_counts_its_failures,
    a_limit_is_no_failure,
    a_failure_is_left_with_the_job_that_waits_by_then,
    what_is_over_is_history_and_tells_what_happened,
    a_cancelled_job_never_runs,
    many_workers_do_every_job_once,
);

fn import(record: &str) -> NewJob {
    NewJob { run_at: 0, ..NewJob::new("shop", JobKind::Import, "order", record) }
}

fn claim(worker: &str, most: u32, now: i64) -> Claim<'_> {
    Claim { backend: "shop", channel: "shop:in", default_capacity: 1_000, most, worker, lease_ms: 1_000, now }
}

pub(super) async fn take(store: &Store, worker: &str, now: i64) -> Vec<Job> {
    store.claim_jobs(&claim(worker, 100, now)).await.unwrap()
}

fn records(jobs: &[Job]) -> Vec<&str> {
    jobs.iter().map(|job| job.record.as_str()).collect()
}

async fn settle(store: &Store, worker: &str, job: &Job, verdict: Verdict) -> Vec<i64> {
    let settled = [Settled { job, verdict, details: None }];
    store.settle_jobs(worker, &settled).await.unwrap()
}

/// Jobs that are done, all of them still the worker's.
pub(super) async fn finish(store: &Store, worker: &str, jobs: &[Job]) {
    let settled: Vec<Settled<'_>> =
        jobs.iter().map(|job| Settled { job, verdict: done(), details: None }).collect();
    assert!(store.settle_jobs(worker, &settled).await.unwrap().is_empty());
}

fn done() -> Verdict {
    Verdict::Done { message: "created sale.order 7".to_owned() }
}

fn retry(at: i64) -> Verdict {
    Verdict::Retry { at, class: "transient", message: "the shop does not answer".to_owned() }
}

async fn listed(store: &Store, state: &str) -> Vec<JobView> {
    let filter = JobFilter { state: Some(state.to_owned()), ..JobFilter::default() };
    store.list_jobs(filter).await.unwrap()
}

async fn work_that_waits_is_not_added_twice(test: &TestStore) {
    let store = &test.store;
    store.enqueue(&[import("1"), import("1"), import("2")]).await.unwrap();
    store.enqueue(&[import("2"), import("3")]).await.unwrap();
    assert_eq!(records(&take(store, "w", 10).await), ["1", "2", "3"]);
}

async fn what_asks_for_more_changes_the_work_that_waits(test: &TestStore) {
    let store = &test.store;
    let asked = |run_at, priority, payload: Option<&str>| NewJob {
        run_at,
        priority,
        payload: payload.map(str::to_owned),
        ..import("1")
    };
    let normal = import("1").priority;
    for (job, waits) in [
        (asked(500, normal, None), (500, normal, None)),
        (asked(900, normal, None), (500, normal, None)),
        (asked(300, normal, None), (300, normal, None)),
        (asked(900, normal, Some("{}")), (300, normal, Some("{}"))),
        (asked(900, normal, None), (300, normal, Some("{}"))),
        (asked(900, Priority::HUMAN, None), (300, Priority::HUMAN, Some("{}"))),
        (asked(900, normal, None), (300, Priority::HUMAN, Some("{}"))),
    ] {
        store.enqueue(&[job]).await.unwrap();
        let [view] = listed(store, "waiting").await.try_into().unwrap();
        assert_eq!((view.job.run_at, view.job.priority, view.job.payload.as_deref()), waits);
    }
}

#[test]
fn names_of_work_differ_and_come_in_order() {
    let names: Vec<String> = (0..100_000).map(|_| correlation()).collect();
    assert!(names.is_sorted_by(|one, next| one < next));
    assert!(names.iter().all(|name| name.len() == 16));
}

async fn a_change_made_while_its_job_runs_is_not_lost_the_job_runs_once_more(test: &TestStore) {
    let store = &test.store;
    store.enqueue(&[import("1")]).await.unwrap();
    let running = take(store, "w", 10).await;
    store.enqueue(&[import("1"), import("1")]).await.unwrap();
    assert!(take(store, "w", 10).await.is_empty(), "the first one runs still");
    assert!(settle(store, "w", &running[0], done()).await.is_empty());
    let again = take(store, "w", 10).await;
    assert_eq!(records(&again), ["1"]);
    assert_ne!(again[0].id, running[0].id);
    settle(store, "w", &again[0], done()).await;
    assert!(take(store, "w", 10).await.is_empty());
}

async fn one_job_of_a_record_runs_at_a_time(test: &TestStore) {
    let store = &test.store;
    let retry = NewJob { run_at: 1, ..NewJob::new("shop", JobKind::Retry, "order", "1") };
    store.enqueue(&[import("1"), retry, import("2")]).await.unwrap();
    let first = take(store, "w", 10).await;
    assert_eq!(records(&first), ["1", "2"]);
    assert!(take(store, "v", 10).await.is_empty());
    settle(store, "w", &first[0], done()).await;
    let second = take(store, "v", 10).await;
    assert_eq!((second.len(), second[0].kind), (1, JobKind::Retry));
}

async fn several_jobs_of_a_record_leave_their_place_to_others(test: &TestStore) {
    let store = &test.store;
    let retry = |record, run_at| NewJob { run_at, ..NewJob::new("shop", JobKind::Retry, "order", record) };
    let after = |record, run_at| NewJob { run_at, ..import(record) };
    let jobs = [import("1"), retry("1", 1), after("2", 2), retry("2", 3), after("3", 4), after("4", 5)];
    store.enqueue(&jobs).await.unwrap();
    assert_eq!(records(&store.claim_jobs(&claim("w", 3, 10)).await.unwrap()), ["1", "2", "3"]);
    assert_eq!(records(&store.claim_jobs(&claim("v", 3, 10)).await.unwrap()), ["4"]);
}

async fn smaller_priority_goes_first_and_nothing_before_its_time(test: &TestStore) {
    let store = &test.store;
    let urgent = NewJob { priority: 1, run_at: 5, ..import("urgent") };
    let later = NewJob { priority: 1, run_at: 100, ..import("later") };
    store.enqueue(&[import("a"), import("b"), urgent, later]).await.unwrap();
    let jobs = store.claim_jobs(&claim("w", 2, 10)).await.unwrap();
    assert_eq!(records(&jobs), ["urgent", "a"]);
    assert_eq!(records(&take(store, "w", 99).await), ["b"]);
    assert_eq!(store.next_due("shop:in").await.unwrap(), Some(100));
    assert_eq!(records(&take(store, "w", 100).await), ["later"]);
    assert_eq!(store.next_due("shop:in").await.unwrap(), None);
}

async fn a_channel_never_runs_more_than_its_capacity(test: &TestStore) {
    let store = &test.store;
    let jobs: Vec<NewJob> = (0..5).map(|n| import(&n.to_string())).collect();
    store.enqueue(&jobs).await.unwrap();
    let narrow = |worker| Claim { default_capacity: 2, ..claim(worker, 100, 10) };
    let first = store.claim_jobs(&narrow("w")).await.unwrap();
    assert_eq!(first.len(), 2);
    assert!(store.claim_jobs(&narrow("v")).await.unwrap().is_empty());
    settle(store, "w", &first[0], done()).await;
    assert_eq!(store.claim_jobs(&narrow("v")).await.unwrap().len(), 1);
}

async fn the_jobs_of_a_worker_that_is_gone_are_taken_back(test: &TestStore) {
    let store = &test.store;
    store.enqueue(&[import("1"), import("2").over_all("night")]).await.unwrap();
    take(store, "dead/in", 10).await;
    store.enqueue(&[import("2")]).await.unwrap();
    assert_eq!(store.take_back_jobs(1_010).await.unwrap(), 0, "the lease holds until then");
    store.keep_claims("dea", 3_000).await.unwrap();
    store.keep_claims("dead", 2_000).await.unwrap();
    assert_eq!(store.take_back_jobs(1_999).await.unwrap(), 0);
    assert_eq!(store.take_back_jobs(2_001).await.unwrap(), 2);
    let waiting = listed(store, "waiting").await;
    assert_eq!(waiting.len(), 2, "the second of the same work is enough");
    let second = waiting.iter().find(|view| view.job.record == "2").unwrap();
    assert_eq!((second.job.over_all().as_deref(), second.job.failures), (Some("night"), 1));
    let back = waiting.iter().find(|view| view.job.record == "1").unwrap();
    assert_eq!((back.job.failures, back.class.as_deref()), (1, Some("transient")));
    assert_eq!(take(store, "w", 3_000).await.len(), 2);
}

async fn a_worker_that_lost_its_claim_changes_nothing(test: &TestStore) {
    let store = &test.store;
    store.enqueue(&[import("1")]).await.unwrap();
    let slow = take(store, "slow", 10).await;
    store.take_back_jobs(5_000).await.unwrap();
    let fast = take(store, "fast", 5_000).await;
    assert_eq!(settle(store, "slow", &slow[0], done()).await, [slow[0].id]);
    assert!(listed(store, "done").await.is_empty());
    assert!(settle(store, "fast", &fast[0], done()).await.is_empty());
    // The same worker's name with an older attempt is as late.
    store.enqueue(&[import("2")]).await.unwrap();
    let old = take(store, "w", 10).await;
    store.take_back_jobs(5_000).await.unwrap();
    let new = take(store, "w", 5_000).await;
    assert_eq!(settle(store, "w", &old[0], done()).await, [old[0].id]);
    assert!(settle(store, "w", &new[0], done()).await.is_empty());
}

async fn a_failed_job_waits_for_its_time_and_counts_its_failures(test: &TestStore) {
    let store = &test.store;
    store.enqueue(&[import("1")]).await.unwrap();
    for (now, failures) in [(10, 0), (50, 1), (100, 2)] {
        let jobs = take(store, "w", now).await;
        assert_eq!(jobs[0].failures, failures);
        assert!(take(store, "w", now).await.is_empty());
        settle(store, "w", &jobs[0], retry(now + 40)).await;
        assert!(take(store, "w", now + 39).await.is_empty());
    }
    // A further webhook neither hurries it nor forgets what happened.
    store.enqueue(&[import("1")]).await.unwrap();
    assert!(take(store, "w", 100).await.is_empty());
    let waiting = listed(store, "waiting").await;
    assert_eq!((waiting.len(), waiting[0].job.failures), (1, 3));
    assert_eq!(waiting[0].message.as_deref(), Some("the shop does not answer"));
    assert!(store.run_jobs_now(&[waiting[0].job.id], NewAudit::default()).await.unwrap() == 1);
    assert_eq!(take(store, "w", i64::MAX / 4).await[0].failures, 0);
}

async fn a_limit_is_no_failure(test: &TestStore) {
    let store = &test.store;
    store.enqueue(&[import("1")]).await.unwrap();
    let jobs = take(store, "w", 10).await;
    let later = Verdict::Later { at: 20, message: "the limit `api` is used up".to_owned() };
    settle(store, "w", &jobs[0], later).await;
    let again = take(store, "w", 20).await;
    assert_eq!((again[0].failures, again[0].attempt), (0, 2));
}

async fn a_failure_is_left_with_the_job_that_waits_by_then(test: &TestStore) {
    let store = &test.store;
    store.enqueue(&[import("1").over_all("test")]).await.unwrap();
    let jobs = take(store, "w", 10).await;
    store.enqueue(&[import("1")]).await.unwrap();
    settle(store, "w", &jobs[0], retry(500)).await;
    assert!(take(store, "w", 499).await.is_empty());
    let waiting = listed(store, "waiting").await;
    assert_eq!((waiting.len(), waiting[0].job.failures), (1, 1));
    assert!(waiting[0].job.over_all().is_some(), "as the first one was asked to");
    assert_eq!(listed(store, "merged").await.len(), 1);
    assert_eq!(take(store, "w", 500).await.len(), 1);
}

async fn what_is_over_is_history_and_tells_what_happened(test: &TestStore) {
    let store = &test.store;
    store.enqueue(&[import("1"), import("2")]).await.unwrap();
    let jobs = take(store, "w", 10).await;
    let dead = Verdict::Dead { class: "data", message: "the price is no number".to_owned() };
    let settled = [
        Settled { job: &jobs[0], verdict: done(), details: Some(r#"{"odoo_id":7}"#.to_owned()) },
        Settled { job: &jobs[1], verdict: dead, details: None },
    ];
    assert!(store.settle_jobs("w", &settled).await.unwrap().is_empty());
    assert!(listed(store, "running").await.is_empty());
    assert_eq!(listed(store, "over").await.len(), 2);
    let view = store.job(jobs[1].id).await.unwrap().unwrap();
    assert_eq!((view.state.as_str(), view.class.as_deref()), ("dead", Some("data")));
    let filter = EventFilter { record: Some("1".to_owned()), ..EventFilter::default() };
    let events = store.list_events(filter).await.unwrap();
    assert_eq!((events.len(), events[0].kind.as_str()), (1, "done"));
    assert_eq!(events[0].correlation.as_deref(), Some(jobs[0].correlation.as_str()));
}

async fn a_cancelled_job_never_runs(test: &TestStore) {
    let store = &test.store;
    store.enqueue(&[import("1"), import("2")]).await.unwrap();
    let waiting = listed(store, "waiting").await;
    let id = waiting.iter().find(|view| view.job.record == "1").unwrap().job.id;
    assert!(store.cancel_jobs(&[id], NewAudit::default()).await.unwrap() == 1);
    assert!(store.cancel_jobs(&[id], NewAudit::default()).await.unwrap() == 0);
    assert_eq!(records(&take(store, "w", 10).await), ["2"]);
    assert_eq!(store.job(id).await.unwrap().unwrap().state, "cancelled");
}

async fn many_workers_do_every_job_once(test: &TestStore) {
    let store = &test.store;
    let jobs: Vec<NewJob> = (0..300).map(|n| import(&format!("{:03}", n % 150))).collect();
    store.enqueue(&jobs).await.unwrap();
    let work = |worker: String| async move {
        let mut seen = Vec::new();
        loop {
            let jobs = store.claim_jobs(&claim(&worker, 7, 10)).await.unwrap();
            if jobs.is_empty() {
                return seen;
            }
            finish(store, &worker, &jobs).await;
            seen.extend(jobs.into_iter().map(|job| job.record));
        }
    };
    let seen = futures::future::join_all((0..4).map(|n| work(format!("w{n}")))).await;
    let mut seen = seen.concat();
    seen.sort();
    let expected: Vec<String> = (0..150).map(|n| format!("{n:03}")).collect();
    assert_eq!(seen, expected);
}
