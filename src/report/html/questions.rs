//! What to ask a database to see the rows behind figures: SQL as `DuckDB` reads it.

use super::grid::Ask;
use crate::findings::Id;
use crate::report::daily_tables::TableFormat;
use crate::report::table::Table;

/// What makes a finding a fault of a session.
const FAULT: &str = "severity in ('error', 'warning') and class not in ('capture', 'noise')";

/// What makes an upgrade an attempt.
const ATTEMPT: &str = "outcome <> 'not-websocket'";

/// Questions to the tables in a folder.
#[derive(Debug)]
pub(super) struct Questions {
    findings: String,
    upgrades: String,
    sessions: String,
}

impl Questions {
    pub(super) fn new(folder: &str, format: TableFormat) -> Self {
        let folder = folder.trim_end_matches('/').replace('\'', "''");
        let files = |table: Table| format!("'{folder}/{}/*/*/*.{}'", table.name(), format.name());
        Self {
            findings: files(Table::Findings),
            upgrades: files(Table::Upgrades),
            sessions: files(Table::Sessions),
        }
    }

    /// All findings of a kind.
    pub(super) fn kind(&self, id: Id) -> Ask {
        let (findings, id) = (&self.findings, id.name());
        sql(
            "All of them",
            format!(
                "select time, host, file, packet, session, summary\nfrom {findings}\nwhere id = '{id}' order by time;"
            ),
        )
    }

    /// Findings of a kind by hour and host.
    pub(super) fn news(&self, id: Option<Id>) -> Ask {
        let (findings, id) = (&self.findings, id.map(Id::name).unwrap_or_default());
        sql(
            "One kind, by hour and host",
            format!(
                "select date_trunc('hour', time) as hour, host, count(*)\nfrom {findings}\nwhere id = '{id}' group by all order by all;"
            ),
        )
    }

    pub(super) fn hosts(&self) -> Ask {
        let upgrades = &self.upgrades;
        sql(
            "Attempts and failures of all hosts",
            format!(
                "select host, count(*) as attempts, count(*) filter (outcome in ('rejected', 'failed')) as failed\nfrom {upgrades}\nwhere {ATTEMPT} group by host order by failed desc;"
            ),
        )
    }

    pub(super) fn faulty_hosts(&self) -> Ask {
        let findings = &self.findings;
        sql(
            "Attempts with a fault of all hosts",
            format!(
                "select host, count(distinct (ring, session)) as faulty\nfrom {findings}\nwhere session is not null and {FAULT}\ngroup by host order by faulty desc;"
            ),
        )
    }

    pub(super) fn refused(&self) -> Ask {
        let upgrades = &self.upgrades;
        sql(
            "Refusals by status, host and path",
            format!(
                "select status, host, target, count(*), min(time), max(time)\nfrom {upgrades}\nwhere outcome = 'rejected' group by all order by count(*) desc;"
            ),
        )
    }

    pub(super) fn failed(&self) -> Ask {
        let (upgrades, findings) = (&self.upgrades, &self.findings);
        sql(
            "All others, with what was found",
            format!(
                "select u.time, u.host, u.file, u.packet, u.session, u.target, list(distinct f.id) as found\nfrom {upgrades} u\nleft join {findings} f on f.ring = u.ring and f.session = u.session\nwhere u.outcome = 'failed' group by all order by u.time;"
            ),
        )
    }

    pub(super) fn ends(&self) -> Ask {
        let sessions = &self.sessions;
        sql(
            "All ways, by server",
            format!(
                "select close_by, close_code, \"end\", ended_by, server, count(*), median(duration_us)\nfrom {sessions}\ngroup by all order by count(*) desc;"
            ),
        )
    }

    pub(super) fn answers(&self) -> Ask {
        let upgrades = &self.upgrades;
        sql(
            "Percentiles by host and server, in microseconds",
            format!(
                "select host, server, count(*), quantile_disc(duration_us, [0.5, 0.9, 0.99, 0.999]), max(duration_us)\nfrom {upgrades}\nwhere {ATTEMPT} group by host, server order by max(duration_us) desc;"
            ),
        )
    }

    pub(super) fn clients(&self) -> Ask {
        self.parties("client_ip", "All clients, by kind")
    }

    pub(super) fn servers(&self) -> Ask {
        self.parties("server", "All servers, by kind")
    }

    fn parties(&self, column: &str, what: &str) -> Ask {
        let (upgrades, findings) = (&self.upgrades, &self.findings);
        sql(
            what,
            format!(
                "select u.{column}, f.id, count(distinct (u.ring, u.session)) as attempts\nfrom {upgrades} u\njoin {findings} f on f.ring = u.ring and f.session = u.session\nwhere {ATTEMPT} and {FAULT}\ngroup by all order by attempts desc;"
            ),
        )
    }
}

fn sql(what: &str, text: String) -> Ask {
    Ask { what: what.to_owned(), text }
}
