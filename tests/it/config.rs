//! The configuration: where a value may come from, who wins, and that all that
//! is wrong is said at once. Nothing is started here.

use std::collections::BTreeMap;
use std::path::Path;

use cpamp::cli;
use cpamp::config::{Config, Environment};
use cpamp::domain::collection::{Mode, PopSide};
use cpamp::domain::units::Ms;
use secrecy::ExposeSecret as _;
use tempfile::TempDir;

fn environment(values: &[(&str, &str)]) -> Environment {
    let values = values.iter();
    values
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn load(flags: &[&str], values: &[(&str, &str)]) -> Result<Config, String> {
    let words = ["cpamp"].iter().chain(flags);
    let flags = cli::command().try_get_matches_from(words).unwrap();
    Config::load(&flags, &environment(values)).map_err(|problems| problems.to_string())
}

fn config(values: &[(&str, &str)]) -> Config {
    load(&[], values).unwrap()
}

/// Value and source of a setting, as `--print-config` shows them.
fn line(config: &Config, name: &str) -> (String, String) {
    let lines = config.listed().iter();
    let line = lines.clone().find(|line| line.name == name).unwrap();
    (line.value.clone(), line.source.clone())
}

fn pair(value: &str, source: &str) -> (String, String) {
    (value.to_owned(), source.to_owned())
}

#[test]
fn a_flag_wins_over_the_environment_and_it_over_the_default() {
    let listen = |flags: &[&str], values: &[(&str, &str)]| {
        let config = load(flags, values).unwrap();
        (config.listen.to_string(), line(&config, "listen").1)
    };
    let flag = ["--listen", "127.0.0.1:1"];
    let own = ("CPAMP_LISTEN", "127.0.0.1:2");
    let alias = ("HTTP_ADDR", ":3");
    assert_eq!(
        listen(&flag, &[own, alias]),
        pair("127.0.0.1:1", "--listen")
    );
    assert_eq!(
        listen(&[], &[own, alias]),
        pair("127.0.0.1:2", "CPAMP_LISTEN")
    );
    assert_eq!(listen(&[], &[alias]), pair("0.0.0.0:3", "HTTP_ADDR"));
    assert_eq!(listen(&[], &[]), pair("127.0.0.1:18317", "default"));
    // Compose files write NAME=${NAME:-}.
    let empty = ("CPAMP_LISTEN", "");
    assert_eq!(listen(&[], &[empty, alias]), pair("0.0.0.0:3", "HTTP_ADDR"));
}

#[test]
fn nothing_but_defaults_is_a_configuration() {
    let config = config(&[]);
    assert_eq!(config.data_dir, Path::new("./data"));
    assert_eq!(config.db_path, Path::new("./data/cpamp.sqlite"));
    assert_eq!(config.data_key_path, Path::new("./data/data.key"));
    assert!(config.admin_key.is_none() && config.data_key.is_none());
    assert!(config.collection.url.is_none() && config.collection.key.is_none());
    assert!(config.trusted_proxies.is_empty());
    assert_eq!(config.link("/requests"), "/requests");
    assert!(config.listed().iter().all(|line| !line.given));
}

/// A compose file of the reference product keeps working.
#[test]
fn the_names_of_the_reference_product_are_understood() {
    let config = config(&[
        ("HTTP_ADDR", "0.0.0.0:18317"),
        ("USAGE_DATA_DIR", "/data"),
        ("USAGE_DB_PATH", "/data/usage.sqlite"),
        ("CPA_UPSTREAM_URL", "http://cpa:8317/"),
        ("CPA_MANAGEMENT_KEY", "a-management-key"),
        ("CPA_MANAGER_ADMIN_KEY", "an-admin-key-of-old"),
        ("CPA_MANAGER_DATA_KEY", "a-data-key-of-the-old-product"),
        ("CPA_MANAGER_DATA_KEY_PATH", "/keys/data.key"),
        ("USAGE_COLLECTOR_MODE", "subscribe"),
        ("USAGE_BATCH_SIZE", "100"),
        ("USAGE_POLL_INTERVAL_MS", "500"),
        ("USAGE_RESP_QUEUE", "queue"),
        ("USAGE_RESP_POP_SIDE", "left"),
    ]);
    assert_eq!(config.listen.to_string(), "0.0.0.0:18317");
    assert_eq!(config.data_dir, Path::new("/data"));
    assert_eq!(config.db_path, Path::new("/data/usage.sqlite"));
    assert_eq!(config.data_key_path, Path::new("/keys/data.key"));
    let admin = config.admin_key.as_ref().unwrap();
    assert_eq!(admin.value.expose_secret(), "an-admin-key-of-old");
    assert_eq!(admin.by, "CPA_MANAGER_ADMIN_KEY");
    assert!(config.data_key.is_some());
    let collection = &config.collection;
    assert_eq!(collection.url.as_ref().unwrap().value, "http://cpa:8317");
    let key = collection.key.as_ref().unwrap();
    assert_eq!(key.value.expose_secret(), "a-management-key");
    assert_eq!(collection.mode.as_ref().unwrap().value, Mode::Subscribe);
    assert_eq!(collection.batch.as_ref().unwrap().value, 100);
    assert_eq!(collection.poll_interval.as_ref().unwrap().value, Ms(500));
    assert_eq!(collection.queue, "queue");
    assert_eq!(collection.pop_side, PopSide::Left);
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
}

#[test]
fn every_secret_may_lie_in_a_file() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let secret = "a secret: spaces stay ";
    let path = file("secret", &format!("{secret}\r\n"));
    for names in [
        [
            "CPAMP_ADMIN_KEY",
            "CPAMP_DATA_KEY",
            "CPAMP_CPA_MANAGEMENT_KEY",
        ],
        [
            "CPA_MANAGER_ADMIN_KEY",
            "CPA_MANAGER_DATA_KEY",
            "CPA_MANAGEMENT_KEY",
        ],
    ] {
        let names = names.map(|name| format!("{name}_FILE"));
        let values: Vec<_> = names.iter().map(|n| (n.as_str(), path.as_str())).collect();
        let config = config(&values);
        let given = [&config.admin_key, &config.data_key, &config.collection.key];
        for (fixed, name) in given.into_iter().zip(&names) {
            let fixed = fixed.as_ref().unwrap();
            assert_eq!(fixed.value.expose_secret(), secret);
            assert_eq!(fixed.by, *name);
        }
    }
    let flags = ["--admin-key-file", &path];
    let config = load(
        &flags,
        &[("CPAMP_ADMIN_KEY", "another-one-of-enough-length")],
    )
    .unwrap();
    assert_eq!(config.admin_key.unwrap().by, "--admin-key-file");

    for (path, why) in [
        (file("empty", "\n"), "the file is empty"),
        (file("large", &"x".repeat(70_000)), "too large"),
        (file("lines", &format!("{secret}\n{secret}")), "line break"),
        (
            folder.path().join("none").display().to_string(),
            "No such file",
        ),
    ] {
        let problem = load(&[], &[("CPAMP_ADMIN_KEY_FILE", &path)]).unwrap_err();
        assert!(problem.contains(why), "{problem}");
        assert!(problem.contains("CPAMP_ADMIN_KEY_FILE"), "{problem}");
        assert!(!problem.contains(secret), "{problem}");
    }
    let both = [("CPAMP_ADMIN_KEY", "x"), ("CPAMP_ADMIN_KEY_FILE", &path)];
    let problem = load(&[], &both).unwrap_err();
    assert!(problem.contains("both set"), "{problem}");
}

