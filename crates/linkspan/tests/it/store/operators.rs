//! What operators do, who they are, and what is written down about it.

use linkspan::config::Way;
use linkspan::operations::{OperationError, Operator, token_hash};
use linkspan::store::{
    AuditFilter, BatchCommit, Binding, Claim, DeadLetter, DeadLetterFilter, DeadLetterKind, Direction,
    EventFilter, Job, JobFilter, JobKind, Lane, NewDeadLetter, NewJob, Role, RolloutKey, Settled, Stage,
    Verdict,
};
use linkspan::sync::{Decided, Decision};
use secrecy::ExposeSecret as _;

use super::{TestStore, batch, binding, conflict, dead_letter, on_both};

on_both!(
    accounts_are_added_changed_and_removed,
    names_and_passwords_that_are_no_good_are_refused,
    a_token_is_known_by_its_hash_until_it_is_removed,
    a_session_holds_until_its_end_and_its_accounts,
    a_retry_makes_a_job_an_event_and_an_audit_entry,
    an_export_is_retried_by_its_odoo_id,
    a_conflict_is_decided_once_and_one_way,
    two_who_decide_at_once_are_not_both_heard,
    a_dismissed_record_opens_again_once,
    all_that_match_are_retried_in_steps,
    only_waiting_jobs_are_cancelled_or_run,
    a_channel_keeps_its_capacity_through_a_pause,
    a_stage_and_held_changes_are_kept_apart,
    what_the_overview_counts,
);

const PASSWORD: &str = "correct horse battery";

async fn audit(test: &TestStore) -> Vec<(String, String)> {
    let entries = test.store.list_audit(AuditFilter::default()).await.unwrap();
    entries.into_iter().rev().map(|entry| (entry.action, entry.target)).collect()
}

async fn refuse(test: &TestStore, letters: Vec<NewDeadLetter>) {
    test.store.commit_batch(BatchCommit { dead_letters: letters, ..batch(Vec::new()) }).await.unwrap();
}

async fn jobs(test: &TestStore) -> Vec<(JobKind, String)> {
    let jobs = test.store.list_jobs(JobFilter::default()).await.unwrap();
    let mut jobs: Vec<_> = jobs.into_iter().map(|view| (view.job.kind, view.job.record)).collect();
    jobs.sort();
    jobs
}

async fn accounts_are_added_changed_and_removed(test: &TestStore) {
    let operator = Operator::new(&test.store, "command line");
    assert!(!test.store.has_account().await.unwrap());
    operator.add_account("ada", Role::Operator, &PASSWORD.into()).await.unwrap();
    assert!(test.store.has_account().await.unwrap());
    let twice = operator.add_account("ada", Role::Viewer, &PASSWORD.into()).await.unwrap_err();
    assert!(twice.to_string().contains("linkspan accounts password ada"), "{twice}");
    let (role, hash) = test.store.account_secret("ada").await.unwrap().unwrap();
    assert_eq!(role, Role::Operator);
    assert!(hash.starts_with("$argon2id$") && !hash.contains(PASSWORD), "{hash}");
    assert!(linkspan::operations::verify_password(PASSWORD.to_owned().into(), Some(hash.clone())).await);
    operator.change_password("ada", &"another horse battery".into()).await.unwrap();
    let (_, changed) = test.store.account_secret("ada").await.unwrap().unwrap();
    assert!(!linkspan::operations::verify_password(PASSWORD.to_owned().into(), Some(changed)).await);
    assert!(!linkspan::operations::verify_password("nobody has this password".to_owned().into(), None).await);
    operator.remove_account("ada").await.unwrap();
    assert!(matches!(operator.remove_account("ada").await, Err(OperationError::NotFound(_))));
    assert!(matches!(
        operator.change_password("ada", &PASSWORD.into()).await,
        Err(OperationError::NotFound(_))
    ));
    let target = "account ada".to_owned();
    let expected = ["account.add", "account.password", "account.remove"]
        .map(|action| (action.to_owned(), target.clone()));
    assert_eq!(audit(test).await, expected);
    let entries = test.store.list_audit(AuditFilter::default()).await.unwrap();
    assert!(entries.iter().all(|entry| !entry.details.as_deref().unwrap_or("").contains("horse")));
}

