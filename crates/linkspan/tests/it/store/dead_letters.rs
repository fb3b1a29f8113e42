use linkspan::store::{
    BatchCommit, Binding, CauseGroup, DeadLetter, DeadLetterFilter, DeadLetterState, JobFilter, JobKind,
    NewAudit, NewDeadLetter, RecordKey,
};

use super::{TestStore, batch, binding, dead_letter, execute, on_both};

on_both!(
    a_dead_letter_comes_back_as_it_was_stored,
    a_second_refusal_refreshes_the_open_one,
    an_edited_payload_stays_until_the_other_system_has_a_newer_state,
    a_record_that_went_through_closes_its_dead_letter,
    a_dismissed_record_that_fails_again_gets_a_new_dead_letter,
    lists_filter_by_each_field,
    lists_page_from_the_newest,
    causes_are_grouped_by_class_and_message,
    what_waits_for_a_record_is_found,
    what_waits_is_tried_again_once_for_each_record_and_more_and_more_seldom,
    only_resolved_dead_letters_are_forgotten,
    a_nul_in_a_payload_is_no_obstacle,
);

async fn refuse(test: &TestStore, letters: Vec<NewDeadLetter>) {
    let commit = BatchCommit { dead_letters: letters, ..batch(Vec::new()) };
    test.store.commit_batch(commit).await.unwrap();
}

async fn all(test: &TestStore, filter: DeadLetterFilter) -> Vec<DeadLetter> {
    test.store.list_dead_letters(filter).await.unwrap()
}

fn ids(letters: &[DeadLetter]) -> Vec<&str> {
    letters.iter().map(|letter| letter.external_id.as_str()).collect()
}

async fn a_dead_letter_comes_back_as_it_was_stored(test: &TestStore) {
    let depends_on = RecordKey { entity: "category".to_owned(), external_id: "00 \"9\"".to_owned() };
    let new = NewDeadLetter { depends_on: Some(depends_on.clone()), ..dead_letter("007") };
    refuse(test, vec![new.clone()]).await;
    let [stored] = <[DeadLetter; 1]>::try_from(all(test, DeadLetterFilter::default()).await).unwrap();
    assert_eq!(test.store.dead_letter(stored.id).await.unwrap().as_ref(), Some(&stored));
    assert_eq!(test.store.dead_letter(stored.id + 1).await.unwrap(), None);
    let expected = DeadLetter {
        id: stored.id,
        backend: "shop".to_owned(),
        entity: "product".to_owned(),
        external_id: new.external_id,
        class: new.class,
        message: new.message,
        next_step: "Nothing: it goes on by itself once category 00 \"9\" is in; see to that one.".to_owned(),
        problems: new.problems,
        kind: "import".to_owned(),
        edited: false,
        payload: new.payload,
        version: new.version,
        attempts: 1,
        state: DeadLetterState::Open,
        depends_on: Some(depends_on),
        created_at: stored.created_at,
        updated_at: stored.created_at,
    };
    assert_eq!(stored, expected);
}

async fn a_second_refusal_refreshes_the_open_one(test: &TestStore) {
    refuse(test, vec![dead_letter("a"), dead_letter("b")]).await;
    let again = NewDeadLetter { class: "auth".to_owned(), payload: None, ..dead_letter("a") };
    refuse(test, vec![dead_letter("a"), again]).await;
    let letters = test.store.open_dead_letters_for("shop", "product", &["a"]).await.unwrap();
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!((letter.attempts, letter.class.as_str()), (2, "auth"));
    assert_eq!(letter.payload, dead_letter("a").payload, "a refusal before the fetch keeps the payload");
    assert_eq!(all(test, DeadLetterFilter::default()).await.len(), 2);
}

async fn a_record_that_went_through_closes_its_dead_letter(test: &TestStore) {
    refuse(test, vec![dead_letter("a"), dead_letter("b")]).await;
    let commit = BatchCommit {
        resolved_dead_letters: vec!["a".to_owned(), "never refused".to_owned()],
        ..batch(vec![binding("a", 1)])
    };
    test.store.commit_batch(commit).await.unwrap();
    let by_state = |state| DeadLetterFilter { state: Some(state), ..DeadLetterFilter::default() };
    assert_eq!(ids(&all(test, by_state(DeadLetterState::Open)).await), ["b"]);
    assert_eq!(ids(&all(test, by_state(DeadLetterState::Resolved)).await), ["a"]);
}

async fn a_dismissed_record_that_fails_again_gets_a_new_dead_letter(test: &TestStore) {
    refuse(test, vec![dead_letter("a")]).await;
    let first = all(test, DeadLetterFilter::default()).await[0].id;
    for (id, dismissed) in [(first, 1), (first, 0), (first + 100, 0)] {
        let count = test.store.dismiss_dead_letters(&[id], NewAudit::default()).await.unwrap();
        assert_eq!(count, dismissed, "{id}");
    }
    refuse(test, vec![dead_letter("a")]).await;
    let letters = all(test, DeadLetterFilter::default()).await;
    let states: Vec<_> = letters.iter().map(|letter| (letter.state, letter.attempts)).collect();
    assert_eq!(states, [(DeadLetterState::Open, 1), (DeadLetterState::Dismissed, 1)]);
}

