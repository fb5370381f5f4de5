//! Price sources over HTTP: what is fetched becomes a preview, what is applied
//! becomes prices, and whatever a source does, nothing that was known is lost.

use std::time::Duration;

use cpamp::clock::Clock;
use cpamp::domain::collection::{Connection, Settings, State, Status};
use cpamp::domain::pricing::Layer;
use cpamp::domain::pricing::plan::Chosen;
use cpamp::domain::pricing::sources::Source;
use cpamp::domain::units::{At, Ms};
use cpamp::fake::Gateway;
use cpamp::prices::fetch::{Answer, FetchError, Web};
use cpamp::prices::schedule::{Every, Schedule, Step};
use cpamp::prices::{Applied, Desk};
use cpamp::store::Store;
use cpamp::store::prices::{Edit, sources};
use tokio::sync::watch;

use crate::support::database::{Database, store};
use crate::support::events::{MORNING, event};
use crate::support::gateway::{LAB_KEY, laboratory, within};
use crate::support::lists::{Lists, Reply};

const MODELS_DEV: &str = r#"{"models": {"openai/gpt-5": {}}, "providers": {"openai": {"models":
    {"gpt-5": {"cost": {"input": 2, "output": 10, "cache_read": 0.2}}}}}}"#;
const LITELLM: &str = r#"{"solo-9": {"litellm_provider": "openai", "mode": "chat",
    "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}}"#;
const OPEN_ROUTER: &str =
    r#"{"data": [{"id": "a/b", "pricing": {"prompt": "0", "completion": "0"}}]}"#;

/// The path under which a source answers in these tests.
fn path(source: Source) -> &'static str {
    match source {
        Source::ModelsDev => "models-dev",
        Source::LiteLlm => "litellm",
        Source::OpenRouter => "open-router",
    }
}

struct Scene {
    _database: Database,
    db: Store,
    lists: Lists,
    clock: Clock,
    settings: watch::Sender<Settings>,
    status: watch::Sender<Status>,
    desk: Desk,
}

impl Scene {
    /// `models` were met, all served by Codex.
    async fn new(models: &[&str]) -> Self {
        let database = Database::new();
        let db = database.open();
        let mut events = Vec::new();
        for (n, model) in (0..).zip(models) {
            let mut event = event(n);
            (*model).clone_into(&mut event.model);
            events.push(event);
        }
        store(&db, events).await.unwrap();
        let lists = Lists::start().await;
        let clock = Clock::fixed(MORNING);
        let settings = watch::Sender::new(Settings::default());
        let status = watch::Sender::new(Status::default());
        let (settings_seen, status_seen) = (settings.subscribe(), status.subscribe());
        let desk = Desk::new(
            db.clone(),
            clock.clone(),
            web(&lists),
            settings_seen,
            status_seen,
        );
        Self {
            _database: database,
            db,
            lists,
            clock,
            settings,
            status,
            desk,
        }
    }

    fn all_answer(&self) {
        self.lists.say("models-dev", MODELS_DEV);
        self.lists.say("litellm", LITELLM);
        self.lists.say("open-router", OPEN_ROUTER);
    }

    /// Model and source of each synced price.
    fn synced(&self) -> Vec<(String, String)> {
        let book = self.db.prices();
        let entries = book.layer(Layer::Synced).iter();
        entries
            .map(|e| (e.model.clone(), e.source.clone()))
            .collect()
    }

    async fn problem(&self, source: Source) -> Option<String> {
        let states = self.db.read(sources::states).await.unwrap();
        let state = states.into_iter().find(|state| state.name == source.name());
        state.unwrap().problem
    }
}

fn web(lists: &Lists) -> Web {
    let lists = lists.clone();
    Web::elsewhere(|source| lists.url(path(source)), Duration::from_secs(10))
}

#[tokio::test]
async fn a_check_makes_a_preview_that_is_applied_in_part_and_undone() {
    let scene = Scene::new(&["gpt-5", "solo-9", "mystery"]).await;
    scene.all_answer();
    let plan = scene.desk.check().await.unwrap();
    let models: Vec<_> = plan.changes.iter().map(|c| c.model.as_str()).collect();
    assert_eq!(models, ["gpt-5", "solo-9"]);
    assert_eq!(plan.unmatched, ["mystery"]);
    assert_eq!(scene.synced(), [], "a preview changes nothing");

    let only_first = Chosen {
        changes: vec![0],
        choices: Vec::new(),
    };
    let outdated = scene.desk.apply(At(1), only_first.clone()).await.unwrap();
    assert_eq!(outdated, Applied::Outdated);
    let applied = scene.desk.apply(MORNING, only_first.clone()).await.unwrap();
    let Applied::Batch(batch, 1) = applied else {
        panic!("one price was applied: {applied:?}");
    };
    assert_eq!(
        scene.synced(),
        [(String::from("gpt-5"), String::from("models.dev"))]
    );
    let again = scene.desk.apply(MORNING, only_first).await.unwrap();
    assert_eq!(again, Applied::Outdated, "a preview is used once");

    scene.db.undo_prices(MORNING, batch).await.unwrap();
    assert_eq!(scene.synced(), []);
}

