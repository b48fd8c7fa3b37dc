//! The whole report: which pages and files there are, and in which order.

use std::collections::{BTreeMap, BTreeSet};

use super::error::ReportError;
use super::input::{GradeSheet, ReportInput};
use super::numbers::Claims;
use super::page::Pages;
use super::text::{EN, Texts};
use super::wording::{self, Titles};
use super::{grade, index, specimen, tables};
use crate::domain::Grade;
use crate::qualify::verdict::Verdict;

/// The input with the look-ups that several pages need.
pub(super) struct Site<'a> {
    pub input: &'a ReportInput,
    pub texts: &'static Texts,
    pub titles: Titles<'a>,
    /// Every grade with a sheet or a verdict: by product form, because that decides which components
    /// fit, then by alloy and temper.
    pub grades: Vec<(&'a Grade, Option<&'a GradeSheet>)>,
    /// Ids of components with at least one verdict.
    pub judged: BTreeSet<&'a str>,
    verdicts: BTreeMap<(&'a str, &'a Grade), &'a Verdict>,
    /// The page of every curve, by grade and position in its sheet.
    curve_pages: BTreeMap<(&'a Grade, usize), String>,
}

impl<'a> Site<'a> {
    /// How claims are shown.
    pub(super) fn claims(&self) -> Claims {
        Claims {
            step: self.input.claim_step,
        }
    }

    fn new(input: &'a ReportInput, texts: &'static Texts) -> Site<'a> {
        let mut grades: BTreeMap<&Grade, Option<&GradeSheet>> =
            input.verdicts.iter().map(|v| (&v.grade, None)).collect();
        grades.extend(input.sheets.iter().map(|sheet| (&sheet.grade, Some(sheet))));
        let mut grades: Vec<_> = grades.into_iter().collect();
        grades.sort_by_key(|(grade, _)| &grade.product_form);
        Site {
            input,
            texts,
            titles: Titles::new(&input.components),
            curve_pages: specimen::pages(&grades),
            grades,
            judged: input
                .verdicts
                .iter()
                .map(|v| v.component.as_str())
                .collect(),
            verdicts: input
                .verdicts
                .iter()
                .map(|v| ((v.component.as_str(), &v.grade), v))
                .collect(),
        }
    }

    /// The verdict on one component and grade.
    pub(super) fn verdict(&self, component: &str, grade: &Grade) -> Option<&'a Verdict> {
        self.verdicts.get(&(component, grade)).copied()
    }

    /// The page of one curve of a grade's sheet, relative to the index.
    pub(super) fn curve_page<'s>(&'s self, grade: &'s Grade, position: usize) -> Option<&'s str> {
        self.curve_pages.get(&(grade, position)).map(String::as_str)
    }

    /// The title of the report.
    pub(super) fn title(&self) -> &str {
        if self.input.title.is_empty() {
            self.texts.report_title
        } else {
            &self.input.title
        }
    }
}

/// Builds the report: relative paths with their bytes, in a fixed order, the index first.
///
/// Paths use `/`. Nothing is read or written, so the same input gives the same bytes. Where the input
/// holds two verdicts on one component and grade, or two sheets of one grade, the last one counts on the
/// pages. A grade with a sheet but no verdict, or a verdict but no sheet, still has its page; an empty
/// input gives an index that says so.
///
/// # Errors
///
/// [`ReportError::SharedPage`] when two grades would share a page on a file system that ignores letter
/// case; the other kinds are faults of the program.
pub fn build(input: &ReportInput) -> Result<Vec<(String, Vec<u8>)>, ReportError> {
    let site = Site::new(input, &EN);
    refuse_shared_pages(&site)?;
    let pages = Pages::new(input, site.texts)?;
    let mut files = Vec::with_capacity(site.grades.len() + 4);
    let index = pages.render(
        "index.html",
        "index.html",
        site.title(),
        &index::view(&site),
    )?;
    files.push(("index.html".to_owned(), index));
    for &(grade, sheet) in &site.grades {
        let path = wording::grade_page(grade);
        let view = grade::view(&site, grade, sheet)?;
        let page = pages.render(&path, "grade.html", &grade.to_string(), &view)?;
        files.push((path, page));
        for (position, curve) in sheet.map_or(&[][..], |s| &s.curves).iter().enumerate() {
            let Some(path) = site.curve_page(grade, position) else {
                continue;
            };
            let view = specimen::view(&site, grade, curve)?;
            let page = pages.render(path, "specimen.html", view.title(), &view)?;
            files.push((path.to_owned(), page));
        }
    }
    let ordered: Vec<&Verdict> = {
        let mut verdicts: Vec<&Verdict> = input.verdicts.iter().collect();
        verdicts.sort_by(|a, b| (&a.component, &a.grade).cmp(&(&b.component, &b.grade)));
        verdicts
    };
    files.push((
        tables::VERDICTS.to_owned(),
        tables::verdicts(input, &ordered)?,
    ));
    files.push((tables::SUMMARY.to_owned(), tables::summary(input)?));
    files.push((
        tables::FINDINGS.to_owned(),
        tables::findings(&input.findings)?,
    ));
    Ok(files)
}

