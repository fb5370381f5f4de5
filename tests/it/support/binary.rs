//! The real binary as a process of its own, with nothing of our environment.
//! It dies with its handle; what it said is in the message of a failed wait.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use cpamp::fake::Gateway;
use reqwest::StatusCode;
use serde_json::Value;
use tokio::sync::watch;

use super::panel::{ADMIN_KEY, Browser};
use super::traffic::Numbers;
use super::wait::{until, within};

/// The panel on a free port with its data in `data`, and nothing else set.
pub(crate) fn bare(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cpamp"));
    command.env_clear();
    settings(&mut command, data);
    command
}

/// The panel with a known Admin Key, connected to a gateway from the start.
pub(crate) fn connected(data: &Path, gateway: &Gateway) -> Command {
    let mut command = bare(data);
    command
        .env("CPAMP_ADMIN_KEY", ADMIN_KEY)
        .env("CPAMP_CPA_URL", gateway.url())
        .env("CPAMP_CPA_MANAGEMENT_KEY", gateway.key());
    command
}

/// The same through a wrapper: `sh -c '… exec "$0"'` with limits, say.
pub(crate) fn wrapped(wrapper: &[&str], inner: &Command) -> Command {
    let mut words = wrapper.iter();
    let mut command = Command::new(words.next().unwrap());
    command
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command
        .args(words)
        .arg(inner.get_program())
        .args(inner.get_args());
    for (name, value) in inner.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command
}

fn settings(command: &mut Command, data: &Path) {
    command
        .env("CPAMP_LISTEN", "127.0.0.1:0")
        .env("CPAMP_DATA_DIR", data);
}

pub(crate) struct Binary {
    process: Arc<Mutex<Child>>,
    pid: u32,
    said: watch::Receiver<String>,
    ended: watch::Receiver<Option<ExitStatus>>,
    url: String,
}

impl Binary {
    /// Started and listening.
    pub(crate) async fn start(command: Command) -> Self {
        let base = command
            .get_envs()
            .find(|(name, _)| *name == "CPAMP_BASE_PATH");
        let base = base
            .and_then(|(_, value)| value?.to_str())
            .unwrap_or("")
            .to_owned();
        let mut panel = Self::spawn(command);
        panel.url = panel.heard("listening", address).await + &base;
        panel
    }

    /// Started, whatever comes of it.
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (stdout, stderr) = (
            process.stdout.take().unwrap(),
            process.stderr.take().unwrap(),
        );
        let pid = process.id();
        let process = Arc::new(Mutex::new(process));
        let (text, said) = watch::channel(String::new());
        let (end, ended) = watch::channel(None);
        let (child, errors) = (Arc::clone(&process), text.clone());
        thread::spawn(move || {
            let errors = thread::spawn(move || collect(stderr, &errors));
            collect(stdout, &text);
            errors.join().unwrap();
            // Both pipes are closed, so this does not keep the lock for long.
            let status = lock(&child).wait().unwrap();
            end.send_replace(Some(status));
        });
        Self {
            process,
            pid,
            said,
            ended,
            url: String::new(),
        }
    }

    /// Where it listens, base path included.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn port(&self) -> u16 {
        url::Url::parse(&self.url).unwrap().port().unwrap()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// A script with the Admin Key of the tests.
    pub(crate) fn script(&self) -> Browser {
        script(self.url(), ADMIN_KEY)
    }

    pub(crate) async fn status(&self) -> Value {
        self.script().get("/status").await.json()
    }

    /// Waits until the status satisfies a test, and returns it.
    pub(crate) async fn status_with(&self, what: &str, test: impl Fn(&Value) -> bool) -> Value {
        let script = self.script();
        until(what, async || {
            let status = script.get("/status").await.json();
            if test(&status) {
                Ok(status)
            } else {
                Err(status)
            }
        })
        .await
    }

    /// Waits until so many events are stored.
    pub(crate) async fn stored(&self, events: u64) -> Value {
        let enough = |status: &Value| {
            status.pointer("/events/stored").and_then(Value::as_u64) >= Some(events)
        };
        self.status_with(&format!("{events} stored events"), enough)
            .await
    }

    /// Every stored row.
    pub(crate) async fn exported(&self) -> Numbers {
        let answer = self.script().get("/requests.jsonl?range=all").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        Numbers::read(&answer.body)
    }

    /// Everything on both outputs so far.
    pub(crate) fn said(&self) -> String {
        self.said.borrow().clone()
    }

    /// Waits until the output holds what is looked for.
    pub(crate) async fn heard<T>(&self, what: &str, look: impl Fn(&str) -> Option<T>) -> T {
        let (mut said, mut ended) = (self.said.clone(), self.ended.clone());
        let heard = async {
            loop {
                if let Some(found) = look(&said.borrow_and_update()) {
                    return found;
                }
                if said.changed().await.is_err() {
                    let status = *ended.wait_for(Option::is_some).await.unwrap();
                    panic!("{what}: the panel ended with {status:?}\n{}", self.said());
                }
            }
        };
        within(what, heard).await
    }

    /// `kill -9`: no handler runs.
    pub(crate) async fn kill(self) -> ExitStatus {
        lock(&self.process).kill().unwrap();
        self.end().await
    }

    /// Any other signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.pid);
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
    }

    /// `SIGTERM`, as Docker and systemd stop it.
    pub(crate) async fn stop(self) -> ExitStatus {
        self.signal("TERM");
        self.end().await
    }

    pub(crate) async fn end(&self) -> ExitStatus {
        let mut ended = self.ended.clone();
        let status = *within("the end of the panel", ended.wait_for(Option::is_some))
            .await
            .unwrap();
        status.unwrap()
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = lock(&self.process).kill();
        if thread::panicking() {
            eprintln!("the panel said:\n{}", self.said());
        }
    }
}

/// A script with a key: no cookies, no forms.
pub(crate) fn script(origin: &str, key: &str) -> Browser {
    Browser::new(origin).with("authorization", &format!("Bearer {key}"))
}

/// A sub-command that ends by itself.
pub(crate) async fn finished(mut command: Command) -> Output {
    let output = tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output());
    within("the end of a sub-command", output)
        .await
        .unwrap()
        .unwrap()
}

/// Both outputs of a sub-command as text.
pub(crate) fn printed(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(text).unwrap()
}

/// Where the log says it listens; the address shown to people may be public.
fn address(said: &str) -> Option<String> {
    let (_, rest) = said.split_once("listening on 127.0.0.1:")?;
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    // The line may still be on its way.
    (rest.len() > port.len()).then(|| format!("http://127.0.0.1:{port}"))
}

fn collect(output: impl Read, said: &watch::Sender<String>) {
    for line in BufReader::new(output).lines() {
        let Ok(line) = line else { return };
        said.send_modify(|said| {
            said.push_str(&line);
            said.push('\n');
        });
    }
}

fn lock(process: &Mutex<Child>) -> std::sync::MutexGuard<'_, Child> {
    process.lock().unwrap_or_else(PoisonError::into_inner)
}