async fn lists_filter_by_each_field(test: &TestStore) {
    let odd = NewDeadLetter {
        class: "missing_dependency".to_owned(),
        message: "50% of_it".to_owned(),
        ..dead_letter("Ab-1")
    };
    refuse(test, vec![dead_letter("2"), odd]).await;
    let text = |text: &str| DeadLetterFilter { text: Some(text.to_owned()), ..DeadLetterFilter::default() };
    let cases = [
        (DeadLetterFilter { backend: Some("other".to_owned()), ..DeadLetterFilter::default() }, vec![]),
        (
            DeadLetterFilter { backend: Some("shop".to_owned()), ..DeadLetterFilter::default() },
            vec!["2", "Ab-1"],
        ),
        (DeadLetterFilter { entity: Some("order".to_owned()), ..DeadLetterFilter::default() }, vec![]),
        (DeadLetterFilter { class: Some("data".to_owned()), ..DeadLetterFilter::default() }, vec!["2"]),
        (text("50% OF_IT"), vec!["Ab-1"]),
        (text("aB-"), vec!["Ab-1"]),
        (text("\"path\":\"price\""), vec!["2", "Ab-1"]),
        (text("0%"), vec!["Ab-1"]),
        (text("5_%"), vec![]),
        (text("!"), vec![]),
    ];
    for (filter, expected) in cases {
        let mut found = all(test, filter.clone()).await;
        found.sort_by(|left, right| left.external_id.cmp(&right.external_id));
        assert_eq!(ids(&found), expected, "{filter:?}");
    }
}

async fn lists_page_from_the_newest(test: &TestStore) {
    for id in ["a", "b", "c"] {
        refuse(test, vec![dead_letter(id)]).await;
    }
    let first = all(test, DeadLetterFilter { limit: 2, ..DeadLetterFilter::default() }).await;
    assert_eq!(ids(&first), ["c", "b"]);
    let rest =
        DeadLetterFilter { before_id: first.last().map(|letter| letter.id), ..DeadLetterFilter::default() };
    assert_eq!(ids(&all(test, rest).await), ["a"]);
}

async fn causes_are_grouped_by_class_and_message(test: &TestStore) {
    let rare = NewDeadLetter { message: "Rare.".to_owned(), ..dead_letter("r") };
    refuse(test, vec![dead_letter("a"), dead_letter("b"), dead_letter("c"), rare]).await;
    let gone = test.store.open_dead_letters_for("shop", "product", &["c"]).await.unwrap()[0].id;
    test.store.dismiss_dead_letters(&[gone], NewAudit::default()).await.unwrap();
    let groups = test.store.cause_groups(Some("shop"), 10).await.unwrap();
    let shown: Vec<(&str, &str, u64)> = groups
        .iter()
        .map(|CauseGroup { class, message, count, .. }| (&**class, &**message, *count))
        .collect();
    assert_eq!(shown, [("data", "The price \"abc\" is no number.", 2), ("data", "Rare.", 1)]);
    assert_eq!(test.store.cause_groups(Some("other"), 10).await.unwrap(), []);
    assert_eq!(test.store.cause_groups(None, 1).await.unwrap(), groups[..1]);
}

async fn what_waits_for_a_record_is_found(test: &TestStore) {
    let waits_for = |id: &str, other: &str| NewDeadLetter {
        depends_on: Some(RecordKey { entity: "category".to_owned(), external_id: other.to_owned() }),
        ..dead_letter(id)
    };
    refuse(test, vec![waits_for("a", "1"), waits_for("b", "2"), waits_for("c", "1"), dead_letter("1")]).await;
    let waiting = test.store.waiting_on("shop", "category", &["1", "3"]).await.unwrap();
    assert_eq!(ids(&waiting), ["a", "c"]);
    assert_eq!(test.store.waiting_on("shop", "product", &["1"]).await.unwrap(), []);

    assert_eq!(test.store.released_dead_letters("shop", 0, 10).await.unwrap(), []);
    test.store.begin_writes("shop", "category", "product.category", &["1"]).await.unwrap();
    assert_eq!(test.store.released_dead_letters("shop", 0, 10).await.unwrap(), [], "begun is not bound");
    let category = Binding { entity: "category".to_owned(), ..binding("1", 1) };
    let commit = BatchCommit { entity: "category".to_owned(), ..batch(vec![category]) };
    test.store.commit_batch(commit).await.unwrap();
    let released = test.store.released_dead_letters("shop", 0, 10).await.unwrap();
    assert_eq!(ids(&released), ["a", "c"]);
    assert_eq!(test.store.released_dead_letters("shop", released[0].id, 10).await.unwrap(), released[1..]);
}

