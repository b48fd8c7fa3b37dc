//! The closed word lists of the catalogue: a word outside its list is an error with the list in it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares a closed list of words: an enum with `ALL`, `as_str`, `parse`, `Display` and serde.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every word, in the order of messages.
            pub const ALL: &[$name] = &[$($name::$variant,)+];

            /// The word itself.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }

            /// The word spelt `text`, exactly; `None` when it is not on the list.
            pub fn parse(text: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|word| word.as_str() == text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// The shape in which an alloy is delivered or cast; limits differ between them.
    ProductForm {
        /// High-pressure die casting.
        DieCasting = "die_casting",
        /// Gravity or low-pressure casting in a metal mould.
        PermanentMouldCasting = "permanent_mould_casting",
        /// Sand casting.
        SandCasting = "sand_casting",
        /// Extruded profile without an enclosed void.
        OpenProfile = "open_profile",
        /// Extruded profile with an enclosed void.
        HollowProfile = "hollow_profile",
        /// Rolled, up to about 6 mm.
        Sheet = "sheet",
        /// Rolled, thicker than sheet.
        Plate = "plate",
        /// Forging.
        Forging = "forging",
        /// Rod or bar.
        Bar = "bar",
    }
}

words! {
    /// The gauge length behind an elongation after fracture; figures of two types are never compared.
    ElongationType {
        /// Proportional gauge length 5.65 √S₀.
        A = "A",
        /// Gauge length 50 mm.
        A50 = "A50",
        /// Gauge length 80 mm.
        A80 = "A80",
        /// Gauge length of four diameters (ASTM).
        A4d = "A4D",
        /// Proportional gauge length 11.3 √S₀.
        A11_3 = "A11.3",
    }
}

words! {
    /// The kind of a proof that is neither tensile nor chemistry, as in the `evidence` table.
    EvidenceKind {
        /// Plate bending test.
        Bend = "bend",
        /// Fatigue.
        Fatigue = "fatigue",
        /// Crash or crush test.
        Crash = "crash",
        /// Leak tightness.
        Leak = "leak",
        /// Corrosion.
        Corrosion = "corrosion",
        /// Electrical or thermal conductivity.
        Conductivity = "conductivity",
        /// Porosity by computed tomography.
        CtPorosity = "ct_porosity",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// What can go wrong in service with a component.
    Criticality {
        /// Fatigue.
        Fatigue = "fatigue",
        /// Crash and energy absorption.
        Crash = "crash",
        /// Leak tightness.
        Leak = "leak",
        /// Electrical conduction.
        Electrical = "electrical",
        /// Heat conduction or heat resistance.
        Thermal = "thermal",
        /// Corrosion.
        Corrosion = "corrosion",
    }
}

words! {
    /// The designation system a name belongs to.
    NameSystem {
        /// European (EN 1706, EN 573-3).
        En = "en",
        /// Aluminum Association and ASTM.
        Aa = "aa",
        /// Chinese (GB/T 1173, GB/T 3190, GB/T 15115).
        Gb = "gb",
        /// Japanese (JIS H 4000, H 5202, H 5302).
        Jis = "jis",
        /// A producer's trade name.
        Trade = "trade",
    }
}

words! {
    /// The metal a composition limit speaks of.
    AppliesTo {
        /// The finished casting.
        Casting = "casting",
        /// The ingot it is melted from.
        Ingot = "ingot",
        /// A wrought product.
        Product = "product",
    }
}

words! {
    /// Where a test piece comes from; figures of two origins are never compared.
    SpecimenOrigin {
        /// Cast in a mould of its own.
        SeparatelyCast = "separately_cast",
        /// Cast on to the casting.
        CastOn = "cast_on",
        /// Cut from the casting.
        CutFromCasting = "cut_from_casting",
        /// Cut from the wrought product.
        CutFromProduct = "cut_from_product",
    }
}

words! {
    /// A metallurgical index of the `heats` table; each is empty outside its range of validity.
    Index {
        /// Sludge factor Fe + 2 Mn + 3 Cr of die castings with at least 4 wt% Si.
        SludgeFactor = "sludge_factor",
        /// Mn/Fe.
        MnFeRatio = "mn_fe_ratio",
        /// Mg₂Si of wrought 6xxx alloys.
        Mg2Si = "mg2si_wt_pct",
        /// Silicon in excess of Mg₂Si, of wrought 6xxx alloys.
        ExcessSi = "excess_si_wt_pct",
        /// Si − (Fe + Mn + Cr)/4 of wrought 6xxx alloys.
        EffectiveSi = "effective_si_wt_pct",
        /// Quality index Rm + 150 log₁₀ A of gravity castings of the 356/357 family.
        QualityIndex = "quality_index_mpa",
        /// Probable yield strength Rm − 60 log₁₀ A − 13 of gravity castings of the 356/357 family.
        ProbableYield = "probable_yield_mpa",
        /// Critical iron 0.075 Si − 0.05 of gravity castings with at least 4 wt% Si.
        CriticalIron = "critical_iron_wt_pct",
    }
}

/// Cast in a metal mould by gravity or low pressure, or in sand.
const GRAVITY_CAST: &[ProductForm] =
    &[ProductForm::PermanentMouldCasting, ProductForm::SandCasting];

/// Any casting.
const CAST: &[ProductForm] = &[
    ProductForm::DieCasting,
    ProductForm::PermanentMouldCasting,
    ProductForm::SandCasting,
];

/// Any wrought product.
const WROUGHT: &[ProductForm] = &[
    ProductForm::OpenProfile,
    ProductForm::HollowProfile,
    ProductForm::Sheet,
    ProductForm::Plate,
    ProductForm::Forging,
    ProductForm::Bar,
];

impl Index {
    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Index::SludgeFactor => "sludge factor",
            Index::MnFeRatio => "Mn/Fe",
            Index::Mg2Si => "Mg2Si",
            Index::ExcessSi => "excess Si",
            Index::EffectiveSi => "effective Si",
            Index::QualityIndex => "quality index",
            Index::ProbableYield => "probable yield",
            Index::CriticalIron => "critical iron",
        }
    }

    /// The unit of its column in `heats`; empty for a ratio.
    pub fn unit(self) -> &'static str {
        match self {
            Index::MnFeRatio => "",
            Index::QualityIndex | Index::ProbableYield => "MPa",
            Index::SludgeFactor
            | Index::Mg2Si
            | Index::ExcessSi
            | Index::EffectiveSi
            | Index::CriticalIron => "wt%",
        }
    }

    /// Lowest and highest value it can have, as its column in `heats` is declared.
    pub fn range(self) -> (f64, f64) {
        match self {
            Index::SludgeFactor | Index::Mg2Si => (0.0, 100.0),
            Index::MnFeRatio => (0.0, 10_000.0),
            Index::ExcessSi | Index::EffectiveSi => (-100.0, 100.0),
            Index::QualityIndex | Index::ProbableYield => (-1000.0, 2000.0),
            Index::CriticalIron => (0.0, 10.0),
        }
    }

    /// Product forms for which the `heats` table can have it (`sql/heats.sql` tells 6xxx alloys by their
    /// designation, which is that of wrought metal).
    pub fn product_forms(self) -> &'static [ProductForm] {
        match self {
            Index::SludgeFactor => &[ProductForm::DieCasting],
            Index::MnFeRatio => ProductForm::ALL,
            Index::Mg2Si | Index::ExcessSi | Index::EffectiveSi => WROUGHT,
            Index::QualityIndex | Index::ProbableYield | Index::CriticalIron => GRAVITY_CAST,
        }
    }
}

