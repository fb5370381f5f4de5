//! The usage queue and its two channels. An item is either waiting for one
//! popper or was copied to every subscriber, never both; waiting items expire
//! by the time they were enqueued, checked on enqueue and pop only.

use std::collections::VecDeque;

use hyper::body::Bytes;
use tokio::sync::mpsc;

use crate::domain::units::{At, Ms};

/// How far a subscriber may fall behind before it is cut off.
const SUBSCRIBER_BUFFER: usize = 256;
pub(super) const DEFAULT_RETENTION: Ms = Ms(60 * Ms::SECOND.0);
const MAX_RETENTION: Ms = Ms::HOUR;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    Usage,
    Errors,
}

/// What became of one offered item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Offered {
    pub(super) queued: u64,
    pub(super) pushed: u64,
    pub(super) expired: u64,
    pub(super) dropped_subscribers: u64,
}

#[derive(Debug)]
pub(super) struct Queue {
    items: VecDeque<(At, Bytes)>,
    retention: Ms,
    usage: Vec<mpsc::Sender<Bytes>>,
    errors: Vec<mpsc::Sender<Bytes>>,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            items: VecDeque::new(),
            retention: DEFAULT_RETENTION,
            usage: Vec::new(),
            errors: Vec::new(),
        }
    }
}

impl Queue {
    /// Zero and less mean the default; above an hour means an hour. Holds for
    /// items already waiting.
    pub(super) fn set_retention(&mut self, retention: Ms) {
        self.retention = if retention.0 <= 0 {
            DEFAULT_RETENTION
        } else {
            retention.min(MAX_RETENTION)
        };
    }

    /// To every subscriber, or, when there is none, into the queue. A subscriber
    /// that is too slow for this very item is dropped, and the item with it.
    pub(super) fn offer(&mut self, now: At, item: Bytes) -> Offered {
        if self.subscribers(Channel::Usage) > 0 {
            return self.publish(Channel::Usage, &item);
        }
        let expired = self.prune(now);
        self.items.push_back((now, item));
        Offered {
            queued: 1,
            expired,
            ..Offered::default()
        }
    }

    /// To every subscriber of the channel; nothing is kept for later ones.
    pub(super) fn publish(&mut self, channel: Channel, item: &Bytes) -> Offered {
        let mut offered = Offered::default();
        self.channel(channel)
            .retain(|subscriber| match subscriber.try_send(item.clone()) {
                Ok(()) => {
                    offered.pushed += 1;
                    true
                }
                Err(mpsc::error::TrySendError::Full(_)) => {
                    offered.dropped_subscribers += 1;
                    false
                }
                Err(mpsc::error::TrySendError::Closed(_)) => false,
            });
        offered
    }

    /// A new subscriber; `first` is in its buffer before anything else can be.
    pub(super) fn subscribe(
        &mut self,
        channel: Channel,
        first: Option<Bytes>,
    ) -> mpsc::Receiver<Bytes> {
        let (sender, receiver) = mpsc::channel(SUBSCRIBER_BUFFER);
        if let Some(first) = first {
            // The buffer is empty and the receiver is in our hand.
            let _sent = sender.try_send(first);
        }
        self.channel(channel).push(sender);
        receiver
    }

    pub(super) fn subscribers(&mut self, channel: Channel) -> usize {
        let list = self.channel(channel);
        list.retain(|subscriber| !subscriber.is_closed());
        list.len()
    }

    /// Up to `count` of the oldest items, oldest first, and how many had expired.
    pub(super) fn pop(&mut self, now: At, count: usize) -> (Vec<Bytes>, u64) {
        let expired = self.prune(now);
        let count = count.min(self.items.len());
        let popped = self.items.drain(..count).map(|(_, item)| item).collect();
        (popped, expired)
    }

    /// Items that a pop at this moment would find.
    pub(super) fn len(&self, now: At) -> usize {
        let fresh = |(at, _): &&(At, Bytes)| now - *at <= self.retention;
        self.items.iter().filter(fresh).count()
    }

    /// Management was switched off: everything waiting is gone, every
    /// subscriber is disconnected.
    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.usage.clear();
        self.errors.clear();
    }

    fn prune(&mut self, now: At) -> u64 {
        let mut expired = 0;
        while let Some((at, _)) = self.items.front()
            && now - *at > self.retention
        {
            self.items.pop_front();
            expired += 1;
        }
        expired
    }

    fn channel(&mut self, channel: Channel) -> &mut Vec<mpsc::Sender<Bytes>> {
        match channel {
            Channel::Usage => &mut self.usage,
            Channel::Errors => &mut self.errors,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    #[test]
    fn items_expire_by_the_time_they_were_enqueued() {
        let mut queue = Queue::default();
        queue.offer(At(0), item("old"));
        queue.offer(At(1), item("new"));
        assert_eq!(queue.len(At(60_001)), 1);
        assert_eq!(queue.pop(At(60_001), 10), (vec![item("new")], 1));
    }

    #[test]
    fn a_subscriber_takes_everything_new_and_leaves_what_was_there() {
        let mut queue = Queue::default();
        queue.offer(At(0), item("before"));
        let mut subscriber = queue.subscribe(Channel::Usage, None);
        assert_eq!(queue.offer(At(0), item("after")).pushed, 1);
        assert_eq!(queue.pop(At(0), 10).0, [item("before")]);
        assert_eq!(subscriber.try_recv().unwrap(), item("after"));
        drop(subscriber);
        assert_eq!(queue.offer(At(0), item("later")).queued, 1);
    }

    #[test]
    fn the_257th_unread_message_drops_the_subscriber_and_is_lost() {
        let mut queue = Queue::default();
        let mut subscriber = queue.subscribe(Channel::Usage, Some(item("first")));
        for _ in 0..255 {
            assert_eq!(queue.offer(At(0), item("x")).pushed, 1);
        }
        let offered = queue.offer(At(0), item("too many"));
        assert_eq!((offered.dropped_subscribers, offered.queued), (1, 0));
        let mut read = 0;
        while subscriber.try_recv().is_ok() {
            read += 1;
        }
        assert_eq!(read, 256);
        assert_eq!(queue.pop(At(0), 10).0, Vec::<Bytes>::new());
    }

    #[test]
    fn retention_is_clamped() {
        let mut queue = Queue::default();
        for (asked, held) in [
            (0, 60_000),
            (-5, 60_000),
            (9_000_000, 3_600_000),
            (5_000, 5_000),
        ] {
            queue.set_retention(Ms(asked));
            assert_eq!(queue.retention, Ms(held));
        }
    }
}