#[test]
fn everything_that_is_wrong_is_said_at_once_with_its_name() {
    let wrong = [
        ("CPAMP_LISTEN", "nowhere"),
        ("CPAMP_ALLOW_NETWORK_DISK", "if need be"),
        ("CPAMP_BASE_PATH", "/a//b"),
        ("CPAMP_PUBLIC_URL", "panel.example.com"),
        ("CPAMP_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("CPAMP_ADMIN_KEY", "too-short"),
        ("CPAMP_DATA_KEY", "short-secret"),
        ("CPAMP_CPA_URL", "ftp://cpa"),
        ("CPAMP_CPA_INSECURE_TLS", "perhaps"),
        ("CPAMP_COLLECTOR_ENABLED", "sometimes"),
        ("CPAMP_COLLECTOR_MODE", "telepathy"),
        ("CPAMP_BATCH_SIZE", "0"),
        ("CPAMP_POLL_INTERVAL_MS", "1"),
        ("CPAMP_RESP_POP_SIDE", "top"),
        ("CPAMP_TZ", "Mars/Base"),
        ("CPAMP_LOG", "loud"),
    ];
    let problem = load(&[], &wrong).unwrap_err();
    for (name, _) in wrong {
        assert_eq!(
            problem.matches(&format!("{name}:")).count(),
            1,
            "{name}: {problem}"
        );
    }
    assert_eq!(problem.lines().count(), wrong.len() + 1, "{problem}");
    for secret in ["too-short", "short-secret"] {
        assert!(!problem.contains(secret), "{problem}");
    }
    assert!(
        problem.contains("at least 16") || problem.contains("16 characters"),
        "{problem}"
    );
    // The name a person used is the one that is told.
    let problem = load(&["--batch-size", "x"], &[("HTTP_ADDR", "x")]).unwrap_err();
    assert!(problem.contains("--batch-size:"), "{problem}");
    assert!(problem.contains("HTTP_ADDR:"), "{problem}");
}

#[test]
fn a_public_address_with_another_path_is_refused() {
    let url = ("CPAMP_PUBLIC_URL", "https://example.com/panel");
    let problem = load(&[], &[url, ("CPAMP_BASE_PATH", "/cpamp")]).unwrap_err();
    assert!(problem.contains("set both alike"), "{problem}");
    let config = config(&[url, ("CPAMP_BASE_PATH", "panel/")]);
    assert_eq!(config.link("/requests"), "/panel/requests");
}

#[test]
fn a_name_that_is_misspelt_is_told_and_starts_anyway() {
    let config = config(&[
        ("CPAMP_LISTEM", "x"),
        ("CPAMP_TZ_FILE", "x"),
        ("PATH", "/bin"),
    ]);
    let names: Vec<_> = config
        .warnings
        .iter()
        .filter_map(|w| w.split(' ').next())
        .collect();
    assert_eq!(names, ["CPAMP_LISTEM", "CPAMP_TZ_FILE"]);
}

#[test]
fn what_is_printed_holds_every_setting_and_no_secret() {
    let secrets = BTreeMap::from([
        ("CPAMP_ADMIN_KEY", "marker-admin-key-0001"),
        ("CPAMP_DATA_KEY", "marker-data-key-00001"),
        ("CPAMP_CPA_MANAGEMENT_KEY", "marker-management-key"),
    ]);
    let values: Vec<_> = secrets
        .iter()
        .map(|(name, value)| (*name, *value))
        .collect();
    let config = load(&["--tz", "Europe/Berlin"], &values).unwrap();
    let printed = config.printed();
    assert!(!printed.contains("marker"), "{printed}");
    assert!(!format!("{config:?}").contains("marker"), "{config:?}");
    for name in secrets.keys() {
        let row = printed.lines().find(|row| row.ends_with(name)).unwrap();
        assert!(row.contains("***"), "{row}");
    }
    assert_eq!(line(&config, "tz"), pair("Europe/Berlin", "--tz"));
    assert_eq!(line(&config, "collector-mode").0, "auto");
    let mut names = cli::command();
    names.build();
    let flags = names.get_arguments().filter_map(|flag| flag.get_long());
    for flag in flags.filter(|flag| !["help", "version", "print-config"].contains(flag)) {
        let name = flag.strip_suffix("-file").unwrap_or(flag);
        let shown = printed
            .lines()
            .any(|row| row.split(' ').next() == Some(name));
        assert!(shown, "{name} is missing in\n{printed}");
    }
}

/// Whoever reads the README knows every setting.
#[test]
fn the_readme_names_every_setting() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
    let readme = readme.unwrap();
    for flag in cli::command().get_arguments() {
        let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
        let Some((_, names)) = help.rsplit_once("[env: ") else {
            continue;
        };
        for name in names.trim_end_matches(']').split(", ") {
            let name = if name.ends_with("[_FILE") {
                format!("{name}]")
            } else {
                name.to_owned()
            };
            assert!(
                readme.contains(&format!("`{name}`")),
                "{name} is not in the README"
            );
        }
    }
}
