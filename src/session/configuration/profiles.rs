//! The selected profile and its files.

use std::borrow::Cow;

use aws_config::profile::{self, ProfileFileLoadError, ProfileSet};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

/// A malformed profile file. Its source names file and line.
#[derive(Debug, thiserror::Error)]
#[error("the profile files of AWS cannot be read")]
pub struct ProfileFilesError(#[from] ProfileFileLoadError);

/// A profile and those it takes its credentials from.
#[derive(Debug)]
pub(super) struct Profiles {
    /// Both files merged, as the SDK reads them.
    merged: ProfileSet,
    /// Each file by itself, so that messages can name it.
    files: Vec<(String, ProfileSet)>,
    /// Where the SDK looks for both.
    sources: EnvConfigFiles,
}

/// A value of a profile, and its location.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) file: &'a str,
    pub(super) profile: &'a str,
    pub(super) value: &'a str,
}

impl Profiles {
    /// Reads the files. A missing one counts as empty.
    pub(super) async fn read(name: &str) -> Result<Self, ProfileFilesError> {
        let config = || EnvConfigFiles::builder().include_default_config_file(true);
        let credentials = || EnvConfigFiles::builder().include_default_credentials_file(true);
        let sources = config().include_default_credentials_file(true).build();
        let file = |variable: &str, usual: &str| std::env::var(variable).unwrap_or_else(|_| usual.to_owned());
        Ok(Self {
            merged: load(&sources, name).await?,
            files: vec![
                (file("AWS_CONFIG_FILE", "~/.aws/config"), load(&config().build(), name).await?),
                (file("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"), load(&credentials().build(), name).await?),
            ],
            sources,
        })
    }

    /// Profiles of a text in the format of `~/.aws/config`.
    #[cfg(test)]
    pub(super) async fn of_text(text: &str, name: &str) -> Result<Self, ProfileFilesError> {
        let kind = aws_runtime::env_config::file::EnvConfigFileKind::Config;
        let sources = EnvConfigFiles::builder().with_contents(kind, text).build();
        let files = vec![("~/.aws/config".to_owned(), load(&sources, name).await?)];
        Ok(Self { merged: load(&sources, name).await?, files, sources })
    }

    pub(super) fn name(&self) -> &str {
        self.merged.selected_profile()
    }

    /// Where the SDK looks for the files.
    pub(super) fn sources(&self) -> EnvConfigFiles {
        self.sources.clone()
    }

    /// A value of the profile, if set.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.merged.get(key).filter(|value| !value.is_empty())
    }

    /// Values of the profile, and of those it takes its credentials from, per file. Empty values count as unset.
    pub(super) fn entries(&self, key: &str) -> impl Iterator<Item = Entry<'_>> {
        let chain = self.chain();
        let places = self.files.iter().flat_map(move |(file, set)| {
            let profiles = chain.iter().filter_map(|name| set.get_profile(name)).collect::<Vec<_>>();
            profiles.into_iter().map(move |profile| (file, profile))
        });
        places.filter_map(move |(file, profile)| {
            let value = profile.get(key).filter(|value| !value.is_empty())?;
            Some(Entry { file, profile: profile.name(), value })
        })
    }

    /// Whether a role is assumed with keys from the environment.
    pub(super) fn take_keys_of_the_environment(&self) -> bool {
        self.entries("credential_source").any(|entry| entry.value == "Environment")
    }

    /// The profile, its source profile, and so on.
    fn chain(&self) -> Vec<&str> {
        let mut names = vec![self.merged.selected_profile()];
        while let Some(next) = names.last().and_then(|name| self.merged.get_profile(name)?.get("source_profile"))
            && !names.contains(&next)
        {
            names.push(next);
        }
        names
    }
}

async fn load(files: &EnvConfigFiles, name: &str) -> Result<ProfileSet, ProfileFilesError> {
    Ok(profile::load(&Fs::real(), &Env::real(), files, Some(Cow::Owned(name.to_owned()))).await?)
}
