//! Which connections there are, and which of them is idle, or busy, for longest.

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
    /// How long a request may be under way before its connection may have to go for another one.
    patience: Duration,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    open: usize,
    /// Grows with each connection that becomes idle or busy: the order in which they did.
    next: u64,
    idle: BTreeMap<u64, Since>,
    busy: BTreeMap<u64, Since>,
    /// The server stops: whoever becomes idle has to go.
    closing: bool,
}

#[derive(Debug)]
struct Since {
    since: Instant,
    close: watch::Sender<bool>,
}

/// One connection; it is idle when it is new.
#[derive(Debug)]
pub(super) struct Connection {
    all: Arc<Connections>,
    close: watch::Sender<bool>,
    /// Where it stands among the idle or the busy ones, or stood last.
    place: Mutex<u64>,
}

impl Connections {
    pub(super) fn new(max: usize, patience: Duration) -> Self {
        Self { max: max.max(1), patience, known: Mutex::default() }
    }

    /// A place for one more connection; None when all places are taken by requests that have just begun.
    pub(super) fn admit(this: &Arc<Self>) -> Option<Arc<Connection>> {
        let mut known = this.known();
        if known.open >= this.max {
            known.oldest(this.patience)?.close.send_replace(true);
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

    /// Closes so many of those that are idle for longest, and then of those that do not get on.
    pub(super) fn close_oldest(&self, count: usize) {
        let mut known = self.known();
        for _ in 0..count {
            let Some(oldest) = known.oldest(self.patience) else { return };
            oldest.close.send_replace(true);
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
    /// Takes out the one that has to go first: who is idle for longest, else whose request is under way for longest. One
    /// that sends its body in drops, or does not read its answer, must not hold its place against everybody.
    fn oldest(&mut self, patience: Duration) -> Option<Since> {
        let idle = self.idle.pop_first().map(|(_, idle)| idle);
        idle.or_else(|| {
            let first = self.busy.first_entry().filter(|first| first.get().since.elapsed() >= patience);
            first.map(|first| first.remove())
        })
    }

    fn note_busy(&mut self, close: &watch::Sender<bool>) -> u64 {
        self.next += 1;
        self.busy.insert(self.next, Since { since: Instant::now(), close: close.clone() });
        self.next
    }

    fn note_idle(&mut self, close: &watch::Sender<bool>) -> u64 {
        self.next += 1;
        if self.closing {
            close.send_replace(true);
        } else {
            self.idle.insert(self.next, Since { since: Instant::now(), close: close.clone() });
        }
        self.next
    }
}

impl Connection {
    /// Notes that a request is under way, until what is returned is dropped.
    pub(super) fn busy(this: &Arc<Self>) -> Busy {
        let mut place = this.place();
        let mut known = this.all.known();
        known.idle.remove(&place);
        *place = known.note_busy(&this.close);
        drop((known, place));
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
        known.busy.remove(&place);
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
        let mut known = self.0.all.known();
        known.busy.remove(&place);
        *place = known.note_idle(&self.0.close);
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
