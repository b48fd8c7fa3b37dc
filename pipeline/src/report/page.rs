//! A view and a template → one self-contained HTML page.
//!
//! Every value is escaped by the template engine because the templates' names end in `.html`; the only
//! text let through as it is, is what this room wrote itself: the style, the script and the charts.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::Serialize;

use super::error::ReportError;
use super::input::ReportInput;
use super::text::{Texts, fill};
use super::wording;

const LAYOUT: &str = "layout.html";
const TEMPLATES: [(&str, &str); 4] = [
    (LAYOUT, include_str!("../../templates/layout.html")),
    ("index.html", include_str!("../../templates/index.html")),
    ("grade.html", include_str!("../../templates/grade.html")),
    (
        "specimen.html",
        include_str!("../../templates/specimen.html"),
    ),
];
const STYLE: &str = include_str!("../../templates/style.css");
const SCRIPT: &str = include_str!("../../templates/page.js");

/// The templates, read once, and the words every page shares.
pub(super) struct Pages<'a> {
    environment: Environment<'static>,
    texts: &'a Texts,
    lab: &'a str,
    colophon: String,
}

impl<'a> Pages<'a> {
    /// Reads the templates.
    ///
    /// # Errors
    ///
    /// A template that is not well formed.
    pub(super) fn new(input: &'a ReportInput, texts: &'a Texts) -> Result<Pages<'a>, ReportError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .map_err(|e| fault(LAYOUT, &e))?;
        environment.set_syntax(syntax);
        for (name, source) in TEMPLATES {
            environment
                .add_template(name, source)
                .map_err(|e| fault(name, &e))?;
        }
        let colophon = fill(
            texts.colophon,
            &[
                ("version", &input.program_version),
                ("run", &input.run_id),
                ("date", &wording::date(&input.generated_at)),
            ],
        );
        Ok(Pages {
            environment,
            texts,
            lab: &input.lab,
            colophon,
        })
    }

    /// The bytes of the page at `path`, headed `what`, from the view `v` of `template`.
    ///
    /// # Errors
    ///
    /// A template that names something its view does not have.
    pub(super) fn render<T: Serialize>(
        &self,
        path: &str,
        template: &str,
        what: &str,
        view: &T,
    ) -> Result<Vec<u8>, ReportError> {
        let render = |name: &str, values: Value| {
            self.environment
                .get_template(name)
                .and_then(|template| template.render(values))
                .map_err(|e| fault(path, &e))
        };
        let t = Value::from(Serde(self.texts));
        let v = Value::from(Serde(view));
        let body = render(template, context! { t => &t, v })?;
        let title = fill(self.texts.page_title, &[("what", what), ("lab", self.lab)]);
        let page = render(
            LAYOUT,
            context! {
                t,
                title,
                colophon => &self.colophon,
                style => Value::from_safe_string(STYLE.to_owned()),
                script => Value::from_safe_string(SCRIPT.to_owned()),
                body => Value::from_safe_string(body),
            },
        )?;
        Ok(page.into_bytes())
    }
}

fn fault(page: &str, error: &minijinja::Error) -> ReportError {
    ReportError::Page {
        page: page.to_owned(),
        reason: error.to_string(),
    }
}
