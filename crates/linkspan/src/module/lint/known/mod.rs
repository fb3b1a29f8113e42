//! What the modules that a module depends on provide: from their sources (`--addons-path`) where given, otherwise
//! from small tables of facts in this folder.
//!
//! Whoever asks gets "unknown" when a dependency is in neither; rules stay silent then.

mod components;
mod framework;
mod models;
mod modules;
mod removed;

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

pub(crate) use components::{Component, Resolved};
pub(crate) use models::Model;
pub(crate) use removed::{removed_field, removed_model};

use super::index::Index;
use super::load::{self, Loaded, Module};
use crate::module::Series;

/// Everything known about a module's surroundings.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The modules it depends on, directly or not. Always with `base`.
    pub(crate) depends: HashSet<String>,
    /// Whether what each of them depends on and provides is known.
    pub(crate) is_complete: bool,
    /// Whether the source of each of them was read, so that their fields are known too.
    pub(crate) has_all_sources: bool,
    pub(crate) models: HashMap<String, Model>,
    pub(crate) components: HashMap<String, Component>,
    /// Every module that some table or source knows to define a model, also outside of `depends`.
    providers: HashMap<String, Vec<String>>,
    /// Licences of the modules in `depends`.
    pub(crate) licenses: HashMap<String, String>,
    /// External ids of the sources that were read: `module.name`.
    pub(crate) xml_ids: HashSet<String>,
    /// Modules whose source was read.
    pub(crate) sources: HashSet<String>,
}

/// Sources of modules beside the checked one.
pub(crate) struct Library {
    folders: HashMap<String, PathBuf>,
    /// What is read already, or being read by another thread: many modules of a folder depend on the same ones.
    read: Mutex<HashMap<PathBuf, Arc<Reading>>>,
}

type Reading = OnceLock<Result<Arc<Loaded>, io::ErrorKind>>;

impl Library {
    /// The modules in these folders; the first of a name wins.
    pub(crate) fn new(paths: &[PathBuf]) -> io::Result<Library> {
        let mut folders = HashMap::new();
        for path in paths {
            for folder in load::find_modules(path)? {
                let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
                folders.entry(name.unwrap_or_default()).or_insert(folder);
            }
        }
        Ok(Library { folders, read: Mutex::default() })
    }

    fn named(&self, name: &str) -> Option<Arc<Loaded>> {
        self.load(self.folders.get(name)?).ok()
    }

    /// The module in `folder`, read once.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub(crate) fn load(&self, folder: &Path) -> io::Result<Arc<Loaded>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let reading = Arc::clone(read.entry(folder.to_owned()).or_default());
        drop(read);
        let loaded =
            reading.get_or_init(|| load::load(folder, folder).map(Arc::new).map_err(|error| error.kind()));
        loaded.clone().map_err(io::Error::from)
    }
}

impl Known {
    /// What is known around `module` for these series.
    pub(crate) fn new(module: &Module, own: &Index<'_>, targets: &[Series], library: &Library) -> Known {
        let mut known = Known { is_complete: true, has_all_sources: true, ..Known::default() };
        let direct = module.manifest.depends.iter().map(|text| text.value.clone());
        let mut waiting: Vec<String> = direct.chain(["base".to_owned()]).collect();
        while let Some(name) = waiting.pop() {
            if name == module.name || !known.depends.insert(name.clone()) {
                continue;
            }
            if let Some(loaded) = library.named(&name) {
                let source = &loaded.module;
                waiting.extend(source.manifest.depends.iter().map(|text| text.value.clone()));
                known.take_source(source);
            } else if let Some(facts) = modules::facts(&name, targets) {
                known.has_all_sources = false;
                waiting.extend(facts.depends.iter().map(|depend| (*depend).to_owned()));
                known.licenses.insert(name.clone(), facts.license.to_owned());
                components::add_known(&mut known.components, &name);
            } else {
                (known.is_complete, known.has_all_sources) = (false, false);
            }
        }
        models::add_known(&mut known, targets);
        known.take_module(&module.name, own);
        known
    }

    fn take_source(&mut self, module: &Module) {
        let index = Index::new(module);
        let license = module.manifest.license.as_ref().map_or("LGPL-3", |text| text.value.as_str());
        self.licenses.insert(module.name.clone(), license.to_owned());
        self.sources.insert(module.name.clone());
        let ids = index.data.records.iter().filter_map(|record| record.id.as_ref());
        self.xml_ids.extend(ids.map(|id| format!("{}.{id}", module.name)));
        self.take_module(&module.name, &index);
    }

    fn take_module(&mut self, name: &str, index: &Index<'_>) {
        for class in index.python.models() {
            models::take(self, name, class);
        }
        for class in index.python.components() {
            components::take(&mut self.components, class);
        }
    }

    /// The modules that are known to define a model. Empty when none is.
    pub(crate) fn providers(&self, model: &str) -> &[String] {
        self.providers.get(model).map_or(&[], Vec::as_slice)
    }

    /// Whether a model exists where the module is installed; `None` when that cannot be known.
    pub(crate) fn model_exists(&self, name: &str) -> Option<bool> {
        if self.models.get(name).is_some_and(|model| model.is_defined) {
            return Some(true);
        }
        self.is_complete.then_some(false)
    }
}