async fn names_and_passwords_that_are_no_good_are_refused(test: &TestStore) {
    let operator = Operator::new(&test.store, "command line");
    for name in ["", "a b", "<b>", "ada\n", "токен", &"x".repeat(65)] {
        let refused = operator.add_account(name, Role::Viewer, &PASSWORD.into()).await;
        assert!(matches!(refused, Err(OperationError::Invalid(_))), "{name:?}");
        assert!(matches!(operator.add_token(name, Role::Viewer).await, Err(OperationError::Invalid(_))));
    }
    for password in ["", "short", "eleven char", &"x".repeat(201)] {
        let refused = operator.add_account("ada", Role::Viewer, &password.into()).await;
        assert!(matches!(refused, Err(OperationError::Invalid(_))), "{password:?}");
    }
    assert!(test.store.accounts().await.unwrap().is_empty() && audit(test).await.is_empty());
}

async fn a_token_is_known_by_its_hash_until_it_is_removed(test: &TestStore) {
    let operator = Operator::new(&test.store, "command line");
    let new = operator.add_token("deploy", Role::Viewer).await.unwrap();
    let token = new.token.expose_secret();
    assert!(token.starts_with("lsp_") && token.len() == 47, "{token}");
    let found = test.store.use_api_token(&token_hash(token)).await.unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.role, found.used_at), ("deploy", Role::Viewer, None));
    assert!(test.store.api_tokens().await.unwrap()[0].used_at.is_some());
    assert_eq!(test.store.use_api_token(token).await.unwrap(), None, "the token itself is not stored");
    assert!(operator.add_token("deploy", Role::Viewer).await.is_err(), "the name is taken");
    operator.remove_token("deploy").await.unwrap();
    assert_eq!(test.store.use_api_token(&token_hash(token)).await.unwrap(), None);
    assert!(operator.remove_token("deploy").await.is_err());
}

async fn a_session_holds_until_its_end_and_its_accounts(test: &TestStore) {
    let operator = Operator::new(&test.store, "command line");
    operator.add_account("ada", Role::Operator, &PASSWORD.into()).await.unwrap();
    let end = i64::MAX;
    test.store.begin_web_session("hash", "ada", "csrf", end).await.unwrap();
    let session = test.store.web_session("hash", 5).await.unwrap().unwrap();
    assert_eq!(
        (session.account.as_str(), session.role, session.csrf.as_str()),
        ("ada", Role::Operator, "csrf")
    );
    assert_eq!(test.store.web_session("hash", end).await.unwrap(), None, "at its end");
    assert_eq!(test.store.web_session("other", 5).await.unwrap(), None);
    assert!(test.store.begin_web_session("x", "nobody", "csrf", end).await.is_err());
    assert!(test.store.end_web_session("hash").await.unwrap());
    assert!(!test.store.end_web_session("hash").await.unwrap());
    test.store.begin_web_session("hash", "ada", "csrf", end).await.unwrap();
    operator.remove_account("ada").await.unwrap();
    assert_eq!(test.store.web_session("hash", 5).await.unwrap(), None);
}

