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
