//! A RESP connection, from the first command to the close. The gateway's own
//! dialect: no handshake, no PING outside a subscription, pops on one key.

mod protocol;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hyper::body::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use super::Shared;
use super::access::Refusal;
use super::ledger::Via;
use super::queue::Channel;
use super::wire::Wire;

use protocol::{
    Malformed, Words, array, bulk, error, notice, parse, push, text, unknown, unsupported,
    wrong_arguments,
};

const MAX_COMMAND: usize = 64 * 1024 * 1024;

/// What to do after a command.
enum Next {
    Reply(Vec<u8>),
    ReplyAndClose(Vec<u8>),
    Subscribe(Channel, String),
    Close,
    Reset,
}

struct Connection {
    wire: Wire,
    shared: Arc<Shared>,
    from: IpAddr,
    unread: Vec<u8>,
}

/// Serves until either side closes.
pub(super) async fn serve(wire: Wire, from: IpAddr, shared: Arc<Shared>) -> io::Result<()> {
    shared.count(|tally| tally.resp_connections += 1);
    let mut connection = Connection {
        wire,
        shared,
        from,
        unread: Vec::new(),
    };
    if connection.shared.world().home {
        let refusal = error("redis usage output disabled in home mode");
        return connection.write(&refusal).await;
    }
    if connection.shared.world().version.refuses_resp() {
        return connection
            .write(&error("RESP AUTH disabled; use mTLS"))
            .await;
    }
    connection.commands().await
}

impl Connection {
    async fn commands(&mut self) -> io::Result<()> {
        let mut authenticated = false;
        loop {
            if !self.shared.world().management_enabled() {
                return Ok(());
            }
            let words = match self.next_command().await? {
                Some(Ok(words)) => words,
                Some(Err(Malformed)) => return self.write(&error("protocol error")).await,
                None => return Ok(()),
            };
            match self.execute(&words, &mut authenticated) {
                Next::Reply(reply) => self.write(&reply).await?,
                Next::ReplyAndClose(reply) => return self.write(&reply).await,
                Next::Subscribe(channel, name) => return self.subscription(channel, &name).await,
                Next::Close => return Ok(()),
                Next::Reset => {
                    self.wire.resetter().store(true, Ordering::SeqCst);
                    return Ok(());
                }
            }
        }
    }

    fn execute(&self, words: &Words, authenticated: &mut bool) -> Next {
        let [command, arguments @ ..] = words.as_slice() else {
            return Next::Reply(error("empty command"));
        };
        let word = text(command).to_uppercase();
        if word == "AUTH" {
            return Next::Reply(self.auth(arguments, authenticated));
        }
        if !*authenticated {
            return Next::Reply(match self.check_key("") {
                Err(refusal @ Refusal::Banned { .. }) => error(&refusal.text()),
                _ => b"-NOAUTH Authentication required.\r\n".to_vec(),
            });
        }
        match word.as_str() {
            "LPOP" | "RPOP" => self.pop(&word.to_lowercase(), arguments),
            "SUBSCRIBE" if self.shared.world().version.has_subscribe() => self.subscribe(arguments),
            _ => Next::Reply(unknown(&word)),
        }
    }

    fn auth(&self, arguments: &[Vec<u8>], authenticated: &mut bool) -> Vec<u8> {
        let ([key] | [_, key]) = arguments else {
            // CPA checks an empty key here, which counts as a failure.
            let _counted = self.check_key("");
            return error("wrong number of arguments for 'auth' command");
        };
        match self.check_key(&String::from_utf8_lossy(key)) {
            Ok(()) => {
                *authenticated = true;
                b"+OK\r\n".to_vec()
            }
            Err(refusal) => error(&refusal.text()),
        }
    }

    fn check_key(&self, key: &str) -> Result<(), Refusal> {
        self.shared.world().authenticate(Via::Resp, self.from, key)
    }

