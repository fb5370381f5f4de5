//! A real Chromium, driven by a script in `tests/browser/`. The script says
//! `ask <words>` on a line when something has to happen outside the browser.

use std::io::{BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

/// A whole journey; only a hang reaches it.
const LONGEST: Duration = Duration::from_mins(5);

/// Runs a script to its end. `answer` does what was asked and says how it went.
pub(crate) async fn run(
    script: &str,
    environment: &[(&str, &str)],
    mut answer: impl AsyncFnMut(&[&str]) -> String,
) {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/browser"]
        .iter()
        .collect();
    assert!(
        folder.join("node_modules/playwright-core").is_dir(),
        "the browser's tools are missing: start tests with tests/run"
    );
    let mut child = Command::new("node")
        .arg(script)
        .current_dir(folder)
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut answers = child.stdin.take().unwrap();
    let mut lines = lines_of(&mut child);
    let mut child = Reaped(child);
    let mut said = String::new();
    let conversation = async {
        while let Some(line) = lines.recv().await {
            println!("{line}");
            said.push_str(&line);
            said.push('\n');
            if let Some(question) = line.strip_prefix("ask ") {
                let words: Vec<&str> = question.split(' ').collect();
                let reply = answer(&words).await.replace('\n', " ");
                // A script that failed meanwhile no longer listens.
                let _ = writeln!(answers, "{reply}");
            }
        }
    };
    let in_time = timeout(LONGEST, conversation).await.is_ok();
    if !in_time {
        child.0.kill().unwrap();
    }
    let status = child.0.wait().unwrap();
    assert!(in_time && status.success(), "{script} failed:\n{said}");
}

/// Both outputs, until both are closed.
fn lines_of(child: &mut Child) -> mpsc::UnboundedReceiver<String> {
    let (to, lines) = mpsc::unbounded_channel();
    let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let errors = to.clone();
    thread::spawn(move || forward(BufReader::new(out), &to));
    thread::spawn(move || forward(BufReader::new(err), &errors));
    lines
}

fn forward(output: impl std::io::BufRead, to: &mpsc::UnboundedSender<String>) {
    for line in output.lines().map_while(Result::ok) {
        let _ = to.send(line);
    }
}

/// Node closes its browser when its input ends, so a panic leaves nothing behind.
struct Reaped(Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
