//! What a form of this page came to, carried through the address of the next
//! page. Anybody can write an address, so only known codes become sentences.

use serde::Deserialize;

use crate::domain::collection::Reason;
use crate::domain::units::At;
use crate::pages::settings::Flash;
use crate::web::ctx::Ctx;
use crate::web::reader;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Outcome {
    done: Option<String>,
    why: Option<String>,
    until: Option<i64>,
    version: Option<String>,
}

impl Outcome {
    pub(super) fn of(done: &str) -> Self {
        Self {
            done: Some(done.to_owned()),
            ..Self::default()
        }
    }

    pub(super) fn because(mut self, reason: &Reason) -> Self {
        self.why = Some(reason.code().to_owned());
        if let Reason::Banned { until } = reason {
            self.until = until.map(|until| until.0);
        }
        self
    }

    pub(super) fn with_version(mut self, version: Option<String>) -> Self {
        self.version = version;
        self
    }

    pub(super) fn path(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let until = self.until.map(|until| until.to_string());
        for (name, value) in [
            ("done", &self.done),
            ("why", &self.why),
            ("until", &until),
            ("version", &self.version),
        ] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        format!("/settings/collection?{}", query.finish())
    }

    pub(super) fn flash(&self, ctx: &Ctx) -> Option<Flash> {
        let t = ctx.t.settings;
        let (class, title, text) = match self.done.as_deref()? {
            "saved" => ("ok", t.saved, String::new()),
            "off" => ("ok", t.saved_off, String::new()),
            "verified" => ("ok", t.saved, self.answers(ctx)),
            "unverified" => {
                let why = (t.could_not_verify)(&self.reason(ctx)?);
                ("warn", t.saved_unverified, why)
            }
            "fine" => ("ok", t.check_went_well, self.version(ctx)),
            "silent" => ("warn", t.statistics_are_off, self.answers(ctx)),
            "failed" => ("bad", t.check_failed, self.reason(ctx)?),
            "nothing" => ("bad", t.nothing_to_check, String::new()),
            _ => return None,
        };
        Some(Flash {
            class,
            title: title.to_owned(),
            text,
        })
    }

    fn reason(&self, ctx: &Ctx) -> Option<String> {
        let reason = Reason::from_code(self.why.as_deref()?)?;
        let left = self.until.map(|until| At(until) - ctx.now);
        Some(match left {
            Some(left) if left.0 > 0 => (ctx.t.settings.banned)(&ctx.lang.span(left)),
            _ => (ctx.t.settings.sentence)(reader::reason(&reason, ctx.t.shell)),
        })
    }

    fn answers(&self, ctx: &Ctx) -> String {
        match self.version(ctx) {
            version if version.is_empty() => ctx.t.settings.check_went_well.to_owned(),
            version => version,
        }
    }

    fn version(&self, ctx: &Ctx) -> String {
        let plain = |c: &char| c.is_ascii_alphanumeric() || ".-+".contains(*c);
        let version: String = self
            .version
            .iter()
            .flat_map(|v| v.chars())
            .filter(plain)
            .take(40)
            .collect();
        if version.is_empty() {
            version
        } else {
            (ctx.t.settings.verified)(&version)
        }
    }
}
