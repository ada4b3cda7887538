//! What to print: the expressions of the command line, and the short forms of common ones.

use super::args::{Choice, PeerArg};
use super::values::SessionRange;
use crate::filter::{Filter, FilterError};
use crate::model::Zone;

/// The filter that the options make together; `None` without any.
///
/// # Errors
/// A short form has a value that cannot be read: the option's name, and what is wrong.
pub(super) fn filter(choice: &Choice, zone: &Zone) -> Result<Option<Filter>, String> {
    Ok(parts(choice, zone)?.into_iter().map(|(_, filter)| filter).reduce(Filter::and))
}

/// The same as one expression, as people would type it; empty without any.
///
/// # Errors
/// As [`filter`].
#[cfg(feature = "tui")]
pub(super) fn expression(choice: &Choice, zone: &Zone) -> Result<String, String> {
    let parts = parts(choice, zone)?;
    if let [(one, _)] = parts.as_slice() {
        return Ok(one.clone());
    }
    let parts: Vec<String> = parts.into_iter().map(|(expression, _)| format!("({expression})")).collect();
    Ok(parts.join(" and "))
}

/// What each option asks for: the expression, and the filter that it is.
fn parts(choice: &Choice, zone: &Zone) -> Result<Vec<(String, Filter)>, String> {
    let mut parts = Vec::new();
    for expression in &choice.expressions {
        let filter = Filter::parse_in(expression, zone).map_err(|error| format!("--where: {error}"))?;
        parts.push((expression.clone(), filter));
    }
    let mut short = |option: &str, written: &str, expression: String| {
        parts.push((expression.clone(), short_in(option, written, &expression, zone)?));
        Ok::<(), String>(())
    };
    if !choice.host.is_empty() {
        let hosts = choice.host.iter().map(|host| one_host(host)).collect::<Result<Vec<_>, _>>()?;
        short("--host", &choice.host.join(" "), hosts.join(" or "))?;
    }
    if !choice.session.is_empty() {
        let range = |sessions: &SessionRange| {
            if sessions.first == sessions.last {
                sessions.first.to_string()
            } else {
                format!("{}..{}", sessions.first, sessions.last)
            }
        };
        let set = choice.session.iter().map(range).collect::<Vec<_>>().join(", ");
        short("--session", &set, format!("session in {{{set}}}"))?;
    }
    if let Some(side) = choice.from {
        let side = match side {
            PeerArg::Client => "client",
            PeerArg::Server => "server",
        };
        short("--from", side, format!("from == {side}"))?;
    }
    if let Some(pattern) = &choice.grep {
        short("--grep", pattern, format!("message.text ~ {}", quoted(pattern)))?;
    }
    if let Some(time) = &choice.since {
        short("--since", time, format!("time >= {}", quoted(time)))?;
    }
    if let Some(time) = &choice.until {
        short("--until", time, format!("time < {}", quoted(time)))?;
    }
    Ok(parts)
}

/// What to say of a pattern that is written between slashes, as the filter language and the terminal UI take it: here they
/// are looked for as well.
pub(super) fn slashes(choice: &Choice) -> Option<String> {
    let pattern = choice.grep.as_deref()?;
    let (inner, flags) = pattern.strip_prefix('/')?.rsplit_once('/')?;
    let is_meant = !inner.is_empty() && flags.chars().all(|flag| "ims".contains(flag));
    let flags = if flags.is_empty() { String::new() } else { format!("(?{flags})") };
    let escaped = |text: &str| crate::model::escape(text.as_bytes());
    is_meant.then(|| {
        format!(
            "--grep takes a pattern without slashes, and looks for those in `{}`: write '{flags}{}'",
            escaped(pattern),
            escaped(inner)
        )
    })
}

/// An address or a network of either side, else the name in the Host header, or that TLS asks for, with or without its port.
///
/// # Errors
/// It looks like an address and is none: no name has only numbers in it.
fn one_host(host: &str) -> Result<String, String> {
    let name = quoted(host);
    let either = format!("client in {name} or server in {name}");
    if Filter::parse(&either).is_ok() {
        return Ok(either);
    }
    if host.chars().all(|c| c.is_ascii_digit() || ".:/".contains(c)) {
        short_in("--host", host, &either, &Zone::UTC)?;
    }
    let sni = |name: &str| format!("tls.sni ~ /^{}$/i", escaped(name));
    let whole = format!("session.host ~ {} or {}", host_and_port(&name), sni(host));
    // The header leaves the port out where it is the scheme's own, and people who write it by hand often do.
    let apart = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok());
    Ok(apart.map_or(whole.clone(), |(name, port)| {
        let named = format!("session.host ~ /^{}$/i", escaped(name));
        let asked = sni(name);
        format!("session.host ~ /^{}$/i or ({named} or {asked}) and server.port == {port}", escaped(host))
    }))
}

/// A pattern for a name, in any case as names of hosts are (RFC 9110 §4.2.3), with or without a port, from the quoted name.
fn host_and_port(host: &str) -> String {
    format!("/^{}(:[0-9]+)?$/i", escaped(host.trim_matches('"')))
}

/// As a part of a pattern.
fn escaped(name: &str) -> String {
    name.chars().flat_map(|c| if c.is_alphanumeric() { vec![c] } else { vec!['\\', c] }).collect()
}