#[tokio::test]
async fn later_sources_are_asked_only_for_what_is_missing() {
    let scene = Scene::new(&["gpt-5"]).await;
    scene.all_answer();
    scene.desk.check().await.unwrap();
    assert_eq!(scene.lists.asked().len(), 1);
}

#[tokio::test]
async fn a_source_that_fails_is_named_and_keeps_what_it_said_before() {
    let scene = Scene::new(&["gpt-5", "solo-9"]).await;
    scene.all_answer();
    scene.desk.check().await.unwrap();
    let five = |body: Vec<u8>| Reply::Say(500, "", body);
    for (reply, problem) in [
        (five(Vec::new()), "the answer was 500"),
        (
            Reply::Say(302, "location: /litellm\r\n", Vec::new()),
            "the answer was 302",
        ),
        (
            Reply::Say(200, "", vec![b' '; 9 << 20]),
            "the answer is larger than 8 MB",
        ),
        (
            Reply::Say(200, "", b"<html>".to_vec()),
            "not the JSON of a price list",
        ),
        (
            Reply::Say(200, "", "[".repeat(1_000).into_bytes()),
            "nested deeper",
        ),
    ] {
        scene.lists.set("models-dev", reply);
        let plan = scene.desk.check().await.unwrap();
        let found = scene.problem(Source::ModelsDev).await.unwrap();
        assert!(found.starts_with(problem), "{found}");
        assert_eq!(plan.changes.len(), 2, "its last good list still counts");
        assert_eq!(scene.problem(Source::LiteLlm).await, None);
    }
}

#[tokio::test]
async fn nothing_is_lost_when_no_source_ever_answered() {
    let scene = Scene::new(&["gpt-5"]).await;
    let plan = scene.desk.check().await.unwrap();
    assert_eq!(plan.unmatched, ["gpt-5"]);
    assert_eq!(
        scene.problem(Source::OpenRouter).await.unwrap(),
        "the answer was 404"
    );
    assert!(scene.db.prices().find("gpt-5", "codex").is_some());
}

/// Nothing is known that could be unchanged.
#[tokio::test]
async fn unchanged_is_no_first_answer() {
    let scene = Scene::new(&["gpt-5"]).await;
    scene
        .lists
        .set("models-dev", Reply::Say(304, "", Vec::new()));
    scene.desk.check().await.unwrap();
    let problem = scene.problem(Source::ModelsDev).await;
    assert_eq!(problem.as_deref(), Some("the answer was 304"));
}

#[tokio::test]
async fn a_list_that_did_not_change_is_not_sent_again() {
    let scene = Scene::new(&["gpt-5"]).await;
    scene.lists.set(
        "models-dev",
        Reply::Say(200, "etag: \"v1\"\r\n", MODELS_DEV.as_bytes().to_vec()),
    );
    scene.desk.check().await.unwrap();
    assert!(!scene.lists.asked()[0].contains("if-none-match"));
    scene
        .lists
        .set("models-dev", Reply::Say(304, "", Vec::new()));
    let plan = scene.desk.check().await.unwrap();
    assert!(scene.lists.asked()[0].contains("if-none-match: \"v1\""));
    assert_eq!(plan.changes.len(), 1);
    assert_eq!(scene.problem(Source::ModelsDev).await, None);
}

#[tokio::test]
async fn an_override_is_not_touched() {
    let scene = Scene::new(&["gpt-5"]).await;
    scene.all_answer();
    let found = scene
        .db
        .prices()
        .find("gpt-5", "codex")
        .unwrap()
        .entry
        .clone();
    let own = cpamp::store::prices::Item::Price(Layer::Override, Box::new(found));
    scene
        .db
        .edit_prices(MORNING, vec![Edit::Put(own)])
        .await
        .unwrap();
    let plan = scene.desk.check().await.unwrap();
    assert!(plan.changes[0].overridden);
    let all = Chosen {
        changes: vec![0],
        choices: Vec::new(),
    };
    scene.desk.apply(MORNING, all).await.unwrap();
    let book = scene.db.prices();
    assert_eq!(book.layer(Layer::Override).len(), 1);
    let rule = book.find("gpt-5", "codex").unwrap().rule;
    assert_eq!(rule.layer, Layer::Override);
}

