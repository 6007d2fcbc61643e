//! Settings of a role that can change while it runs.

use crate::RoleError;
use squall_model::node_config::NodeConfig;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Typed settings, read from the configuration's text.
pub trait Settings: Sized + Send + Sync + 'static {
    /// The settings that may change at run time.
    const LIVE: &'static [&'static str];

    /// # Errors
    /// The first setting that does not read, with its value.
    fn read(config: &NodeConfig) -> Result<Self, String>;
}

/// The settings in force.
#[derive(Debug)]
pub struct Live<T> {
    config: Mutex<NodeConfig>,
    now: RwLock<Arc<T>>,
}

impl<T: Settings> Live<T> {
    /// # Errors
    /// [`RoleError::Setting`].
    pub fn new(config: NodeConfig) -> Result<Live<T>, RoleError> {
        let now = T::read(&config).map_err(RoleError::Setting)?;
        Ok(Live { config: Mutex::new(config), now: RwLock::new(Arc::new(now)) })
    }

    pub fn get(&self) -> Arc<T> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// # Errors
    /// Unknown key or bad value; nothing has changed then.
    pub fn set(&self, key: &str, value: &str) -> Result<(), String> {
        if T::LIVE.is_empty() {
            return Err(format!("setting \"{key}\" cannot change here, nor can any other"));
        }
        if !T::LIVE.contains(&key) {
            return Err(format!("no setting \"{key}\" here; there are {}", T::LIVE.join(", ")));
        }
        let mut config = self.config.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = config.clone();
        changed.settings.insert(key.to_owned(), value.to_owned());
        let typed = T::read(&changed)?;
        *config = changed;
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(typed);
        Ok(())
    }

    /// As text, without what is secret.
    pub fn show(&self) -> BTreeMap<String, String> {
        let config = self.config.lock().unwrap_or_else(PoisonError::into_inner);
        let mut shown = config.settings.clone();
        shown.remove("secret");
        shown
    }
}

/// Reads one of a few words.
pub fn word<T: Copy>(
    config: &NodeConfig,
    key: &str,
    default: &str,
    words: &[(&str, T)],
) -> Result<T, String> {
    let given = config.settings.get(key).map_or(default, String::as_str);
    words.iter().find(|(word, _)| *word == given).map(|(_, value)| *value).ok_or_else(|| {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        format!("setting {key} is one of {}, not \"{given}\"", known.join(", "))
    })
}

/// Reads a number inside a range.
pub fn number<T>(
    config: &NodeConfig,
    key: &str,
    default: T,
    range: std::ops::RangeInclusive<T>,
) -> Result<T, String>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    let value = config.setting(key, default)?;
    if range.contains(&value) {
        return Ok(value);
    }
    Err(format!("setting {key} lies between {} and {}, not {value}", range.start(), range.end()))
}
