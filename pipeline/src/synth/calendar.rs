//! Nights of the year in which the synthetic laboratory works.

/// The year of every synthetic record; not a leap year.
const YEAR: u32 = 2026;

const MONTH_LENGTHS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Nights that heats are spread over; the last days of the year are left to the tests of the last
/// heats.
const WORKING_NIGHTS: usize = 360;

const MINUTES_PER_DAY: u32 = 24 * 60;

/// A point in time, in minutes since the year began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(u32);

impl Moment {
    /// The evening shift's start, 21:00, of the night on which heat number `heat` (from 0) of a
    /// grade is melted.
    ///
    /// When the year is full the next lap begins one night later, so heats of one grade share a
    /// night only when there are more heats than nights.
    pub(super) fn shift_of(heat: usize, nights_between_heats: usize) -> Moment {
        let night = heat * nights_between_heats;
        let night = (night + night / WORKING_NIGHTS) % WORKING_NIGHTS;
        Moment(u32::try_from(night).unwrap_or(0) * MINUTES_PER_DAY + 21 * 60)
    }

    /// So many minutes later.
    pub(super) fn plus_minutes(self, minutes: u32) -> Moment {
        Moment(self.0 + minutes)
    }

    /// So many days later, at the same time of day.
    pub(super) fn plus_days(self, days: u32) -> Moment {
        self.plus_minutes(days * MINUTES_PER_DAY)
    }

    /// `2026-03-02T21:40:00Z`.
    pub(super) fn stamp(self) -> String {
        let minute = self.0 % MINUTES_PER_DAY;
        format!("{}T{:02}:{:02}:00Z", self.date(), minute / 60, minute % 60)
    }

    /// `2026-03-02`.
    pub(super) fn date(self) -> String {
        let mut day = self.0 / MINUTES_PER_DAY;
        let mut year = YEAR;
        let mut month = 0;
        while day >= MONTH_LENGTHS[month] {
            day -= MONTH_LENGTHS[month];
            month = (month + 1) % MONTH_LENGTHS.len();
            year += u32::from(month == 0);
        }
        format!("{year}-{:02}-{:02}", month + 1, day + 1)
    }

    /// `2026-03`, the name of a monthly file.
    pub(super) fn month(self) -> String {
        self.date().chars().take(7).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_cross_months_and_midnight() {
        let first = Moment::shift_of(0, 3);
        assert_eq!(first.stamp(), "2026-01-01T21:00:00Z");
        assert_eq!(first.plus_minutes(181).stamp(), "2026-01-02T00:01:00Z");
        assert_eq!(first.plus_days(31 + 28).date(), "2026-03-01");
        assert_eq!(first.plus_days(364).date(), "2026-12-31");
        assert_eq!(first.plus_days(58).month(), "2026-02");
    }

    #[test]
    fn a_full_year_starts_over_one_night_later() {
        assert_eq!(Moment::shift_of(119, 3).date(), "2026-12-24");
        assert_eq!(Moment::shift_of(120, 3).date(), "2026-01-02");
    }
}
