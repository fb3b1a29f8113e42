//! What a service is told by signals.

use std::io::IsTerminal;

use super::failure::Failure;

/// Waits until the service is to end, or until SIGHUP asks for what `read` gives. What cannot be read is told of in the log,
/// and the service goes on as it is.
pub(super) async fn told<T>(read: impl AsyncFn() -> Result<T, Failure>) -> Option<T> {
    let reading = async {
        loop {
            hung_up().await;
            match read().await {
                Ok(next) => return next,
                Err(Failure { message, report, .. }) => {
                    let places = report.map(|report| format!("\n{report}")).unwrap_or_default();
                    tracing::error!(
                        "the configuration was not read again, the one before holds: {message}{places}"
                    );
                }
            }
        }
    };
    tokio::select! {
        next = reading => {
            tracing::info!("the configuration is read again: what was begun is ended first");
            Some(next)
        }
        () = terminated() => {
            tracing::info!("stopping: what was begun is ended, nothing more is taken");
            None
        }
    }
}

/// Waits for what was begun. Who asks for the end once more does not want to wait.
pub(super) async fn unless_terminated<T>(ending: impl Future<Output = T>) -> T {
    tokio::select! {
        ended = ending => ended,
        () = terminated() => std::process::exit(130),
    }
}

/// SIGHUP. A terminal that is closed sends it too and means the end, so it is left to its default there.
async fn hung_up() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if !std::io::stdin().is_terminal()
            && let Ok(mut hang_up) = signal(SignalKind::hangup())
        {
            hang_up.recv().await;
            return;
        }
    }
    std::future::pending().await
}

/// SIGTERM or Ctrl-C.
pub(super) async fn terminated() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! {
                _ = interrupted => {}
                _ = terminate.recv() => {}
            },
            Err(_) => drop(interrupted.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupted.await);
}
