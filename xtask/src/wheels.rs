//! Published modules of OCA, on which `linkspan validate` must raise no false alarm and against which it is measured.
//!
//! They are downloaded by pip into the scratch folder and stay there; nothing of them is in the repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{python, system};

/// Series, and the exact versions: another one has other findings.
const WHEELS: [(&str, &[&str]); 3] = [
    ("16.0", &["odoo-addon-connector==16.0.1.0.1.1", "odoo-addon-queue_job==16.0.3.0.2.2"]),
    (
        "18.0",
        &[
            "odoo-addon-connector==18.0.1.0.2",
            "odoo-addon-queue_job==18.0.4.1.2.2",
            "odoo-addon-shopify-connector==18.0.1.0.1.1",
        ],
    ),
    (
        "19.0",
        &[
            "odoo-addon-connector==19.0.1.0.0.5",
            "odoo-addon-queue_job==19.0.2.4.0.1",
            "odoo-addon-shopify-connector==19.0.1.1.0.4",
        ],
    ),
];

/// The folder with `<series>/odoo/addons/<module>`.
pub(crate) fn folder() -> Result<PathBuf> {
    let folder = system::scratch()?.join("wheels");
    for (series, wheels) in WHEELS {
        let place = folder.join(series);
        let mark = place.join("complete");
        let wanted = wheels.join("\n");
        if std::fs::read_to_string(&mark).is_ok_and(|found| found == wanted) {
            continue;
        }
        if place.exists() {
            std::fs::remove_dir_all(&place)?;
        }
        fetch(&place, wheels)?;
        std::fs::write(&mark, wanted).with_context(|| format!("cannot write {}", mark.display()))?;
    }
    Ok(folder)
}

fn fetch(place: &Path, wheels: &[&str]) -> Result<()> {
    let downloads = place.join("wheels");
    std::fs::create_dir_all(&downloads)?;
    let mut pip = python::pip(&python::environment()?);
    system::output(pip.args(["download", "--no-deps", "--dest"]).arg(&downloads).args(wheels))
        .context("pip cannot download OCA's modules")?;
    for wheel in std::fs::read_dir(&downloads)? {
        let wheel = wheel?.path();
        system::output(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(&wheel).arg(place))?;
    }
    Ok(())
}