fn refuse_shared_pages(site: &Site<'_>) -> Result<(), ReportError> {
    let mut pages: BTreeMap<String, &Grade> = BTreeMap::new();
    for &(grade, _) in &site.grades {
        let path = wording::grade_page(grade);
        if let Some(first) = pages.insert(path.to_lowercase(), grade) {
            return Err(ReportError::SharedPage {
                first: first.to_string(),
                second: grade.to_string(),
                path,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
mod tests {
    use super::*;
    use crate::report::sample;

    fn page(files: &[(String, Vec<u8>)], path: &str) -> String {
        let (_, bytes) = files.iter().find(|(p, _)| p == path).unwrap();
        String::from_utf8(bytes.clone()).unwrap()
    }

    #[test]
    fn the_same_input_gives_the_same_bytes() {
        let same = build(&sample::input()).unwrap() == build(&sample::input()).unwrap();
        assert!(same, "the same input gives other bytes");
    }

    #[test]
    fn the_order_of_verdicts_in_the_input_does_not_matter() {
        let mut shuffled = sample::input();
        shuffled.verdicts.reverse();
        shuffled.changes.reverse();
        let same = build(&sample::input()).unwrap() == build(&shuffled).unwrap();
        assert!(same, "another order gives other bytes");
    }

    #[test]
    fn every_status_shows_its_word_its_symbol_and_its_ratio() {
        let files = build(&sample::input()).unwrap();
        let index = page(&files, "index.html");
        for status in wording::STATUSES {
            let key = status.as_str();
            let word = wording::status_word(status, &EN);
            assert!(
                index.contains(&format!("data-status=\"{key}\"")),
                "{key} has a cell"
            );
            assert!(
                index.contains(&format!("<symbol id=\"m-{key}\"")),
                "{key} has a symbol"
            );
            assert!(index.contains(word), "{word}");
        }
        assert!(
            index.contains("32.5\u{a0}%"),
            "0.3279 is rounded down to 32.5 %"
        );
        assert!(!index.contains("33.0\u{a0}%"), "and never up");
    }

    #[test]
    fn text_from_files_is_text_on_every_page() {
        let files = build(&sample::input()).unwrap();
        let attack = "<script>alert(1)</script>";
        for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with(".html")) {
            let html = String::from_utf8(bytes.clone()).unwrap();
            assert!(!html.contains(attack), "{path}");
            assert_eq!(
                html.matches("<script").count(),
                1,
                "{path}: only the page's own script"
            );
        }
        let escaped = "&lt;script&gt;alert(1)&lt;&#x2f;script&gt;";
        let grade = page(&files, &wording::grade_page(&sample::die_casting()));
        assert!(grade.contains(escaped), "the heat is there, as text");
        let index = page(&files, "index.html");
        assert!(
            index.contains("&lt;img src=x"),
            "and so is the name of a component"
        );
    }

    #[test]
    fn no_page_names_anything_outside_the_report() {
        for (path, bytes) in build(&sample::input()).unwrap() {
            if !path.ends_with(".html") {
                continue;
            }
            let html = String::from_utf8(bytes)
                .unwrap()
                .replace("http://www.w3.org/2000/svg", "");
            for outside in ["http:", "https:", "src=\"", "@import", "url("] {
                assert!(!html.contains(outside), "{path} contains {outside}");
            }
        }
    }

    #[test]
    fn every_link_of_the_index_leads_to_a_page_and_an_anchor() {
        let files = build(&sample::input()).unwrap();
        let index = page(&files, "index.html");
        let mut followed = 0;
        for link in index.split("href=\"").skip(1) {
            let link = link.split('"').next().unwrap().replace("&#x2f;", "/");
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() {
                index.clone()
            } else {
                page(&files, path)
            };
            assert!(
                anchor.is_empty() || target.contains(&format!("id=\"{anchor}\"")),
                "{link}"
            );
            followed += 1;
        }
        assert!(followed > 28, "a link per verdict at least");
    }

    #[test]
    fn a_grade_and_its_specimens_lead_to_each_other() {
        let files = build(&sample::input()).unwrap();
        let grade_path = wording::grade_page(&sample::die_casting());
        let grade = page(&files, &grade_path);
        let mut specimens = 0;
        for link in grade.split("href=\"..&#x2f;specimens&#x2f;").skip(1) {
            let name = link.split('"').next().unwrap();
            let specimen = page(&files, &format!("specimens/{name}"));
            let back = format!("href=\"../{grade_path}\"").replace('/', "&#x2f;");
            assert!(specimen.contains(&back), "{name} leads back");
            specimens += 1;
        }
        assert_eq!(specimens, 3);
        let pages = files.iter().filter(|(p, _)| p.starts_with("specimens/"));
        assert_eq!(pages.count(), specimens, "and no page is an orphan");
    }

    #[test]
    fn hostile_text_reaches_every_new_place_as_text() {
        let files = build(&sample::input()).unwrap();
        let escaped = "&lt;script&gt;alert(1)&lt;&#x2f;script&gt;";
        let count = |html: &str| html.matches(escaped).count();
        let grade = page(&files, &wording::grade_page(&sample::die_casting()));
        for (place, before, after) in [
            ("missing evidence", "no proof on record ", "</li>"),
            ("overruled by", "overruled by M. Weber ", ": two furnaces"),
            ("failed checks", "anderson darling normal, ", "."),
            ("more heats", "reach 40 % scrap ", "</"),
            ("outliers", "(left out: ", "-3, C26"),
            ("factor set", "cut-off ", " (cn-2020"),
            ("stream", "Machining turnings ", "</th>"),
            ("pooled streams", "Machining turnings ", ", Cast wheels"),
            ("specimen", ".html\">", "-0</a>"),
        ] {
            assert!(
                grade.contains(&format!("{before}{escaped}{after}")),
                "{place}"
            );
        }
        assert!(
            grade.contains("&lt;img src=x onerror=alert(3)&gt;"),
            "a supplier"
        );
        let index = page(&files, "index.html");
        assert!(
            index.contains(&format!("it was 130 MPa {escaped}</li>")),
            "why"
        );
        let (_, specimen) = files
            .iter()
            .find(|(path, _)| path.starts_with("specimens/"))
            .unwrap();
        let specimen = String::from_utf8(specimen.clone()).unwrap();
        assert!(count(&specimen) >= 3, "title, heat and disagreement");
        assert!(specimen.contains("curve of &lt;script&gt;alert(1)&lt;/script&gt;-0</title>"));
    }

    #[test]
    fn every_panel_is_there_with_its_data_and_absent_without() {
        let shown = |input: &ReportInput| {
            let html = page(
                &build(input).unwrap(),
                &wording::grade_page(&sample::die_casting()),
            );
            [
                "id=\"chart-carbon-title\"",
                "id=\"streams\"",
                "class=\"plain stack groups\"",
                "id=\"curves\"",
                "class=\"hangs-on\"",
                "class=\"missing-first\"",
                "class=\"conditions\"",
                "class=\"hash\"",
                "why warning",
                "Cpk ≥ 1.33",
                "sludge factor",
                "%IACS",
            ]
            .map(|mark| html.contains(mark))
        };
        let mut input = sample::input();
        assert_eq!(shown(&input), [true; 12]);
        let sheet = &mut input.sheets[0];
        sheet.carbon = None;
        sheet.streams = None;
        sheet.curves.clear();
        sheet.properties[2].groups.clear();
        input.verdicts.remove(0);
        assert_eq!(shown(&input), [false; 12]);
        let files = build(&input).unwrap();
        assert!(
            files
                .iter()
                .all(|(path, _)| !path.starts_with("specimens/"))
        );
    }

    #[test]
    fn the_reasons_of_a_change_stand_under_it_and_nothing_where_none_is_known() {
        let mut input = sample::input();
        let index = page(&build(&input).unwrap(), "index.html");
        assert_eq!(index.matches("class=\"because\"").count(), 2);
        assert!(index.contains("<li>2 new heats: C26-4107-12, C26-4107-13</li>"));
        for change in &mut input.changes {
            change.why.clear();
        }
        let index = page(&build(&input).unwrap(), "index.html");
        assert!(!index.contains("class=\"because\""));
    }

    #[test]
    fn an_empty_night_still_has_an_index() {
        let mut input = sample::input();
        input.verdicts.clear();
        input.sheets.clear();
        input.findings.clear();
        input.changes.clear();
        input.totals = Default::default();
        input.first_run = true;
        let files = build(&input).unwrap();
        assert_eq!(files.len(), 4);
        let index = page(&files, "index.html");
        assert!(index.contains(EN.changes_first_run));
        assert!(index.contains(EN.findings_none));
    }

    #[test]
    fn grades_that_differ_in_letter_case_only_are_refused() {
        let mut input = sample::input();
        let mut twin = input.sheets[0].clone();
        twin.grade.alloy = twin.grade.alloy.to_lowercase();
        input.sheets.push(twin);
        let error = build(&input).unwrap_err();
        assert!(matches!(error, ReportError::SharedPage { .. }), "{error}");
    }

    #[test]
    fn a_missing_sheet_or_verdict_leaves_a_page_that_says_so() {
        let mut input = sample::input();
        input.verdicts.retain(|v| v.grade != sample::die_casting());
        let html = page(
            &build(&input).unwrap(),
            &wording::grade_page(&sample::die_casting()),
        );
        assert!(html.contains(EN.no_verdicts));
        let mut input = sample::input();
        input.sheets.clear();
        let html = page(
            &build(&input).unwrap(),
            &wording::grade_page(&sample::die_casting()),
        );
        assert!(html.contains(EN.no_data));
    }
}
