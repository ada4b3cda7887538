//! What the help says besides the options: forms of the command line, examples, exit statuses.

/// The forms of a command line.
#[cfg(feature = "live")]
pub(super) const USAGE: &str = "\
wsight [OPTIONS] FILE... [BPF]...
       wsight -i IFACE [OPTIONS] [BPF]...
       wsight interfaces
       wsight split --into N -o DIR FILE...
       wsight report --tables DIR [-o PATH]
       wsight explain [FINDING-ID or ERROR TEXT]
       wsight completions SHELL
       wsight man";

/// The forms of a command line.
#[cfg(not(feature = "live"))]
pub(super) const USAGE: &str = "\
wsight [OPTIONS] [FILE]...
       wsight split --into N -o DIR FILE...
       wsight report --tables DIR [-o PATH]
       wsight explain [FINDING-ID or ERROR TEXT]
       wsight completions SHELL
       wsight man";

/// What `-h` ends with.
pub(super) const SHORT_EXAMPLES: &str = "\
Examples:
  wsight trace.pcapng                  open the terminal UI; print text if there is no terminal
  wsight -f text trace.pcapng          what happened, and what is wrong
  wsight -i eth0 tcp port 8080         watch traffic live
  wsight explain pong-mismatch         what a finding means and what to do
  wsight --help                        more examples, and all options in full";

/// What `--help` ends with.
pub(super) const EXAMPLES: &str = "\
Examples:
  Open a capture in the terminal UI (? shows its keys), or print what happened in each session:
      wsight trace.pcapng
      wsight -f text trace.pcapng

  Only what is wrong, or only the verdict:
      wsight --only finding,summary trace.pcapng
      wsight -f summary trace.pcapng

  Watch traffic live (needs root or the capability to capture), and save the packets:
      wsight -i any tcp port 8080
      wsight -i eth0 -i lo -f json -w trace.pcapng tcp port 8080

  The same on a host where only tcpdump may capture (-U passes each packet on at once, tee keeps them):
      ssh server tcpdump -i any -U -w - 'tcp port 8080' | tee trace.pcap | wsight -

  Push metrics, and each session as a span, to a collector of OpenTelemetry:
      wsight -i any -f summary --otlp http://127.0.0.1:4318 tcp port 8080

  Only some packets of a capture, as with tcpdump:
      wsight -f text trace.pcapng host 10.0.0.7 and port 8080
      wsight -f text -r trace.pcapng 'tcp port 8080'

  One session, or all sessions of a host, into a capture of their own:
      wsight -f text --session 3 -w session-3.pcapng trace.pcapng
      wsight -f summary --host 10.0.0.7 -w host.pcapng monday.pcap tuesday.pcap

  Fail a CI job if a peer broke the protocol, but allow heartbeats:
      wsight --fail-on error --ignore pong-unsolicited trace.pcapng

  Pass the result on: to somebody with a browser, to a CI system, to Chrome's developer tools, to a spreadsheet or a database:
      wsight -o report.html trace.pcapng
      wsight -o commented.pcapng trace.pcap
      wsight --fail-on error --force -f junit -o wsight.xml trace.pcapng
      wsight -o trace.har trace.pcapng
      wsight -f csv -o tables trace.pcapng
      wsight -f parquet -o tables trace.pcapng

  The same for somebody who must not see what was said, and between whom:
      wsight --redact -o report.html trace.pcapng
      wsight --redact -o redacted.pcapng trace.pcapng

  The captures of many hosts, a folder for each: tables with a part for each host and day; run it again to resume an interrupted run:
      wsight -f parquet -o tables captures/
      wsight -f parquet -o tables --host-from '/captures/([^/]+)/' 'captures/**/ring_*.pcapng.gz'

  A page of these tables: what was found on which hosts, and since when:
      wsight report --tables tables -o fleet.html

  All messages of one session as text, with jq:
      wsight -f json --only message --payload full trace.pcapng | jq -r 'select(.session == 1).text // empty'

  One side's messages, or the sessions of one path that took long:
      wsight --from server --grep '(?i)error' trace.pcapng
      wsight --where 'session.target contains chat and session.duration > 5s' trace.pcapng

  The capture started after the connections were opened:
      wsight --port 9001 late.pcap

  Every event in one line, or only the messages, for grep:
      wsight --oneline trace.pcapng | grep '← text'
      wsight --oneline --only message trace.pcapng

  What can a filter ask for?
      wsight explain fields
      wsight explain session.close

  What does a finding mean, or an error that my library prints?
      wsight explain pong-mismatch
      wsight explain 'no close frame received or sent'

Files:
  ~/.config/wsight/config.toml   keys, columns, colours and times of the terminal UI, as docs/TUI.md
     describes ($XDG_CONFIG_HOME names another folder than ~/.config)

Exit status:
  0  done, whatever was found (also when the reader of a pipe stops reading)
  1  --fail-on: there is a finding of that severity or worse, among those chosen if there
     is a filter
  2  wsight could not finish its work (a damaged or missing file, a wrong option);
     the reason is on standard error, and everything that could be read was analyzed";