async fn a_nul_in_a_payload_is_no_obstacle(test: &TestStore) {
    let payload = serde_json::json!({"name": "a\0b"}).to_string();
    let letter =
        NewDeadLetter { message: "a\0b".to_owned(), payload: Some(payload.clone()), ..dead_letter("x") };
    refuse(test, vec![letter]).await;
    let stored = &all(test, DeadLetterFilter::default()).await[0];
    assert_eq!((stored.message.as_str(), stored.payload.as_ref()), ("a\u{fffd}b", Some(&payload)));
}

async fn only_resolved_dead_letters_are_forgotten(test: &TestStore) {
    refuse(test, vec![dead_letter("a"), dead_letter("b"), dead_letter("c")]).await;
    let dismissed = test.store.open_dead_letters_for("shop", "product", &["b"]).await.unwrap()[0].id;
    test.store.dismiss_dead_letters(&[dismissed], NewAudit::default()).await.unwrap();
    let commit = BatchCommit { resolved_dead_letters: vec!["c".to_owned()], ..batch(Vec::new()) };
    test.store.commit_batch(commit).await.unwrap();
    test.store.prune_history(0, i64::MAX).await.unwrap();
    let mut kept = all(test, DeadLetterFilter::default()).await;
    kept.sort_by(|left, right| left.external_id.cmp(&right.external_id));
    assert_eq!(ids(&kept), ["a", "b"]);
}

async fn what_waits_is_tried_again_once_for_each_record_and_more_and_more_seldom(test: &TestStore) {
    const MINUTE: i64 = 60_000;
    let waiting = |id: &str, on: &str| {
        let depends_on = RecordKey { entity: "category".to_owned(), external_id: on.to_owned() };
        NewDeadLetter { depends_on: Some(depends_on), ..dead_letter(id) }
    };
    refuse(test, vec![waiting("1", "9"), waiting("2", "9"), waiting("3", "8"), dead_letter("4")]).await;
    let made = all(test, DeadLetterFilter::default()).await[0].created_at;
    let jobs = async |at: i64| {
        let again = test.store.try_waiting_again(made + at).await.unwrap();
        let filter = JobFilter { kind: Some(JobKind::Retry), ..JobFilter::default() };
        let mut waiting: Vec<String> =
            test.store.list_jobs(filter).await.unwrap().into_iter().map(|view| view.job.record).collect();
        waiting.sort();
        (again, waiting)
    };
    assert_eq!(jobs(9 * MINUTE).await, (0, vec![]));
    assert_eq!(jobs(11 * MINUTE).await, (2, vec!["1".to_owned(), "3".to_owned()]));
    // A job that waits already is not added twice.
    assert_eq!(jobs(12 * MINUTE).await.1.len(), 2);
    // Refused again after 20 minutes: the next try comes after 20 more.
    let refused_at = async |minutes: i64| {
        let sql = format!(
            "UPDATE dead_letter SET updated_at = created_at + {} WHERE depends_on_id = '9'",
            minutes * MINUTE
        );
        execute(&test.url, &sql).await;
    };
    refused_at(20).await;
    assert_eq!(jobs(39 * MINUTE).await.0, 1);
    assert_eq!(jobs(41 * MINUTE).await.0, 2);
    // After a month it is tried daily.
    refused_at(30 * 24 * 60).await;
    assert_eq!(jobs((30 * 24 + 23) * 60 * MINUTE).await.0, 1);
    assert_eq!(jobs((30 * 24 + 25) * 60 * MINUTE).await.0, 2);
}

async fn an_edited_payload_stays_until_the_other_system_has_a_newer_state(test: &TestStore) {
    let payload = |text: &str| Some(format!("{{\"price\":\"{text}\"}}"));
    refuse(test, vec![dead_letter("1")]).await;
    let [letter] = <[DeadLetter; 1]>::try_from(all(test, DeadLetterFilter::default()).await).unwrap();
    assert!(test.store.edit_dead_letter(letter.id, "{\"price\":\"12\"}", NewAudit::default()).await.unwrap());
    refuse(test, vec![dead_letter("1")]).await;
    refuse(test, vec![NewDeadLetter { version: None, ..dead_letter("1") }]).await;
    let kept = test.store.dead_letter(letter.id).await.unwrap().unwrap();
    assert_eq!((kept.payload, kept.edited, kept.attempts), (payload("12"), true, 3));
    let newer = Some("2026-01-02T00:00:00".to_owned());
    refuse(test, vec![NewDeadLetter { version: newer, payload: payload("x"), ..dead_letter("1") }]).await;
    let fresh = test.store.dead_letter(letter.id).await.unwrap().unwrap();
    assert_eq!((fresh.payload, fresh.edited), (payload("x"), false));
}
