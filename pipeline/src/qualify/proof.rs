//! Which proof counts for a piece of evidence that a component demands.

use super::component::EvidenceLimit;
use super::grade_data::EvidenceData;
use super::unit::same_unit;
use super::vocabulary::EvidenceKind;

/// What the recorded proofs of one kind amount to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Proof<'e> {
    /// Nothing recorded.
    None,
    /// Only passed proofs that are no longer (or not readably) valid; the newest of them.
    Expired(&'e EvidenceData),
    /// The newest proof that counts was failed.
    Failed(&'e EvidenceData),
    /// The newest proof that counts was passed.
    Passed(&'e EvidenceData),
    /// It was passed, but gives no number in the unit of the limit.
    NotComparable(&'e EvidenceData),
    /// It was passed by its own lights, but its number is on the wrong side of the limit.
    OffLimit(&'e EvidenceData),
}

impl<'e> Proof<'e> {
    /// The proof held against the number that is demanded, if any.
    ///
    /// A number never makes up for a proof that was failed, is expired or is not there.
    pub(super) fn against(self, limit: Option<&EvidenceLimit>) -> Proof<'e> {
        let (Proof::Passed(proof), Some(limit)) = (self, limit) else {
            return self;
        };
        match number_in(proof, &limit.unit) {
            None => Proof::NotComparable(proof),
            Some(value) if limit.rule().holds(value) => self,
            Some(_) => Proof::OffLimit(proof),
        }
    }

    /// Whether there is nothing valid to go by.
    pub(super) fn is_missing(&self) -> bool {
        matches!(
            self,
            Proof::None | Proof::Expired(_) | Proof::NotComparable(_)
        )
    }

    /// Whether it speaks against the metal.
    pub(super) fn is_failed(&self) -> bool {
        matches!(self, Proof::Failed(_) | Proof::OffLimit(_))
    }

    /// The proof that was compared with a limit.
    pub(super) fn compared(&self) -> Option<&'e EvidenceData> {
        match self {
            Proof::Passed(proof) | Proof::OffLimit(proof) => Some(proof),
            _ => None,
        }
    }
}

/// The number a proof gives in a unit.
fn number_in(proof: &EvidenceData, unit: &str) -> Option<f64> {
    let given = proof.unit.as_deref()?;
    proof
        .value
        .filter(|value| value.is_finite() && same_unit(given, unit))
}

/// Finds the proof that counts for `component` on the day `today` (`YYYY-MM-DD`).
///
/// Where a number is demanded and a proof gives one in the unit of the `limit`, passed proofs that give
/// none step back: a newer proof of something else does not hide it. A failed proof speaks against the
/// metal whatever it gives.
///
/// A failed proof never expires; a passed one counts up to and including its last day. The newest of
/// those that count decides, so a passed re-test lifts an earlier failure; on the same day, or without
/// days, the failure decides. A last day that is not a date cannot be shown to lie ahead, so that
/// proof is expired.
pub(super) fn find<'e>(
    evidence: &'e [EvidenceData],
    kind: EvidenceKind,
    component: &str,
    limit: Option<&EvidenceLimit>,
    today: &str,
) -> Proof<'e> {
    let mut relevant: Vec<&EvidenceData> = evidence
        .iter()
        .filter(|proof| {
            proof.kind == kind
                && proof
                    .component
                    .as_deref()
                    .is_none_or(|named| named == component)
        })
        .collect();
    if let Some(EvidenceLimit { unit, .. }) = limit {
        let gives = |proof: &EvidenceData| number_in(proof, unit).is_some();
        if relevant.iter().any(|proof| gives(proof)) {
            relevant.retain(|proof| !proof.passed || gives(proof));
        }
    }
    let newest = |one: &&EvidenceData, other: &&EvidenceData| {
        let day = |proof: &EvidenceData| proof.dated.as_deref().and_then(day).map(str::to_owned);
        // On the same day a failure sorts above a pass; ids make the choice independent of row order.
        (day(one), !one.passed, &one.evidence_id).cmp(&(
            day(other),
            !other.passed,
            &other.evidence_id,
        ))
    };
    let (counting, expired): (Vec<&EvidenceData>, Vec<&EvidenceData>) = relevant
        .into_iter()
        .partition(|proof| !proof.passed || is_valid(proof, today));
    match counting.into_iter().max_by(newest) {
        Some(proof) if proof.passed => Proof::Passed(proof),
        Some(proof) => Proof::Failed(proof),
        None => expired
            .into_iter()
            .max_by(newest)
            .map_or(Proof::None, Proof::Expired),
    }
}

fn is_valid(proof: &EvidenceData, today: &str) -> bool {
    match proof.valid_until.as_deref() {
        None => true,
        Some(text) => match (day(text), day(today)) {
            (Some(last), Some(today)) => today <= last,
            _ => false,
        },
    }
}

