//! Which connections there are, and which of them is idle for longest.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::sync::watch;

/// All connections of a server.
#[derive(Debug)]
pub(super) struct Connections {
    max: usize,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    open: usize,
    /// Grows with each connection that becomes idle: the order in which they did.
    next: u64,
    idle: BTreeMap<u64, Idle>,
    /// The server stops: whoever becomes idle has to go.
    closing: bool,
}

#[derive(Debug)]
struct Idle {
    since: Instant,
    close: watch::Sender<bool>,
}

/// One connection; it is idle when it is new.
#[derive(Debug)]
pub(super) struct Connection {
    all: Arc<Connections>,
    close: watch::Sender<bool>,
    /// Where it stands among the idle ones, or stood last.
    place: Mutex<u64>,
}

impl Connections {
    pub(super) fn new(max: usize) -> Self {
        Self { max: max.max(1), known: Mutex::default() }
    }

    /// A place for one more connection; None when all places are taken by requests under way.
    pub(super) fn admit(this: &Arc<Self>) -> Option<Arc<Connection>> {
        let mut known = this.known();
        if known.open >= this.max {
            known.idle.pop_first()?.1.close.send_replace(true);
        }
        known.open += 1;
        let close = watch::Sender::new(false);
        let place = known.note_idle(&close);
        metrics::gauge!("linkspan_http_connections").set(known.open as f64);
        drop(known);
        Some(Arc::new(Connection { all: Arc::clone(this), close, place: Mutex::new(place) }))
    }

    /// Closes those that are idle for this long.
    pub(super) fn close_idle_since(&self, time: Duration) {
        let mut known = self.known();
        while let Some(first) = known.idle.first_entry().filter(|first| first.get().since.elapsed() >= time) {
            first.remove().close.send_replace(true);
        }
    }

    /// Closes so many of those that are idle for longest.
    pub(super) fn close_oldest(&self, count: usize) {
        let mut known = self.known();
        for _ in 0..count {
            let Some((_, idle)) = known.idle.pop_first() else { return };
            idle.close.send_replace(true);
        }
    }

    /// Closes idle ones now, the others after their request.
    pub(super) fn close_all(&self) {
        let mut known = self.known();
        known.closing = true;
        for (_, idle) in std::mem::take(&mut known.idle) {
            idle.close.send_replace(true);
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn note_idle(&mut self, close: &watch::Sender<bool>) -> u64 {
        self.next += 1;
        if self.closing {
            close.send_replace(true);
        } else {
            self.idle.insert(self.next, Idle { since: Instant::now(), close: close.clone() });
        }
        self.next
    }
}

impl Connection {
    /// Notes that a request is under way, until what is returned is dropped.
    pub(super) fn busy(this: &Arc<Self>) -> Busy {
        let place = *this.place();
        this.all.known().idle.remove(&place);
        Busy(Arc::clone(this))
    }

    /// Comes true when this connection has to go.
    pub(super) async fn closed(&self) {
        let mut told = self.close.subscribe();
        // The sender is our own, so it cannot be gone.
        let _ = told.wait_for(|closed| *closed).await;
    }

    fn place(&self) -> MutexGuard<'_, u64> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let place = *self.place();
        let mut known = self.all.known();
        known.idle.remove(&place);
        known.open -= 1;
        metrics::gauge!("linkspan_http_connections").set(known.open as f64);
    }
}

/// A request under way, its answer's body included.
#[derive(Debug)]
pub(super) struct Busy(Arc<Connection>);

impl Drop for Busy {
    fn drop(&mut self) {
        let mut place = self.0.place();
        *place = self.0.all.known().note_idle(&self.0.close);
    }
}

/// An answer's body; the request is under way until it is sent.
#[derive(Debug)]
pub(super) struct Guarded {
    body: Body,
    _busy: Busy,
}

impl Guarded {
    pub(super) fn new(body: Body, busy: Busy) -> Self {
        Self { body, _busy: busy }
    }
}

impl hyper::body::Body for Guarded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