    fn pop(&self, command: &str, arguments: &[Vec<u8>]) -> Next {
        let (key, count) = match arguments {
            [key] => (key, None),
            [key, count] => (key, Some(text(count))),
            _ => return Next::Reply(wrong_arguments(command)),
        };
        let key = text(key);
        if self.shared.world().version.checks_queue_key() && !key.eq_ignore_ascii_case("usage") {
            return Next::Reply(unsupported(&key));
        }
        let wanted = match count.as_deref().map(str::parse::<i64>) {
            None => 1,
            Some(Ok(count @ 1..)) => usize::try_from(count).unwrap_or(usize::MAX),
            Some(_) => return Next::Reply(error("value is not an integer or out of range")),
        };
        let items = self.shared.world().pop(wanted);
        if !items.is_empty() && self.shared.takes_reset() {
            return Next::Reset;
        }
        Next::Reply(match (count, items.first()) {
            (Some(_), _) => array(&items),
            (None, Some(item)) => bulk(item),
            (None, None) => b"$-1\r\n".to_vec(),
        })
    }

    fn subscribe(&self, arguments: &[Vec<u8>]) -> Next {
        let [name] = arguments else {
            return Next::Reply(wrong_arguments("subscribe"));
        };
        let name = text(name);
        let errors = self.shared.world().version.has_errors_channel();
        match name.to_lowercase().as_str() {
            "usage" => Next::Subscribe(Channel::Usage, name),
            "errors" if errors => Next::Subscribe(Channel::Errors, name),
            _ => Next::Reply(unsupported(&name)),
        }
    }

    async fn subscription(&mut self, channel: Channel, name: &str) -> io::Result<()> {
        let mut messages = self.shared.world().subscribe(channel);
        self.write(&notice("subscribe", name, 1)).await?;
        loop {
            tokio::select! {
                message = messages.recv() => match message {
                    Some(message) => {
                        let frames = frames(name, &message, &mut messages);
                        self.write(&frames).await?;
                    }
                    // Too slow, or management is off: CPA just closes.
                    None => return Ok(()),
                },
                command = self.next_command() => {
                    let next = match command? {
                        Some(Ok(words)) => while_subscribed(&words, name),
                        Some(Err(Malformed)) => Next::ReplyAndClose(error("protocol error")),
                        None => Next::Close,
                    };
                    match next {
                        Next::Reply(reply) => self.write(&reply).await?,
                        Next::ReplyAndClose(reply) => return self.write(&reply).await,
                        _ => return Ok(()),
                    }
                }
            }
        }
    }

    /// `None` at the end of the stream. Cancelling loses nothing.
    async fn next_command(&mut self) -> io::Result<Option<Result<Words, Malformed>>> {
        loop {
            match parse(&self.unread) {
                Ok(Some((words, length))) => {
                    self.unread.drain(..length);
                    return Ok(Some(Ok(words)));
                }
                Err(malformed) => return Ok(Some(Err(malformed))),
                Ok(None) if self.unread.len() > MAX_COMMAND => return Ok(Some(Err(Malformed))),
                Ok(None) => {}
            }
            self.unread.reserve(16 * 1024);
            if self.wire.read_buf(&mut self.unread).await? == 0 {
                return Ok(None);
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.shared.before_answer().await;
        self.wire.write_all(bytes).await?;
        self.wire.flush().await
    }
}

/// This message and those already behind it, up to a socket buffer's worth.
fn frames(name: &str, first: &[u8], more: &mut mpsc::Receiver<Bytes>) -> Vec<u8> {
    let mut frames = push(name, first);
    while frames.len() < 64 * 1024
        && let Ok(message) = more.try_recv()
    {
        frames.extend(push(name, &message));
    }
    frames
}

fn while_subscribed(words: &Words, name: &str) -> Next {
    let [command, arguments @ ..] = words.as_slice() else {
        return Next::Reply(error("empty command"));
    };
    let word = text(command).to_uppercase();
    match word.as_str() {
        "PING" => {
            let mut reply = b"*2\r\n$4\r\npong\r\n".to_vec();
            reply.extend(match arguments.first() {
                Some(payload) => bulk(payload),
                None => b"$-1\r\n".to_vec(),
            });
            Next::Reply(reply)
        }
        "UNSUBSCRIBE" => Next::ReplyAndClose(notice("unsubscribe", name, 0)),
        "QUIT" => Next::ReplyAndClose(b"+OK\r\n".to_vec()),
        _ => Next::Reply(unknown(&word)),
    }
}