impl SpecimenOrigin {
    /// Product forms whose test pieces can come from there.
    pub fn product_forms(self) -> &'static [ProductForm] {
        match self {
            SpecimenOrigin::SeparatelyCast
            | SpecimenOrigin::CastOn
            | SpecimenOrigin::CutFromCasting => CAST,
            SpecimenOrigin::CutFromProduct => WROUGHT,
        }
    }
}

impl ElongationType {
    /// Product forms from which such a test piece can be taken.
    ///
    /// A80 belongs to flat test pieces of thin products (ISO 6892-1:2019, annex B), A4D to round ones,
    /// which a sheet is too thin for.
    pub fn product_forms(self) -> &'static [ProductForm] {
        match self {
            ElongationType::A | ElongationType::A50 | ElongationType::A11_3 => ProductForm::ALL,
            ElongationType::A80 => &[
                ProductForm::Sheet,
                ProductForm::OpenProfile,
                ProductForm::HollowProfile,
                ProductForm::DieCasting,
            ],
            ElongationType::A4d => &[
                ProductForm::DieCasting,
                ProductForm::PermanentMouldCasting,
                ProductForm::SandCasting,
                ProductForm::OpenProfile,
                ProductForm::HollowProfile,
                ProductForm::Plate,
                ProductForm::Forging,
                ProductForm::Bar,
            ],
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back_and_others_refused() {
        for form in ProductForm::ALL {
            assert_eq!(ProductForm::parse(form.as_str()), Some(*form));
            assert_eq!(serde_json::to_value(form).unwrap(), form.as_str());
        }
        for word in ["Sheet", "sheets", "", "die casting"] {
            assert_eq!(ProductForm::parse(word), None, "{word}");
        }
        assert_eq!(ElongationType::parse("A11.3"), Some(ElongationType::A11_3));
    }
}
