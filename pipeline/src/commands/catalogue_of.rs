//! The catalogue from the data files: the lab's own layer over the shipped one.

use crate::contract::{SchemaFile, Schemas};
use crate::qualify::{Catalogue, Layer, SourceText};

/// Loads grades and components.
///
/// # Errors
/// Every problem of every file, one line each.
pub(super) fn catalogue_of(schemas: &Schemas) -> Result<Catalogue, Vec<String>> {
    let texts = |folder: &str, of_lab: bool| -> Vec<SourceText> {
        let wanted = |(_, file): &(&str, &SchemaFile)| file.of_lab == of_lab;
        let text = |(_, file): (&str, &SchemaFile)| (file.origin.clone(), file.text.clone());
        schemas.below(folder).filter(wanted).map(text).collect()
    };
    let layer = |of_lab: bool| Layer {
        grades: texts("grades", of_lab),
        components: texts("components", of_lab),
    };
    Catalogue::load(&[layer(false), layer(true)])
        .map_err(|errors| errors.iter().map(ToString::to_string).collect())
}