/// The `YYYY-MM-DD` at the start of a date or timestamp; such days sort as text.
fn day(text: &str) -> Option<&str> {
    let day = text.get(..10)?;
    let shaped = day.bytes().enumerate().all(|(i, b)| match i {
        4 | 7 => b == b'-',
        _ => b.is_ascii_digit(),
    });
    shaped.then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qualify::verdict::Direction;

    fn proof(id: &str, passed: bool, dated: &str, valid_until: Option<&str>) -> EvidenceData {
        EvidenceData {
            evidence_id: id.into(),
            kind: EvidenceKind::Leak,
            component: None,
            passed,
            dated: (!dated.is_empty()).then(|| dated.into()),
            valid_until: valid_until.map(Into::into),
            value: None,
            unit: None,
        }
    }

    fn found(evidence: &[EvidenceData]) -> String {
        match find(evidence, EvidenceKind::Leak, "tray", None, "2026-11-23") {
            Proof::None => "none".into(),
            Proof::Expired(proof) => format!("expired {}", proof.evidence_id),
            Proof::Failed(proof) => format!("failed {}", proof.evidence_id),
            Proof::Passed(proof) => format!("passed {}", proof.evidence_id),
            other => panic!("without a limit there is no {other:?}"),
        }
    }

    #[test]
    fn the_newest_proof_that_counts_decides() {
        let old_fail = proof("e1", false, "2026-01-01", None);
        let new_pass = proof("e2", true, "2026-03-01", Some("2027-03-01"));
        let new_fail = proof("e3", false, "2026-04-01", Some("2026-05-01"));
        assert_eq!(found(&[]), "none");
        assert_eq!(found(&[old_fail.clone(), new_pass.clone()]), "passed e2");
        assert_eq!(
            found(&[new_pass.clone(), new_fail.clone(), old_fail]),
            "failed e3"
        );
        let same_day = [proof("a", true, "", None), proof("b", false, "", None)];
        assert_eq!(found(&same_day), "failed b");
    }

    #[test]
    fn the_last_day_counts_and_the_day_after_does_not() {
        assert_eq!(
            found(&[proof("e", true, "", Some("2026-11-23"))]),
            "passed e"
        );
        assert_eq!(
            found(&[proof("e", true, "", Some("2026-11-23T00:00:00Z"))]),
            "passed e"
        );
        assert_eq!(
            found(&[proof("e", true, "", Some("2026-11-22"))]),
            "expired e"
        );
        assert_eq!(
            found(&[proof("e", true, "", Some("next year"))]),
            "expired e"
        );
        let longer = [
            proof("long", true, "2026-01-01", Some("2030-01-01")),
            proof("short", true, "2026-06-01", Some("2026-07-01")),
        ];
        assert_eq!(found(&longer), "passed long");
    }

    fn number(proof: EvidenceData, value: f64, unit: &str) -> EvidenceData {
        EvidenceData {
            value: Some(value),
            unit: Some(unit.into()),
            ..proof
        }
    }

    /// The proof that counts for a leak rate of at most 5 sccm.
    fn against(evidence: &[EvidenceData]) -> String {
        let limit = EvidenceLimit {
            direction: Direction::AtMost,
            value: 5.0,
            unit: "sccm".into(),
            rounded_to: None,
            digits: None,
        };
        let found = find(
            evidence,
            EvidenceKind::Leak,
            "tray",
            Some(&limit),
            "2026-11-23",
        );
        match found.against(Some(&limit)) {
            Proof::None => "none".into(),
            Proof::Expired(proof) => format!("expired {}", proof.evidence_id),
            Proof::Failed(proof) => format!("failed {}", proof.evidence_id),
            Proof::Passed(proof) => format!("passed {}", proof.evidence_id),
            Proof::NotComparable(proof) => format!("not comparable {}", proof.evidence_id),
            Proof::OffLimit(proof) => format!("off {}", proof.evidence_id),
        }
    }

    #[test]
    fn a_newer_proof_in_another_unit_does_not_hide_the_number() {
        let rate = number(proof("rate", true, "2026-01-01", None), 4.0, " sccm ");
        let drop = number(proof("drop", true, "2026-06-01", None), 4.0, "mbar");
        let bare = proof("bare", true, "2026-07-01", None);
        let others = [drop.clone(), bare.clone()];
        assert_eq!(against(&[rate.clone(), drop.clone(), bare]), "passed rate");
        assert_eq!(against(&others), "not comparable bare");
        let newer = number(proof("newer", true, "2026-02-01", None), 6.0, "sccm");
        assert_eq!(against(&[rate.clone(), newer, drop.clone()]), "off newer");
        // A failure counts in whatever unit, until a newer number lifts it.
        let failed = number(proof("failed", false, "2026-03-01", None), 9.0, "mbar");
        assert_eq!(against(&[rate.clone(), failed.clone()]), "failed failed");
        let lifted = number(proof("again", true, "2026-04-01", None), 4.0, "sccm");
        assert_eq!(against(&[rate, failed, lifted, drop]), "passed again");
    }

    #[test]
    fn a_proof_of_another_component_or_kind_does_not_count() {
        let mut other = proof("e", true, "", None);
        other.component = Some("crash-box".into());
        assert_eq!(found(&[other.clone()]), "none");
        other.component = Some("tray".into());
        assert_eq!(found(&[other.clone()]), "passed e");
        other.kind = EvidenceKind::Bend;
        assert_eq!(found(&[other]), "none");
    }
}
