//! What to print: the expressions of the command line, and the short forms of common ones.

use super::args::{Choice, PeerArg};
use std::fmt::Write as _;
use wsight::filter::{Filter, FilterError};

/// The filter that the options make together; `None` without any.
///
/// # Errors
/// A short form has a value that cannot be read: the option's name, and what is wrong.
pub(super) fn filter(choice: &Choice) -> Result<Option<Filter>, String> {
    let mut filters = choice.expressions.clone();
    if !choice.host.is_empty() {
        let hosts: Vec<String> = choice.host.iter().map(|host| one_host(host)).collect();
        filters.push(short("--host", &hosts.join(" or "))?);
    }
    if !choice.session.is_empty() {
        let mut set = String::new();
        for session in &choice.session {
            // Writing to a String cannot fail.
            let _ = write!(set, "{session} ");
        }
        filters.push(short("--session", &format!("session in {{{set}}}"))?);
    }
    if let Some(side) = choice.from {
        let side = match side {
            PeerArg::Client => "client",
            PeerArg::Server => "server",
        };
        filters.push(short("--from", &format!("from == {side}"))?);
    }
    if let Some(pattern) = &choice.grep {
        filters.push(short("--grep", &format!("message.text ~ {}", quoted(pattern)))?);
    }
    if let Some(time) = &choice.since {
        filters.push(short("--since", &format!("time >= {}", quoted(time)))?);
    }
    if let Some(time) = &choice.until {
        filters.push(short("--until", &format!("time < {}", quoted(time)))?);
    }
    Ok(filters.into_iter().reduce(Filter::and))
}

/// An address or a network of either side, else the name in the Host header, with or without its port.
fn one_host(host: &str) -> String {
    let host = quoted(host);
    let either = format!("client in {host} or server in {host}");
    if Filter::parse(&either).is_ok() {
        either
    } else {
        format!("session.host == {host} or session.host ~ {}", host_and_port(&host))
    }
}

/// A pattern for a name with any port after it, from the quoted name.
fn host_and_port(host: &str) -> String {
    let name: String = host
        .trim_matches('"')
        .chars()
        .flat_map(|c| if c.is_alphanumeric() { vec![c] } else { vec!['\\', c] })
        .collect();
    format!("/^{name}:[0-9]+$/i")
}

fn short(option: &str, expression: &str) -> Result<Filter, String> {
    Filter::parse(expression).map_err(|error: FilterError| format!("{option}: {}", error.message()))
}

/// As text of the filter language.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Cli;
    use clap::Parser;
    use wsight::filter::{Facts, Field, Value};

    struct Event(&'static [(&'static str, &'static str)]);

    impl Facts for Event {
        fn value(&self, field: &Field) -> Option<Value> {
            let (_, value) = self.0.iter().find(|(path, _)| *path == field.path())?;
            Some(value.parse().map_or_else(|_| Value::Text((*value).to_owned()), Value::Number))
        }
    }

    const MESSAGE: Event = Event(&[
        ("session", "23"),
        ("client", "10.0.0.7:40000"),
        ("server", "192.0.2.1:443"),
        ("session.host", "chat.example:8443"),
        ("from", "server"),
        ("message.text", "an \"Error\" \\d"),
        ("time", "2026-01-31T14:02:05.000000000Z"),
    ]);

    fn chosen(options: &[&str]) -> Result<bool, String> {
        let cli = Cli::try_parse_from(std::iter::once("wsight").chain(options.iter().copied())).unwrap();
        Ok(filter(&cli.analyze.choice)?.unwrap().matches(&MESSAGE))
    }

    #[test]
    fn short_forms_choose_what_they_say() {
        for (options, expected) in [
            (&["--host", "10.0.0.7"][..], true),
            (&["--host", "10.0.0.8"], false),
            (&["--host", "192.0.2.0/24"], true),
            (&["--host", "chat.example"], true),
            (&["--host", "chatXexample"], false),
            (&["--host", "10.0.0.8", "--host", "CHAT.example:8443"], false),
            (&["--host", "10.0.0.8", "--host", "chat.example:8443"], true),
            (&["--session", "1,23"], true),
            (&["--session", "2"], false),
            (&["--from", "server"], true),
            (&["--from", "client"], false),
            (&["--grep", "(?i)error\" \\\\d"], true),
            (&["--grep", "error"], false),
            (&["--since", "14:02", "--until", "14:03"], true),
            (&["--since", "2026-02-01"], false),
            (&["--from", "server", "--session", "1"], false),
            (&["--where", "session == 23", "--where", "session == 1"], false),
        ] {
            assert_eq!(chosen(options), Ok(expected), "{options:?}");
        }
        let error = chosen(&["--since", "noon"]).unwrap_err();
        assert!(error.starts_with("--since: `noon` is not a valid time"), "{error}");
        assert!(chosen(&["--grep", "("]).unwrap_err().starts_with("--grep: the pattern cannot be read"));
    }
}
