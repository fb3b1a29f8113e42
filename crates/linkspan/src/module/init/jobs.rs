//! Methods of a module that run as jobs; each has its row in `queue.job.function`.

use serde::Serialize;

use super::entity::EntityView;

/// `name` is the module's, without `_connector`.
pub(super) fn jobs(name: &str, entities: &[EntityView]) -> Vec<Job> {
    let mut jobs = Vec::new();
    let backend = format!("{name}_backend");
    for entity in entities.iter().filter(|entity| entity.imports) {
        jobs.push(Job::new(&backend, format!("sync_{}", entity.plural), "import", false));
    }
    for entity in entities {
        if entity.imports {
            jobs.push(Job::new(&entity.xml, "import_batch".to_owned(), "import", false));
            jobs.push(Job::new(&entity.xml, "import_record".to_owned(), "import", true));
        }
        if entity.exports {
            jobs.push(Job::new(&entity.xml, "export_changes".to_owned(), "export", false));
            jobs.push(Job::new(&entity.xml, "_export_to_external".to_owned(), "export", true));
        }
    }
    jobs
}

#[derive(Debug, Serialize)]
pub(super) struct Job {
    xml: String,
    id: String,
    method: String,
    channel: &'static str,
    related: bool,
}

impl Job {
    fn new(xml: &str, method: String, channel: &'static str, related: bool) -> Job {
        let id = method.trim_start_matches('_').to_owned();
        Job { xml: xml.to_owned(), id, method, channel, related }
    }
}