#[tokio::test]
async fn a_source_that_says_nothing_is_given_up() {
    let lists = Lists::start().await;
    lists.set("models-dev", Reply::Hang);
    let address = lists.url("models-dev");
    let web = Web::elsewhere(|_| address.clone(), Duration::from_millis(50));
    let answer = web.fetch(Source::ModelsDev, None, None).await;
    assert_eq!(answer, Err(FetchError::TimedOut));
}

/// A browser, or a proxy before the panel, may not wait for three slow sources.
#[tokio::test]
async fn a_check_goes_on_without_whoever_asked_for_it() {
    let scene = Scene::new(&["gpt-5"]).await;
    scene.all_answer();
    let gone = tokio::time::timeout(Duration::ZERO, scene.desk.check()).await;
    assert!(gone.is_err());
    within(async {
        while scene.db.read(sources::plan).await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn the_proxy_of_the_gateway_is_used() {
    let scene = Scene::new(&["gpt-5"]).await;
    let proxy = Lists::start().await;
    proxy.say("models-dev", MODELS_DEV);
    let mut options = laboratory();
    let address = proxy.address.to_string();
    options.config_yaml = options.config_yaml.replacen("127.0.0.1:9702", &address, 1);
    let gateway = Gateway::start(options).await.unwrap();
    scene.settings.send_modify(|settings| {
        settings.connection = Some(Connection {
            url: gateway.url(),
            key: LAB_KEY.into(),
            insecure_tls: false,
        });
    });

    // While it is not known that the key is right, it is not sent.
    scene.desk.check().await.unwrap();
    assert!(proxy.asked().is_empty());
    scene.lists.asked();

    scene
        .status
        .send_modify(|status| status.state = State::Collecting);
    scene.desk.check().await.unwrap();
    assert!(scene.lists.asked().is_empty());
    let asked = proxy.asked();
    let line = format!("GET {} HTTP/1.1", scene.lists.url("models-dev"));
    assert!(asked[0].starts_with(&line), "{asked:?}");
}

#[tokio::test]
async fn a_proxy_that_makes_no_sense_is_a_problem_not_a_way_around() {
    let lists = Lists::start().await;
    lists.say("models-dev", MODELS_DEV);
    let web = web(&lists);
    let answer = web
        .fetch(Source::ModelsDev, Some("http://me:secret@[bad"), None)
        .await;
    let problem = answer.unwrap_err().to_string();
    assert!(
        problem.contains("proxy") && !problem.contains("secret"),
        "{problem}"
    );
    assert!(lists.asked().is_empty());
    let direct = web.fetch(Source::ModelsDev, None, None).await.unwrap();
    assert!(matches!(direct, Answer::List { .. }));
}

#[tokio::test]
async fn the_schedule_prepares_and_applies_as_it_is_told() {
    let scene = Scene::new(&["gpt-5"]).await;
    scene.all_answer();
    let later = |n: i64| scene.clock.set(MORNING + Ms(n * Ms::DAY.0));
    assert_eq!(scene.desk.step().await.unwrap(), Step::NotDue);
    let schedule = |apply| Schedule {
        every: Every::Day,
        apply,
    };
    scene.desk.set_schedule(schedule(false)).await.unwrap();
    assert_eq!(scene.desk.step().await.unwrap(), Step::Checked);
    assert_eq!(scene.synced(), []);
    assert_eq!(scene.desk.step().await.unwrap(), Step::NotDue);
    scene.desk.set_schedule(schedule(true)).await.unwrap();
    later(1);
    assert_eq!(scene.desk.step().await.unwrap(), Step::Applied(1));
    assert_eq!(scene.synced().len(), 1);

    // When no source answers, it is tried again before the day is over.
    for name in ["models-dev", "litellm", "open-router"] {
        scene.lists.set(name, Reply::Say(500, "", Vec::new()));
    }
    later(2);
    assert_eq!(scene.desk.step().await.unwrap(), Step::Checked);
    assert_eq!(scene.desk.step().await.unwrap(), Step::NotDue);
    scene.clock.set(scene.clock.now() + Ms::HOUR);
    assert_ne!(scene.desk.step().await.unwrap(), Step::NotDue);
}
