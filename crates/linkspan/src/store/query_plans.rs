//! The statements of every batch must use their index in SQLite, which chooses without statistics.

use super::Store;
use super::bindings::{BY_EXTERNAL_ID, BY_ODOO_ID};
use super::database::{Arg, args, both};
use super::dead_letters::{OPEN_FOR, RELEASED, RESOLVE, WAITING_ON};
use super::search::JOBS;

#[tokio::test]
async fn every_look_up_uses_all_of_its_index() {
    let ids: &[&str] = &[];
    let of_entity: Vec<Arg> = args!["shop", "product", ids];
    let resolve = [of_entity.clone(), args![0, "import"]].concat();
    let cases = [
        (BY_EXTERNAL_ID, &of_entity, "PRIMARY KEY (backend=? AND entity=? AND external_id=?)"),
        (BY_ODOO_ID, &of_entity, "INDEX binding_odoo_id (backend=? AND entity=? AND odoo_id=?)"),
        (OPEN_FOR, &of_entity, "INDEX dead_letter_open (backend=? AND entity=? AND external_id=?)"),
        (
            WAITING_ON,
            &of_entity,
            "INDEX dead_letter_waiting (backend=? AND depends_on_entity=? AND depends_on_id=?)",
        ),
        (RESOLVE, &resolve, "INDEX dead_letter_open (backend=? AND entity=? AND external_id=? AND kind=?)"),
        (JOBS, &args!["42", ids], "INDEX job_identity (identity=?)"),
        (both(RELEASED), &args!["shop", 0, 1], "PRIMARY KEY (backend=? AND entity=? AND external_id=?)"),
    ];
    let store = Store::open("sqlite::memory:").await.expect("a store in memory opens");
    for (sql, args, index) in cases {
        let explain = format!("EXPLAIN QUERY PLAN {}", sql.sqlite);
        let rows = store.database.read("explain", both(&explain), args.clone()).await.expect("it is valid");
        let plan: Vec<String> =
            rows.iter().map(|row| row.get("detail").expect("a plan has details")).collect();
        assert!(plan.iter().any(|step| step.contains(index)), "{explain}\n{plan:#?}");
    }
}
