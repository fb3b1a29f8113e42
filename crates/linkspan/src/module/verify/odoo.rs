//! The Odoo to verify on: a source tree, its interpreter, an addons path and a folder for its files.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::database::Database;
use super::{Options, VerifyError};

/// A source tree that can be run.
pub(super) struct Odoo {
    /// "16.0" to "19.0".
    pub(super) series: String,
    source: PathBuf,
    python: PathBuf,
    addons_path: String,
    /// Attachments and logs; gone with this value unless [`Odoo::keep`] was called.
    data: PathBuf,
    kept: std::sync::atomic::AtomicBool,
}

/// What a finished run of `odoo-bin` left.
pub(super) struct Run {
    pub(super) succeeded: bool,
    /// Its log.
    pub(super) log: String,
}

impl Run {
    /// The last lines of the log.
    pub(super) fn tail(&self) -> String {
        tail(&self.log)
    }
}

pub(super) fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}

impl Odoo {
    pub(super) fn find(options: &Options) -> Result<Odoo, VerifyError> {
        let source = absolute(&options.odoo_src, "--odoo-src")?;
        if !source.join("odoo-bin").is_file() {
            return Err(VerifyError::Options(format!(
                "--odoo-src: {} has no odoo-bin; name the folder that holds it",
                source.display()
            )));
        }
        let release = source.join("odoo/release.py");
        let text = std::fs::read_to_string(&release)
            .map_err(VerifyError::io(format!("cannot read {}", release.display())))?;
        let series = series(&text).ok_or_else(|| {
            VerifyError::Options(format!("{} names no series from 16.0 to 19.0", release.display()))
        })?;
        let module = absolute(&options.module, "the module")?;
        let beside = module.parent().unwrap_or(Path::new("/")).to_owned();
        let mut folders = vec![source.join("odoo/addons"), source.join("addons")];
        for folder in &options.addons_path {
            folders.push(absolute(folder, "--addons-path")?);
        }
        folders.push(beside);
        folders.retain(|folder| folder.is_dir());
        let addons_path: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
        let data = std::env::temp_dir().join(format!("linkspan-verify-{:08x}", rand::random::<u32>()));
        std::fs::create_dir_all(&data).map_err(VerifyError::io(format!("cannot make {}", data.display())))?;
        Ok(Odoo {
            series,
            source,
            python: options.python.clone(),
            addons_path: addons_path.join(","),
            data,
            kept: std::sync::atomic::AtomicBool::new(false),
        })
    }

    /// The part of the series before the dot.
    pub(super) fn major(&self) -> u32 {
        self.series.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0)
    }

    /// Where Odoo keeps its files and logs.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// The files stay.
    pub(super) fn keep(&self) {
        self.kept.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    /// `odoo-bin` on the database, not started. Its log goes into the file `log`.
    pub(super) fn command(&self, database: &Database, log: &str) -> Result<Command, VerifyError> {
        let file = self.data.join(log);
        let file = std::fs::File::create(&file)
            .map_err(VerifyError::io(format!("cannot write {}", file.display())))?;
        let twin = file.try_clone().map_err(VerifyError::io("cannot write a log"))?;
        let mut command = Command::new(&self.python);
        command
            .arg(self.source.join("odoo-bin"))
            .args(["-d", &database.name, "--max-cron-threads=0", "--workers=0"])
            .arg(format!("--addons-path={}", self.addons_path))
            .arg(format!("--data-dir={}", self.data.display()))
            // A home of its own, so that nobody's configuration file is read.
            .env("HOME", &self.data)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .envs(database.environment())
            .current_dir(&self.data)
            .stdin(Stdio::null())
            .stdout(twin)
            .stderr(file)
            .kill_on_drop(true);
        if self.major() < 19 {
            // From 19.0 on there is no demo data unless asked for.
            command.arg("--without-demo=all");
        }
        Ok(command)
    }

    /// Runs `odoo-bin` to its end.
    pub(super) async fn run(
        &self,
        database: &Database,
        log: &str,
        words: &[&str],
    ) -> Result<Run, VerifyError> {
        let mut command = self.command(database, log)?;
        // Tests of pages start a server whatever is said; it must not meet another Odoo on the usual port.
        let port = super::server::free_port()?;
        command.args(words).args(["--stop-after-init", "--no-http", "--http-interface=127.0.0.1"]);
        command.arg(format!("--http-port={port}"));
        let status = command
            .status()
            .await
            .map_err(VerifyError::io(format!("--python: cannot start {}", self.python.display())))?;
        Ok(Run { succeeded: status.success(), log: self.read_log(log) })
    }

    /// A log as far as it is written.
    pub(super) fn read_log(&self, log: &str) -> String {
        let bytes = std::fs::read(self.data.join(log)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Odoo {
    fn drop(&mut self) {
        if !self.kept.load(std::sync::atomic::Ordering::Relaxed) {
            // A leftover in the temporary folder is no reason to fail.
            let _ = std::fs::remove_dir_all(&self.data);
        }
    }
}

fn absolute(path: &Path, what: &str) -> Result<PathBuf, VerifyError> {
    std::fs::canonicalize(path)
        .map_err(|error| VerifyError::Options(format!("{what}: {} cannot be used: {error}", path.display())))
}

/// `version_info = (18, 0, 0, FINAL, 0, '')`
fn series(release: &str) -> Option<String> {
    let line = release.lines().find(|line| line.starts_with("version_info"))?;
    let mut numbers = line.split_once('(')?.1.split(',').map(str::trim);
    let (major, minor) = (numbers.next()?, numbers.next()?);
    // Odoo Online's own versions are written 'saas~18'.
    let major: u32 = major.parse().ok()?;
    (16..=19).contains(&major).then(|| format!("{major}.{minor}"))
}

#[cfg(test)]
mod tests {
    use super::series;

    #[test]
    fn the_series_is_read_from_the_sources() {
        assert_eq!(series("x = 1\nversion_info = (18, 0, 0, FINAL, 0, '')\n").as_deref(), Some("18.0"));
        assert_eq!(series("version_info = ('saas~18', 2, 0, FINAL, 0, '')"), None);
        assert_eq!(series("version_info = (15, 0, 0, FINAL, 0, '')"), None);
    }
}
