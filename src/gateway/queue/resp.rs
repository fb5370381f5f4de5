//! Popping over RESP, on the same port as HTTP. The key goes out in our own
//! AUTH command and nothing else is sent at connect: the crate's set-up would
//! count as failed log-ins, and it drops the sentence that tells a wrong key
//! from a ban.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo,
    RedisConnectionInfo, RedisError, Value,
};
use secrecy::ExposeSecret;

use super::Limits;
use crate::domain::collection::{Connection, PopSide};
use crate::gateway::types::{Cause, Error, short};
use crate::gateway::{address, client};

/// What to pop. CPA answers both sides alike; since 7.1.44 it knows only the
/// key `usage`, before that it took any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub name: String,
    pub side: PopSide,
}

impl Default for Key {
    fn default() -> Self {
        Self {
            name: String::from("usage"),
            side: PopSide::Right,
        }
    }
}

/// An authenticated connection.
#[derive(Clone)]
pub struct Queue {
    connection: MultiplexedConnection,
    key: Key,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl Queue {
    /// Connects and authenticates: exactly one key check at the gateway.
    pub async fn connect(to: &Connection, key: Key, limits: Limits) -> Result<Self, Error> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(limits.connect))
            .set_response_timeout(Some(limits.answer));
        let client = client_for(to, RedisConnectionInfo::default(), limits.connect).await?;
        let mut connection = client
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .map_err(|e| explain(&e))?;
        redis::cmd("AUTH")
            .arg(to.key.expose_secret().trim())
            .exec_async(&mut connection)
            .await
            .map_err(|e| explain(&e))?;
        Ok(Self { connection, key })
    }

    /// Takes up to `count` of the oldest items; empty when there are none.
    pub async fn pop(&mut self, count: u32) -> Result<Vec<Vec<u8>>, Error> {
        match self.ask(count).await {
            // A configured name of old days; every version knows this one.
            Err(Error::Unsupported(text))
                if text.starts_with("unsupported channel") && self.key.name != "usage" =>
            {
                self.key.name = String::from("usage");
                self.ask(count).await
            }
            answer => answer,
        }
    }

    async fn ask(&mut self, count: u32) -> Result<Vec<Vec<u8>>, Error> {
        let verb = match self.key.side {
            PopSide::Left => "LPOP",
            PopSide::Right => "RPOP",
        };
        let value = redis::cmd(verb)
            .arg(&self.key.name)
            .arg(count)
            .query_async(&mut self.connection)
            .await
            .map_err(|e| explain(&e))?;
        match value {
            Value::Nil => Ok(Vec::new()),
            Value::Array(items) => items.into_iter().map(bytes).collect(),
            one => Ok(vec![bytes(one)?]),
        }
    }
}

/// The crate's client for a checked address, with nothing but `info` sent at
/// connect.
pub(super) async fn client_for(
    to: &Connection,
    info: RedisConnectionInfo,
    limit: Duration,
) -> Result<redis::Client, Error> {
    client::install_crypto();
    let (host, port, tls) = address::endpoint(&to.url)?;
    let found = tokio::time::timeout(limit, address::resolve(&host, port));
    let found = found.await.map_err(|_| Error::TimedOut)??;
    let addr = match found.first() {
        Some(addr) if !tls => ConnectionAddr::Tcp(addr.ip().to_string(), port),
        // The certificate is checked against the name.
        _ => ConnectionAddr::TcpTls {
            host,
            port,
            insecure: to.insecure_tls,
            tls_params: None,
        },
    };
    let info: ConnectionInfo = addr
        .into_connection_info()
        .map_err(|e| explain(&e))?
        .set_tcp_settings(redis::io::tcp::TcpSettings::default().set_nodelay(true))
        .set_redis_settings(info.set_skip_set_lib_name());
    redis::Client::open(info).map_err(|e| explain(&e))
}

fn bytes(value: Value) -> Result<Vec<u8>, Error> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        Value::SimpleString(text) => Ok(text.into_bytes()),
        _ => Err(Error::protocol("an item that is no string")),
    }
}

/// What an error of the crate means.
pub(super) fn explain(error: &RedisError) -> Error {
    if let Some(code) = error.code() {
        let detail = error.detail().unwrap_or_default();
        return Error::from_sentence(detail)
            .unwrap_or_else(|| Error::protocol(&format!("{code} {detail}")));
    }
    if error.is_timeout() {
        return Error::TimedOut;
    }
    match error.kind() {
        ErrorKind::AuthenticationFailed => Error::KeyRejected,
        // Usually `HTTP/1.1 400`: an old CPA, or a proxy that speaks only HTTP.
        ErrorKind::Parse => Error::Unsupported(String::from("the answer is not RESP")),
        _ if error.is_connection_refusal() => Error::Unreachable(Cause::Refused),
        _ => client::cause_of(error).unwrap_or_else(|| {
            Error::Unreachable(if error.is_connection_dropped() {
                Cause::Dropped
            } else {
                Cause::Other(short(&error.to_string()))
            })
        }),
    }
}
