//! The catalogue: every grade and component, a lab's own over the shipped ones.

use std::collections::BTreeMap;

use super::catalogue_error::CatalogueError;
use super::component::Component;
use super::grade_spec::GradeSpec;

/// A file's path, used in messages, and its text.
pub type SourceText = (String, String);

/// Files of equal standing: the shipped ones, or a lab's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layer {
    /// Files of `schemas/grades`.
    pub grades: Vec<SourceText>,
    /// Files of `schemas/components`.
    pub components: Vec<SourceText>,
}

/// Every grade and component, found by id or name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    /// By folded id.
    grades: BTreeMap<String, GradeSpec>,
    components: BTreeMap<String, Component>,
    /// Folded name → folded id.
    names: BTreeMap<String, String>,
    /// The layer each entry was read from, by the key of its map: 0 holds the shipped files.
    grade_layers: BTreeMap<String, usize>,
    component_layers: BTreeMap<String, usize>,
}

impl Catalogue {
    /// Reads layers of files, the later over the earlier: a later file replaces the one with its id.
    ///
    /// A grade's id finds it before any name does; a name in a later layer wins over the same name in
    /// an earlier one.
    ///
    /// # Errors
    ///
    /// All mistakes of all files, in the order of the files: text that is not TOML, unknown keys,
    /// broken rules, an id or a name twice in one layer.
    pub fn load(layers: &[Layer]) -> Result<Catalogue, Vec<CatalogueError>> {
        let mut catalogue = Catalogue::default();
        let mut errors = Vec::new();
        for (layer_number, layer) in layers.iter().enumerate() {
            for grade in read_layer(
                &layer.grades,
                &mut errors,
                GradeSpec::read,
                grade_id,
                folded,
            ) {
                let key = folded(&grade.id);
                catalogue.grade_layers.insert(key.clone(), layer_number);
                catalogue.grades.insert(key, grade);
            }
            let read = Component::read;
            for component in read_layer(
                &layer.components,
                &mut errors,
                read,
                component_id,
                str::to_owned,
            ) {
                let key = component.id.clone();
                catalogue.component_layers.insert(key.clone(), layer_number);
                catalogue.components.insert(key, component);
            }
        }
        catalogue.index_names(&mut errors);
        if errors.is_empty() {
            Ok(catalogue)
        } else {
            Err(errors)
        }
    }

    /// Every grade, by id.
    pub fn grades(&self) -> impl Iterator<Item = &GradeSpec> {
        self.grades.values()
    }

    /// Every component, by id.
    pub fn components(&self) -> impl Iterator<Item = &Component> {
        self.components.values()
    }

    /// The component with this id.
    pub fn component(&self, id: &str) -> Option<&Component> {
        self.components.get(id)
    }

    /// The grade with this id or name, whatever the case, spaces, hyphens and underscores.
    pub fn grade_of(&self, alloy: &str) -> Option<&GradeSpec> {
        let name = folded(alloy);
        self.grades
            .get(&name)
            .or_else(|| self.grades.get(self.names.get(&name)?))
    }

    /// Whether the grade comes from a lab's own layer and not from the shipped files.
    pub fn is_own_grade(&self, grade: &GradeSpec) -> bool {
        self.grade_layers
            .get(&folded(&grade.id))
            .is_some_and(|layer| *layer > 0)
    }

    /// Whether the component comes from a lab's own layer and not from the shipped files.
    pub fn is_own_component(&self, component: &Component) -> bool {
        self.component_layers
            .get(&component.id)
            .is_some_and(|layer| *layer > 0)
    }

    fn index_names(&mut self, errors: &mut Vec<CatalogueError>) {
        let mut owners: BTreeMap<String, (usize, &String)> = BTreeMap::new();
        for (key, grade) in &self.grades {
            let layer = self.grade_layers.get(key).copied().unwrap_or(0);
            for name in &grade.names {
                let owner = owners.entry(folded(&name.name)).or_insert((layer, key));
                if owner.0 < layer {
                    *owner = (layer, key);
                } else if owner.0 == layer && owner.1 != key {
                    errors.push(CatalogueError::DuplicateName {
                        file: grade.file.clone(),
                        name: name.name.clone(),
                        earlier: self
                            .grades
                            .get(owner.1)
                            .map_or("", |grade| &grade.id)
                            .to_owned(),
                    });
                }
            }
        }
        self.names = owners
            .into_iter()
            .map(|(name, (_, key))| (name, key.clone()))
            .collect();
    }
}

/// Reads the files of one kind in one layer; a second file with the same key is reported and dropped.
fn read_layer<T>(
    files: &[SourceText],
    errors: &mut Vec<CatalogueError>,
    read: fn(&str, &str) -> Result<T, Vec<CatalogueError>>,
    id: fn(&T) -> &str,
    key: fn(&str) -> String,
) -> Vec<T> {
    let mut first_file: BTreeMap<String, &str> = BTreeMap::new();
    let mut entries = Vec::new();
    for (file, text) in files {
        let entry = match read(file, text) {
            Ok(entry) => entry,
            Err(found) => {
                errors.extend(found);
                continue;
            }
        };
        let key = key(id(&entry));
        if let Some(earlier) = first_file.get(&key) {
            errors.push(CatalogueError::DuplicateId {
                file: file.clone(),
                id: id(&entry).to_owned(),
                earlier: (*earlier).to_owned(),
            });
        } else {
            first_file.insert(key, file);
            entries.push(entry);
        }
    }
    entries
}

fn grade_id(grade: &GradeSpec) -> &str {
    &grade.id
}

fn component_id(component: &Component) -> &str {
    &component.id
}

/// A name without case, white space, hyphens and underscores, which people set as they please.
pub(super) fn folded(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests;