/// The filter that an option with the value `written` stands for, with times in `zone`.
fn short_in(option: &str, written: &str, expression: &str, zone: &Zone) -> Result<Filter, String> {
    let line = format!("{option} {written}");
    let value = option.len() + 1..line.len();
    Filter::parse_in(expression, zone)
        .map_err(|error: FilterError| format!("{option}: {}", error.about(&line, value)))
}

/// As text of the filter language.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Cli;
    use crate::filter::{Field, FieldValues, Value};
    use crate::model::Timestamp;
    use clap::Parser;
    use std::borrow::Cow;

    struct Event(&'static [(&'static str, &'static str)]);

    impl FieldValues for Event {
        fn value(&self, field: &Field) -> Option<Cow<'_, Value>> {
            // 2026-01-31T14:02:05Z
            if field.path() == "time" {
                return Some(Cow::Owned(Value::Time(Timestamp::from_nanos(1_769_868_125_000_000_000))));
            }
            let (_, value) = self.0.iter().find(|(path, _)| *path == field.path())?;
            let value = value.parse().map_or_else(|_| Value::Text((*value).to_owned()), Value::Number);
            Some(Cow::Owned(value))
        }
    }

    const MESSAGE: Event = Event(&[
        ("session", "23"),
        ("client", "10.0.0.7:40000"),
        ("server", "192.0.2.1:443"),
        ("session.host", "chat.example:8443"),
        ("from", "server"),
        ("message.text", "an \"Error\" \\d"),
    ]);

    fn chosen(options: &[&str]) -> Result<bool, String> {
        let cli = Cli::try_parse_from(std::iter::once("wsight").chain(options.iter().copied())).unwrap();
        let (choice, zone) = (&cli.analyze.choice, cli.analyze.times.zone());
        let is_chosen = filter(choice, &zone)?.unwrap().matches(&MESSAGE);
        #[cfg(feature = "tui")]
        {
            let expression = expression(choice, &zone)?;
            let typed = Filter::parse_in(&expression, &zone).map_err(|error| error.to_string())?;
            assert_eq!(typed.matches(&MESSAGE), is_chosen, "{options:?}: {expression}");
        }
        Ok(is_chosen)
    }

    #[test]
    fn short_forms_choose_what_they_say() {
        for (options, expected) in [
            (&["--host", "10.0.0.7"][..], true),
            (&["--host", "10.0.0.8"], false),
            (&["--host", "192.0.2.0/24"], true),
            (&["--host", "chat.example"], true),
            (&["--host", "chatXexample"], false),
            (&["--host", "10.0.0.8", "--host", "CHAT.example:8443"], true),
            (&["--host", "chat.example:844"], false),
            (&["--host", "CHAT.Example"], true),
            (&["--host", "10.0.0.8,10.0.0.7"], true),
            (&["--host", "10.0.0.8", "--host", "chat.example:8443"], true),
            (&["--session", "1,23"], true),
            (&["--session", "2"], false),
            (&["--session", "1,20-25"], true),
            (&["--session", "1-22"], false),
            (&["--from", "server"], true),
            (&["--from", "client"], false),
            (&["--grep", "(?i)error\" \\\\d"], true),
            (&["--grep", "error"], false),
            (&["--since", "14:02", "--until", "14:03"], true),
            (&["--since", "2026-02-01"], false),
            (&["--since", "2026-01-31 14:02:05.000 UTC"], true),
            (&["--until", "2026-01-31 14:02:05.000 UTC"], false),
            (&["--from", "server", "--session", "1"], false),
            (&["--where", "session == 23", "--where", "session == 1"], false),
        ] {
            assert_eq!(chosen(options), Ok(expected), "{options:?}");
        }
        for (option, wrong) in
            [("--since", "14:99"), ("--until", "25:00"), ("--since", "noon"), ("--host", "10.0.0.300")]
        {
            let error = chosen(&[option, wrong]).unwrap_err();
            let kind = if option == "--host" { "address" } else { "time" };
            assert!(error.starts_with(&format!("{option}: `{wrong}` is not a valid {kind}")), "{error}");
            let carets = "^".repeat(wrong.len());
            assert!(
                error.ends_with(&format!(
                    "\n  {option} {wrong}\n  {:width$}{carets}",
                    "",
                    width = option.len() + 1
                )),
                "{error}"
            );
        }
        for (pattern, hint) in
            [("/error/i", Some("'(?i)error'")), ("/chat/", Some("'chat'")), ("/chat", None), ("//", None)]
        {
            let cli = Cli::try_parse_from(["wsight", "--grep", pattern]).unwrap();
            let told = slashes(&cli.analyze.choice);
            assert_eq!(told.is_some(), hint.is_some(), "{pattern}: {told:?}");
            assert!(told.unwrap_or_default().ends_with(hint.unwrap_or_default()));
        }
        for wrong in ["3-1", "0x3", "1-", "a"] {
            let error = Cli::try_parse_from(["wsight", "--session", wrong]).unwrap_err().to_string();
            assert!(error.contains("a number such as 3, or several such as 3,5 or 3-7"), "{error}");
        }
        assert!(chosen(&["--grep", "("]).unwrap_err().starts_with("--grep: the pattern cannot be read"));
    }
}
