//! A throw-away PostgreSQL on a free loopback port.
//!
//! It is stopped and its files are removed when [`Cluster`] is dropped, and also when this process is killed: a shell
//! of its own waits for the end of a pipe that only this process holds.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, anyhow};

use crate::system;

/// A running server without passwords, for databases that may be lost.
pub(crate) struct Cluster {
    /// Of its database `postgres`, as its superuser.
    pub(crate) url: String,
    janitor: Child,
}

/// The superuser; Odoo refuses to work as `postgres`.
const SUPERUSER: &str = "linkspan";

/// A database for tests need not survive a power cut.
const FORGETFUL: &str = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off";

impl Cluster {
    /// Makes and starts a cluster that does not wait for the disk.
    pub(crate) fn start() -> Result<Self> {
        Self::with(FORGETFUL)
    }

    /// Makes and starts a cluster as it is installed: what is committed is on disk.
    pub(crate) fn durable() -> Result<Self> {
        Self::with("")
    }

    fn with(settings: &str) -> Result<Self> {
        let programs = programs_or_install()?;
        let user = User::unprivileged()?;
        let folder = user.run("mktemp", &["-d", "-t", "linkspan-postgres-XXXXXX"])?;
        let data = format!("{folder}/data");
        let pg_ctl = programs.join("pg_ctl").display().to_string();
        // Before the rest, so that nothing is left behind if one of the next steps fails.
        let janitor = user.start_janitor(&format!(
            "cat >/dev/null; '{pg_ctl}' -D '{data}' -m immediate stop; rm -rf '{folder}'"
        ))?;
        let mut cluster = Self { url: String::new(), janitor };
        let initdb = programs.join("initdb").display().to_string();
        user.run(&initdb, &initdb_options(&user, &initdb, &data)?)?;
        let port = start_server(&user, &pg_ctl, &data, &format!("{folder}/log"), settings)?;
        cluster.url = format!("postgres://{SUPERUSER}@127.0.0.1:{port}/postgres");
        Ok(cluster)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.janitor.stdin.take());
        // A janitor that fails has nobody left to tell: the folder is in /tmp and names itself.
        let _ = self.janitor.wait();
    }
}

/// A language's own sort order, so that a statement that relies on another one is found out.
fn initdb_options<'a>(user: &User, initdb: &str, data: &'a str) -> Result<Vec<&'a str>> {
    let mut options = vec!["-D", data, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "-N"];
    if user.run(initdb, &["--help"])?.contains("--icu-locale") {
        options.extend(["--locale-provider=icu", "--icu-locale=en-US"]);
    }
    Ok(options)
}

/// Some attempts, because the port may be taken by somebody else between choosing and using it.
fn start_server(user: &User, pg_ctl: &str, data: &str, log: &str, settings: &str) -> Result<u16> {
    let mut failure = anyhow!("not tried");
    for _ in 0..5 {
        let port = system::free_port()?;
        let options = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=300 {settings}"
        );
        match user.run(pg_ctl, &["-D", data, "-l", log, "-o", &options, "-w", "start"]) {
            Ok(_) => return Ok(port),
            Err(error) => failure = error,
        }
    }
    let said = user.run("tail", &["-n", "5", log]).unwrap_or_default();
    Err(failure.context(format!("PostgreSQL does not start: {said}")))
}

fn programs_or_install() -> Result<PathBuf> {
    if let Some(folder) = programs() {
        return Ok(folder);
    }
    system::install(&["postgresql"], "PostgreSQL is missing")?;
    programs().context("PostgreSQL was installed, but its initdb is not in /usr/lib/postgresql/*/bin")
}

/// The folder of the newest installed server's programs.
fn programs() -> Option<PathBuf> {
    let packaged =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().filter_map(|entry| {
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        });
    let on_path = system::find_program("initdb")
        .and_then(|file| file.parent().map(|folder| (u32::MAX, folder.to_owned())));
    packaged
        .chain(on_path)
        .filter(|(_, folder)| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file())
        .max_by_key(|(version, _)| *version)
        .map(|(_, folder)| folder)
}

/// PostgreSQL refuses to run as root, so root starts it as the user that its package made.
struct User {
    prefix: &'static [&'static str],
}

impl User {
    fn unprivileged() -> Result<Self> {
        Ok(Self { prefix: if system::is_root()? { &["runuser", "-u", "postgres", "--"] } else { &["env"] } })
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(self.prefix[0]);
        command.args(&self.prefix[1..]).arg(program).args(arguments).current_dir("/");
        // The server inherits what pg_ctl has open: with a pipe for its output this would wait for the server's end.
        if program.ends_with("pg_ctl") {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let status = command.status().with_context(|| format!("cannot start {program}"))?;
            return if status.success() { Ok(String::new()) } else { Err(anyhow!("{program}: {status}")) };
        }
        system::output(&mut command)
    }

    /// In a session of its own, so that Ctrl-C ends this process but not the janitor.
    fn start_janitor(&self, script: &str) -> Result<Child> {
        Command::new(self.prefix[0])
            .args(&self.prefix[1..])
            .args(["setsid", "--wait", "sh", "-c", script])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start the shell that cleans up")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_answers_and_is_gone_when_dropped() {
        let cluster = Cluster::start().unwrap();
        let port: u16 = cluster.url.split(['/', ':']).nth(4).unwrap().parse().unwrap();
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        drop(cluster);
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    }
}
