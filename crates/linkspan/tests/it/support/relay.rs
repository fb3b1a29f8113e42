//! A connection between two systems that can be taken away: the one side finds nobody at the address, the other keeps all
//! it has.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Passes connections on to a server, until it is cut.
pub(crate) struct Relay {
    port: u16,
    target: String,
    task: Option<JoinHandle<()>>,
}

impl Relay {
    /// To the server at `http://host:port`.
    pub(crate) async fn to(url: &str) -> Relay {
        let target = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let mut relay = Relay { port: 0, target, task: None };
        relay.mend().await;
        relay
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Connections break off, new ones are refused.
    pub(crate) async fn cut(&mut self) {
        let task = self.task.take().expect("it passes connections on");
        task.abort();
        // Its listener is closed when it has ended.
        assert!(task.await.unwrap_err().is_cancelled());
    }

    /// Passes connections on again.
    pub(crate) async fn mend(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
        self.port = listener.local_addr().unwrap().port();
        self.task = Some(tokio::spawn(pass(listener, self.target.clone())));
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

async fn pass(listener: TcpListener, target: String) {
    // They end with this.
    let mut connections = JoinSet::new();
    loop {
        let (mut near, _) = listener.accept().await.unwrap();
        let target = target.clone();
        connections.spawn(async move {
            if let Ok(mut far) = TcpStream::connect(target).await {
                // Whoever breaks off has no more to say.
                let _ = copy_bidirectional(&mut near, &mut far).await;
            }
        });
        while connections.try_join_next().is_some() {}
    }
}
