//! The profile that is used, in the files that it is written in.

use std::borrow::Cow;

use aws_config::profile::{self, ProfileFileLoadError, ProfileSet};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

/// A profile file that is none. Its source names the file and the line.
#[derive(Debug, thiserror::Error)]
#[error("the profile files of AWS cannot be read")]
pub struct ProfileFilesError(#[from] ProfileFileLoadError);

/// A profile and those that it takes its credentials from.
#[derive(Debug)]
pub(super) struct Profiles {
    /// Both files as the SDK reads them, the one over the other.
    merged: ProfileSet,
    /// Each by itself, so that a message can name it.
    files: Vec<(String, ProfileSet)>,
    /// Where the SDK finds both.
    sources: EnvConfigFiles,
}

/// A value of a profile, and where it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) file: &'a str,
    pub(super) profile: &'a str,
    pub(super) value: &'a str,
}

impl Profiles {
    /// Reads the files that there are. One that is absent is empty.
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

    /// Profiles of a text, as if it were `~/.aws/config`.
    #[cfg(test)]
    pub(super) async fn of_text(text: &str, name: &str) -> Result<Self, ProfileFilesError> {
        let kind = aws_runtime::env_config::file::EnvConfigFileKind::Config;
        let sources = EnvConfigFiles::builder().with_contents(kind, text).build();
        let files = vec![("~/.aws/config".to_owned(), load(&sources, name).await?)];
        Ok(Self { merged: load(&sources, name).await?, files, sources })
    }

    /// The name of the profile.
    pub(super) fn name(&self) -> &str {
        self.merged.selected_profile()
    }

    /// Where the SDK finds it.
    pub(super) fn sources(&self) -> EnvConfigFiles {
        self.sources.clone()
    }

    /// What the profile says, when it says something.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.merged.get(key).filter(|value| !value.is_empty())
    }

    /// What the profile, and those that it takes its credentials from, say, in each file. Nothing is said by an empty
    /// value.
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

    /// Whether a role is assumed with the keys of the environment.
    pub(super) fn take_keys_of_the_environment(&self) -> bool {
        self.entries("credential_source").any(|entry| entry.value == "Environment")
    }

    /// The profile, the one that it names as its source, and so on.
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