async fn a_retry_makes_a_job_an_event_and_an_audit_entry(test: &TestStore) {
    refuse(test, vec![dead_letter("a"), dead_letter("b")]).await;
    let id = test.store.open_dead_letters_for("shop", "product", &["a"]).await.unwrap()[0].id;
    let operator = Operator::new(&test.store, "ada");
    operator.edit(id, r#"{"price": 5}"#).await.unwrap();
    operator.retry(id).await.unwrap();
    assert_eq!(jobs(test).await, [(JobKind::Retry, "a".to_owned())]);
    let events = test.store.list_events(EventFilter::default()).await.unwrap();
    let kinds: Vec<_> =
        events.iter().rev().map(|event| (event.record.as_str(), event.kind.as_str())).collect();
    assert_eq!(kinds, [("a", "edited"), ("a", "retried")]);
    let target = format!("dead letter {id}");
    let expected =
        [("dead_letter.edit".to_owned(), target.clone()), ("dead_letter.retry".to_owned(), target)];
    assert_eq!(audit(test).await, expected);
    assert!(matches!(operator.retry(999).await, Err(OperationError::NotFound(_))));
    test.store
        .commit_batch(BatchCommit {
            resolved_dead_letters: vec!["a".to_owned()],
            ..batch(vec![binding("a", 1)])
        })
        .await
        .unwrap();
    for refused in [
        operator.retry(id).await.map(drop),
        operator.edit(id, "{}").await,
        operator.dismiss(id).await.map(drop),
    ] {
        assert!(matches!(refused, Err(OperationError::Invalid(_))), "{refused:?}");
    }
    assert_eq!(audit(test).await.len(), 2, "what was refused is not in the audit");
}

async fn a_conflict_is_decided_once_and_one_way(test: &TestStore) {
    test.store.commit_batch(conflict("7")).await.unwrap();
    let id = test.store.open_dead_letters_for("shop", "product", &["7"]).await.unwrap()[0].id;
    let operator = Operator::new(&test.store, "ada");
    let said = |refused: Result<DeadLetter, OperationError>| match refused {
        Err(OperationError::Invalid(said)) => said,
        other => panic!("{other:?}"),
    };
    for _ in 0..2 {
        assert_eq!(operator.decide(id, Decision::Odoo, on).await.unwrap().id, id);
    }
    assert!(said(operator.decide(id, Decision::External, on).await).contains("was decided the other way"));
    let waiting = test.store.list_jobs(JobFilter::default()).await.unwrap();
    let [view] = waiting.as_slice() else { panic!("{waiting:?}") };
    assert_eq!(
        (view.job.kind, view.job.record.as_str(), view.job.priority, view.job.channel.as_str()),
        (JobKind::Decision, "7", 1, "shop:in")
    );
    assert_eq!(Decided::of(&view.job), Some(Decided { dead_letter: id, side: Decision::Odoo }));
    let held = said(operator.decide(id, Decision::External, |_, _| Some(Stage::Shadow)).await);
    assert!(held.starts_with("the stage of product into Odoo is shadow, so nothing is written."), "{held}");
    // While it runs, it is the same.
    let job = claim(test).await;
    operator.decide(id, Decision::Odoo, on).await.unwrap();
    assert!(said(operator.decide(id, Decision::External, on).await).contains("was decided the other way"));
    let events = test.store.list_events(EventFilter::default()).await.unwrap();
    let events: Vec<_> =
        events.iter().map(|event| (event.record.as_str(), event.kind.as_str(), &*event.message)).collect();
    assert_eq!(events, [("7", "decided", "ada decided on name: Odoo's value stays.")]);
    assert_eq!(audit(test).await, [("dead_letter.decide".to_owned(), format!("dead letter {id}"))]);
    let settled = BatchCommit { resolved_dead_letters: vec!["7".to_owned()], ..conflict("7") };
    test.store.commit_batch(BatchCommit { dead_letters: Vec::new(), ..settled }).await.unwrap();
    let verdict = Verdict::Done { message: "settled".to_owned() };
    test.store.settle_jobs("test:1", &[Settled { job: &job, verdict, details: None }]).await.unwrap();
    assert!(said(operator.decide(id, Decision::Odoo, on).await).contains("no open conflict: it is resolved"));
    assert!(matches!(operator.decide(999, Decision::Odoo, on).await, Err(OperationError::NotFound(_))));
    refuse(test, vec![dead_letter("8")]).await;
    let other = test.store.open_dead_letters_for("shop", "product", &["8"]).await.unwrap()[0].id;
    assert!(
        said(operator.decide(other, Decision::Odoo, on).await)
            .contains("no open conflict: it names no field")
    );
    assert_eq!(audit(test).await.len(), 1, "what was refused is not in the audit");
}

async fn two_who_decide_at_once_are_not_both_heard(test: &TestStore) {
    test.store.commit_batch(conflict("7")).await.unwrap();
    let id = test.store.open_dead_letters_for("shop", "product", &["7"]).await.unwrap()[0].id;
    let (ada, bob) = (Operator::new(&test.store, "ada"), Operator::new(&test.store, "bob"));
    let (first, second) =
        tokio::join!(ada.decide(id, Decision::Odoo, on), bob.decide(id, Decision::External, on));
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    assert_eq!((jobs(test).await.len(), audit(test).await.len()), (1, 1));
}

/// The configuration lets everything be written.
fn on(_: &DeadLetter, _: Direction) -> Option<Stage> {
    Some(Stage::On)
}

/// Takes the job that waits.
async fn claim(test: &TestStore) -> Job {
    let claim = Claim {
        backend: "shop",
        channel: &Lane::In.channel("shop"),
        default_capacity: 10,
        most: 1,
        worker: "test:1",
        lease_ms: 60_000,
        now: i64::MAX / 2,
    };
    test.store.claim_jobs(&claim).await.unwrap().remove(0)
}

async fn an_export_is_retried_by_its_odoo_id(test: &TestStore) {
    let letters = ["odoo:12", "b1", "unknown"].map(dead_letter).to_vec();
    let bound = batch(vec![binding("b1", 77)]);
    let exports = BatchCommit { dead_letters: letters, kind: DeadLetterKind::Export, ..bound };
    test.store.commit_batch(exports).await.unwrap();
    let operator = Operator::new(&test.store, "ada");
    operator.retry_matching(DeadLetterFilter::default()).await.unwrap();
    let expected = [(JobKind::Export, "12".to_owned()), (JobKind::Export, "77".to_owned())];
    assert_eq!(jobs(test).await, expected, "what has no Odoo id cannot go out");
    let letter = test.store.open_dead_letters_for("shop", "product", &["b1"]).await.unwrap()[0].id;
    let refused = operator.edit(letter, "{}").await.unwrap_err();
    assert!(refused.to_string().contains("change the record there"), "{refused}");
}

async fn a_dismissed_record_opens_again_once(test: &TestStore) {
    let operator = Operator::new(&test.store, "ada");
    let mut ids = Vec::new();
    for _ in 0..2 {
        refuse(test, vec![dead_letter("a")]).await;
        let id = test.store.open_dead_letters_for("shop", "product", &["a"]).await.unwrap()[0].id;
        operator.dismiss(id).await.unwrap();
        ids.push(id);
    }
    assert!(matches!(operator.dismiss(ids[0]).await, Err(OperationError::Invalid(_))), "twice");
    operator.retry(ids[1]).await.unwrap();
    let open = test.store.open_dead_letters_for("shop", "product", &["a"]).await.unwrap();
    assert_eq!(open.iter().map(|letter| letter.id).collect::<Vec<_>>(), [ids[1]]);
    let refused = operator.retry(ids[0]).await.unwrap_err();
    assert!(refused.to_string().contains("its record has a newer one"), "{refused}");
}

async fn all_that_match_are_retried_in_steps(test: &TestStore) {
    let letters = (0..1_203).map(|n| dead_letter(&n.to_string())).collect();
    refuse(test, letters).await;
    refuse(test, vec![NewDeadLetter { class: "auth".to_owned(), ..dead_letter("other") }]).await;
    let operator = Operator::new(&test.store, "ada");
    let filter = DeadLetterFilter { class: Some("data".to_owned()), ..DeadLetterFilter::default() };
    assert_eq!(operator.retry_matching(filter.clone()).await.unwrap(), 1_203);
    assert_eq!(jobs(test).await.len(), 100, "a page of them");
    assert_eq!(operator.dismiss_matching(filter.clone()).await.unwrap(), 1_203);
    assert_eq!(operator.dismiss_matching(filter).await.unwrap(), 0);
    let counts: Vec<_> = test.store.dead_counts().await.unwrap().into_iter().map(|row| row.count).collect();
    assert_eq!(counts, [1]);
    let entries = test.store.list_audit(AuditFilter::default()).await.unwrap();
    let counted: Vec<i64> = entries
        .iter()
        .filter(|entry| entry.action == "dead_letter.retry")
        .map(|entry| {
            serde_json::from_str::<serde_json::Value>(entry.details.as_deref().unwrap()).unwrap()["count"]
                .as_i64()
                .unwrap()
        })
        .collect();
    assert_eq!(counted.iter().sum::<i64>(), 1_203, "{counted:?}");
}

async fn only_waiting_jobs_are_cancelled_or_run(test: &TestStore) {
    let new =
        |record: &str| NewJob { run_at: 1_000, ..NewJob::new("shop", JobKind::Import, "order", record) };
    test.store.enqueue(&[new("a"), new("b")]).await.unwrap();
    let channel = Lane::In.channel("shop");
    let claim = Claim {
        backend: "shop",
        channel: &channel,
        default_capacity: 9,
        most: 1,
        worker: "w",
        lease_ms: 60_000,
        now: 2_000,
    };
    let running = test.store.claim_jobs(&claim).await.unwrap().remove(0);
    let operator = Operator::new(&test.store, "ada");
    for refused in [operator.cancel_job(running.id).await, operator.run_job(running.id).await] {
        assert!(refused.unwrap_err().to_string().contains("it is running"));
    }
    assert!(matches!(operator.cancel_job(999).await, Err(OperationError::NotFound(_))));
    assert_eq!(
        operator
            .cancel_matching(JobFilter { backend: Some("shop".to_owned()), ..JobFilter::default() })
            .await
            .unwrap(),
        1
    );
    let settled =
        Settled { job: &running, verdict: Verdict::Done { message: "done".to_owned() }, details: None };
    assert_eq!(
        test.store.settle_jobs("w", &[settled]).await.unwrap(),
        Vec::<i64>::new(),
        "it was left alone"
    );
    let over = JobFilter { state: Some("over".to_owned()), ..JobFilter::default() };
    let mut states: Vec<_> =
        test.store.list_jobs(over).await.unwrap().into_iter().map(|view| view.state).collect();
    states.sort();
    assert_eq!(states, ["cancelled", "done"]);
}

async fn a_channel_keeps_its_capacity_through_a_pause(test: &TestStore) {
    let operator = Operator::new(&test.store, "ada");
    operator.resize_channel("shop:out", 9).await.unwrap();
    operator.pause_channel("shop:out", "", Some(5_000)).await.unwrap();
    let channel = test.store.channels().await.unwrap().remove(0);
    assert_eq!((channel.capacity, channel.reason.as_deref()), (9, Some("paused by ada")));
    assert!(channel.is_paused_at(4_999) && !channel.is_paused_at(5_000));
    operator.resume_channel("shop:out").await.unwrap();
    assert!(operator.resume_channel("shop:out").await.is_err());
    for name in ["", ":in", "shop", "shop:sideways"] {
        assert!(
            matches!(operator.pause_channel(name, "", None).await, Err(OperationError::NotFound(_))),
            "{name}"
        );
    }
}

async fn a_stage_and_held_changes_are_kept_apart(test: &TestStore) {
    let operator = Operator::new(&test.store, "ada");
    let key = RolloutKey { backend: "shop", entity: "order", direction: Direction::Out };
    assert_eq!(test.store.rollout(key).await.unwrap(), None);
    let way = Way { is_there: true, has_canary: true, stage: Stage::Off };
    operator.set_stage(key, Stage::Canary, way).await.unwrap();
    test.store.hold_changes(key, Stage::On, "300 of 100").await.unwrap();
    let row = test.store.rollout(key).await.unwrap().unwrap();
    assert_eq!((row.stage, row.held.as_deref(), row.allowed), (Stage::Canary, Some("300 of 100"), false));
    operator.allow_changes(key).await.unwrap();
    assert!(operator.allow_changes(key).await.is_err(), "nothing is held any more");
    assert!(test.store.take_allowance(key).await.unwrap() && !test.store.take_allowance(key).await.unwrap());
    assert_eq!(test.store.rollouts(Some("shop")).await.unwrap().len(), 1);
    assert_eq!(test.store.rollouts(Some("other")).await.unwrap(), []);
}

async fn what_the_overview_counts(test: &TestStore) {
    let new =
        |record: &str| NewJob { run_at: 1_000, ..NewJob::new("shop", JobKind::Import, "order", record) };
    test.store.enqueue(&[new("a"), new("b"), new("c")]).await.unwrap();
    refuse(test, vec![dead_letter("x")]).await;
    let bound = Binding { entity: "order".to_owned(), ..binding("a", 5) };
    test.store.commit_batch(BatchCommit { entity: "order".to_owned(), ..batch(vec![bound]) }).await.unwrap();
    let channel = Lane::In.channel("shop");
    let claim = Claim {
        backend: "shop",
        channel: &channel,
        default_capacity: 9,
        most: 2,
        worker: "w",
        lease_ms: 60_000,
        now: 2_000,
    };
    let claimed = test.store.claim_jobs(&claim).await.unwrap();
    let settled =
        Settled { job: &claimed[0], verdict: Verdict::Done { message: "done".to_owned() }, details: None };
    test.store.settle_jobs("w", &[settled]).await.unwrap();
    let waiting: Vec<_> =
        test.store.waiting_counts().await.unwrap().into_iter().map(|row| (row.entity, row.count)).collect();
    assert_eq!(waiting, [("order".to_owned(), 1)]);
    let states = test.store.job_state_counts(0).await.unwrap();
    for state in ["waiting", "running", "done"] {
        assert!(states.contains(&(state.to_owned(), 1)), "{states:?}");
    }
    let outcomes = test.store.outcomes(0, 3_600_000).await.unwrap();
    assert_eq!(
        outcomes.iter().map(|row| (row.outcome.as_str(), row.count)).collect::<Vec<_>>(),
        [("done", 1)]
    );
    for rows in [
        test.store.breaker_views().await.unwrap().len(),
        test.store.limit_views().await.unwrap().len(),
        test.store.schedule_views().await.unwrap().len(),
        test.store.node_views().await.unwrap().len(),
        test.store.list_alerts(None, 1_000).await.unwrap().len(),
    ] {
        assert_eq!(rows, 0);
    }
}
