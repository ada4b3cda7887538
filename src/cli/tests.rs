//! The command line's words, read.

use super::args::{Cli, Color, Command, Format};
use super::values;
use crate::findings::{Id, Severity};
use crate::model::{Limit, Limits};
use crate::report::Kind;
use clap::{CommandFactory, Parser};

fn parse(line: &str) -> Result<Cli, String> {
    Cli::try_parse_from(line.split(' ')).map_err(|error| error.to_string())
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn options_are_lists_and_repeatable() {
    let line = "wsight -f json --only finding,summary --ignore probe,pong-late --ignore upgrade-slow \
        --severity pong-unsolicited=error --port 9001 --port 80 --limit idle-seconds=60 --limit message-bytes=1_000 \
        --fail-on warning a.pcap - b.pcap --color never";
    let cli = parse(line).unwrap();
    let args = cli.analyze;
    assert_eq!(
        (args.format, cli.color, args.fail_on),
        (Some(Format::Json), Color::Never, Some(Severity::Warning))
    );
    assert_eq!(args.only, [Kind::Finding, Kind::Summary]);
    assert_eq!(args.ignore, [Id::Probe, Id::PongLate, Id::UpgradeSlow]);
    assert_eq!(args.severity, [(Id::PongUnsolicited, Severity::Error)]);
    assert_eq!(args.port, [9001, 80]);
    assert_eq!(args.limit, [(Limit::IdleSeconds, 60), (Limit::MessageBytes, 1_000)]);
    assert_eq!(args.files, ["a.pcap", "-", "b.pcap"]);
}

#[test]
fn explain_takes_the_rest_of_the_line() {
    let cli = parse("wsight explain no close frame received").unwrap();
    let Some(Command::Explain { text }) = cli.command else { panic!("{:?}", cli.command) };
    assert_eq!(text.join(" "), "no close frame received");
    assert!(parse("wsight ./explain").unwrap().command.is_none());
}

#[test]
fn what_is_wrong_is_said_with_a_way_out() {
    for (line, part) in [
        ("wsight --ignore pong-mismtach x", "did you mean pong-mismatch"),
        ("wsight --ignore zzz x", "`wsight explain` lists them all"),
        ("wsight --severity pong-late x", "ID=SEVERITY"),
        ("wsight --severity pong-late=bad x", "error, warning or note"),
        ("wsight --limit idle=1 x", "no limit called 'idle'"),
        ("wsight --limit idle-seconds=soon x", "whole number"),
        ("wsight --only frames x", "upgrade, tls, frame, message"),
        ("wsight --port 0 x", "0 is not in 1..=65535"),
    ] {
        let error = parse(line).unwrap_err();
        assert!(error.contains(part), "{line}: {error}");
    }
}

#[test]
fn help_lists_every_limit() {
    let help = Cli::command().render_long_help().to_string();
    for limit in Limit::ALL {
        assert!(help.contains(&format!("{limit}={}", Limits::default().of(*limit))), "{limit}");
    }
}

#[test]
fn near_names() {
    assert_eq!(values::near("pong_mismatch").first(), Some(&Id::PongMismatch));
    assert!(values::near("close").contains(&Id::CloseMissing));
    assert!(values::near("").is_empty());
    assert!(values::near("x").is_empty());
}
