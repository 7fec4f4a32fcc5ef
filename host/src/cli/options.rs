//! What `serve` and `dev` can be told, by flag or environment, and how it is laid over the file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, ValueEnum};
use pegboard::config::{Config, ConfigError};
use pegboard::telemetry;

/// The file that is read if it is there and no other is named.
const DEFAULT_FILE: &str = "pegboard.toml";

/// Where the settings are.
#[derive(Debug, Default, Args)]
pub(crate) struct ConfigFile {
    /// Read settings from this file [default: ./pegboard.toml if there is one].
    #[arg(long, value_name = "FILE", env = "PEGBOARD_CONFIG")]
    config: Option<PathBuf>,
}

/// Where a server is administered.
#[derive(Debug, Default, Args)]
pub(crate) struct AdminSocket {
    /// Administer the server over this Unix socket [default: pegboard.sock in the user's runtime directory].
    #[arg(long, value_name = "PATH", env = "PEGBOARD_ADMIN_SOCKET")]
    admin_socket: Option<PathBuf>,
}

/// What all commands that read settings can be told.
#[derive(Debug, Default, Args)]
pub(crate) struct Settings {
    #[command(flatten)]
    file: ConfigFile,
    /// Keep compiled plugins in this directory, private to you [default: pegboard, in your cache directory].
    #[arg(long, value_name = "DIR", env = "PEGBOARD_CACHE_DIR")]
    cache_dir: Option<PathBuf>,
}

/// What a server can be told on whatever transport. What is not given is left as the configuration file has it.
#[derive(Debug, Default, Args)]
pub(crate) struct Common {
    /// Serve the plugins in this directory [default: ./plugins].
    #[arg(long, value_name = "DIR", env = "PEGBOARD_PLUGINS")]
    plugins: Option<PathBuf>,
    /// Read what each plugin is granted, <plugin>.toml, from this directory [default: ./grants].
    #[arg(long, value_name = "DIR", env = "PEGBOARD_GRANTS")]
    grants: Option<PathBuf>,
    /// Serve only what was approved, as this file says; `pegboard approve` writes it.
    #[arg(long, value_name = "FILE", env = "PEGBOARD_LOCK")]
    lock: Option<PathBuf>,
    #[command(flatten)]
    admin: AdminSocket,
    #[command(flatten)]
    settings: Settings,
    /// Log for people or for programs [default: text].
    #[arg(long, value_name = "FORMAT", env = "PEGBOARD_LOG_FORMAT")]
    log_format: Option<LogFormat>,
    /// Log this much: a level, or directives such as `info,pegboard::loader=debug` [default: info].
    #[arg(long, value_name = "LEVEL", env = "PEGBOARD_LOG_LEVEL")]
    log_level: Option<String>,
}

/// What a server over HTTP can be told.
#[derive(Debug, Default, Args)]
pub(crate) struct Options {
    /// Listen here; port 0 takes a free one [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR:PORT", env = "PEGBOARD_LISTEN", value_parser = address)]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    common: Common,
    /// Clients may reach this server under this host name too; may be repeated.
    #[arg(long = "allowed-host", value_name = "NAME", env = "PEGBOARD_ALLOWED_HOSTS", value_delimiter = ',')]
    allowed_hosts: Vec<String>,
    /// Pages of this origin may use this server too; may be repeated.
    #[arg(long = "allowed-origin", value_name = "ORIGIN", env = "PEGBOARD_ALLOWED_ORIGINS", value_delimiter = ',')]
    allowed_origins: Vec<String>,
    /// Let everybody who reaches this server call its tools, also from other machines.
    #[arg(long, env = "PEGBOARD_ALLOW_UNAUTHENTICATED", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    allow_unauthenticated: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

impl ConfigFile {
    /// The file, or the defaults.
    pub(crate) fn read(&self) -> Result<Config, ConfigError> {
        match &self.config {
            Some(path) => Config::load(path),
            None if Path::new(DEFAULT_FILE).exists() => Config::load(Path::new(DEFAULT_FILE)),
            None => Ok(Config::default()),
        }
    }
}

impl AdminSocket {
    /// The one that was named.
    pub(crate) fn given(&self) -> Option<&Path> {
        self.admin_socket.as_deref()
    }
}

impl Settings {
    /// The file, or the defaults, with what was given laid over it.
    pub(crate) fn read(&self) -> Result<Config, ConfigError> {
        let mut config = self.file.read()?;
        if let Some(directory) = &self.cache_dir {
            config.compile.cache_dir = Some(directory.clone());
        }
        Ok(config)
    }
}

impl Common {
    /// The settings: flags over environment over file over defaults.
    pub(crate) fn settings(&self) -> Result<Config, ConfigError> {
        let mut config = self.settings.read()?;
        replace(&mut config.loader.directory, self.plugins.clone());
        replace(&mut config.grants.directory, self.grants.clone());
        if self.lock.is_some() {
            config.lock.file.clone_from(&self.lock);
        }
        if let Some(socket) = self.admin.given() {
            config.admin.socket = Some(socket.to_owned());
        }
        replace(&mut config.log.format, self.log_format.map(Into::into));
        replace(&mut config.log.level, self.log_level.clone());
        Ok(config)
    }
}

impl Options {
    /// As [`Common::settings`].
    pub(crate) fn settings(&self) -> Result<Config, ConfigError> {
        let mut config = self.common.settings()?;
        let transport = &mut config.transport;
        replace(&mut transport.listen, self.listen);
        transport.allow_unauthenticated |= self.allow_unauthenticated;
        transport.allowed_hosts.extend(self.allowed_hosts.iter().cloned());
        transport.allowed_origins.extend(self.allowed_origins.iter().cloned());
        Ok(config)
    }
}

fn replace<T>(setting: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *setting = given;
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "write an address and a port, such as 127.0.0.1:8080, or port 0 for a free one".to_owned())
}

impl From<LogFormat> for telemetry::Format {
    fn from(format: LogFormat) -> Self {
        match format {
            LogFormat::Text => Self::Text,
            LogFormat::Json => Self::Json,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        options: Options,
    }

    fn over(file: &str, flags: &[&str]) -> Config {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, file).unwrap();
        let named = ["pegboard", "--config", path.to_str().unwrap()];
        Program::parse_from(named.iter().chain(flags)).options.settings().unwrap()
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let file = "[transport]\nlisten = \"127.0.0.1:1\"\n[log]\nlevel = \"debug\"\n";
        assert_eq!(over(file, &[]).transport.listen.port(), 1);
        assert_eq!(over("", &[]).transport.listen.port(), 8080);
        let config = over(file, &["--listen", "127.0.0.1:2", "--log-format", "json"]);
        assert_eq!(config.transport.listen.port(), 2);
        assert_eq!((config.log.format, &*config.log.level), (telemetry::Format::Json, "debug"));
    }

    #[test]
    fn allowed_names_add_to_those_of_the_file() {
        let file = "[transport]\nallowed_hosts = [\"a.test\"]\n";
        let config = over(file, &["--allowed-host", "b.test", "--allowed-host", "c.test:1,d.test"]);
        assert_eq!(config.transport.allowed_hosts, ["a.test", "b.test", "c.test:1", "d.test"]);
        assert!(!config.transport.allow_unauthenticated);
        assert!(over("", &["--allow-unauthenticated"]).transport.allow_unauthenticated);
    }
}
