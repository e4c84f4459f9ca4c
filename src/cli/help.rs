//! The help: it teaches by example, and names every flag and exit code. Up to 90 columns.

/// The help of a command, or of the whole.
#[must_use]
pub fn help(command: Option<&str>) -> &'static str {
    match command {
        Some("run") => RUN,
        Some("render") => RENDER,
        Some("preview") => PREVIEW,
        Some("check") => CHECK,
        Some("status") => STATUS,
        Some("replay") => REPLAY,
        Some("orphans") => ORPHANS,
        Some("board") => BOARD,
        Some("example") => EXAMPLE,
        Some("clock") => CLOCK,
        Some("announce") => ANNOUNCE,
        _ => WHOLE,
    }
}

const WHOLE: &str = "\
siembox brings Microsoft Defender for Cloud Apps alerts and activities into your SIEM,
as CEF lines over syslog: the successor of the retired SIEM agent (mcas-siemagent).

Usage: siembox [run] [--config FILE] [--state DIR] [--logsDirectory DIRNAME]
               [--proxy ADDRESS[:PORT]] [--token TOKEN | --token-file FILE]
               [--api-url URL] [--syslog HOST:PORT/udp|tcp|tls|relp|relp+tls]
       siembox render | preview | check | status | replay | orphans | board | example

Begin:
  siembox example > /etc/siembox/siembox.toml   a settings file with everything explained
  siembox check                                 tries each step and names what is wrong
  siembox preview                               shows what would be sent, sends nothing
  siembox                                       runs

Instead of the old agent, without a settings file:
  siembox --logsDirectory /var/log/siembox --proxy proxy:8080 \\
          --token-file /etc/siembox/token \\
          --api-url https://contoso.us3.portal.cloudappsecurity.com \\
          --syslog siem.example:514/tcp

Commands (siembox COMMAND --help tells more):
  run       the stream itself; meant where no command is named
  render    API records from files or standard input -> CEF lines on standard output
  preview   fetches what the filters let through now and prints it; sends nothing
  check     settings, clock, DNS, proxy, TLS, token, API, SIEM: one line for each step
  status    what the running siembox reports
  replay    fetches a stretch of time again and sends what is missing
  orphans   spools that belong to no agent of the settings: shows, sends or deletes them
  board     which board this is; with --test, tries its lamps and its button
  example   prints the settings file with everything explained (also: --print-example)

Only on siembox's own firmware:
  clock     keeps the clock by time servers
  announce  answers to siembox.local

  -h, --help      this text            -V, --version   name and version

Exit codes:
  0   done                             66  a file of records can't be read
  1   a record could not be read,      69  the cloud lets nobody in or can't be reached,
      not all is well, or what was         or no siembox is running
      asked for was not done
  64  command line or settings         70  general error during bootstrap
      are wrong                        73  the state or log folder can't be used
";

const RUN: &str = "\
siembox run: fetches alerts and activities and sends them to the SIEM, until it is stopped.
\"run\" may be left out. Changes of the settings file take effect without a restart.

Usage: siembox [run] [--config FILE] [--state DIR] [--logsDirectory DIRNAME]
               [--proxy ADDRESS[:PORT]] [--token TOKEN | --token-file FILE]
               [--api-url URL] [--syslog HOST:PORT/udp|tcp|tls|relp|relp+tls] [--setup]

  --config FILE             settings file (default: /etc/siembox/siembox.toml)
  --state DIR               where waiting lines and cursors are kept
  --logsDirectory DIRNAME   folder of the log siembox.log, made where it is missing
                            (default: standard error; also written --logs-directory)
  --proxy ADDRESS[:PORT]    HTTP proxy on the way to the cloud (port 8080 where none is
                            given); with a user: http://user@proxy:8080 in the settings
  --token TOKEN             token of the SIEM agent or API. Visible to others in scripts;
  --token-file FILE         rather in a file with mode 0600, or the variable SIEMBOX_TOKEN
  --api-url URL             shown in the portal under Settings > Cloud Apps > System > About
  --syslog HOST:PORT/PROTO  the SIEM's receiver; PROTO is udp, tcp, tls,
                            relp or relp+tls
  --setup                   starts also where there is no settings file yet: the page
                            (http://127.0.0.1:8514/) sets siembox up and writes it
  --firmware                on siembox's own firmware: as --setup, and it starts also with a
                            settings file that is wrong, without agents, and says so on
                            its page, which is on 0.0.0.0:80 and 0.0.0.0:443 by default
  --print-example           prints the commented settings file, and does nothing else

A flag wins over the settings file. --token, --token-file, --api-url and --syslog speak of
one agent; where the file has several, they are refused.

  siembox --config /etc/siembox/siembox.toml
  siembox --token-file token --api-url https://contoso.us3.portal.cloudappsecurity.com \\
          --syslog 192.0.2.10:6514/tls
";

const RENDER: &str = "\
siembox render: turns API records into the CEF lines that would be sent, one a line, on
standard output. Sends nothing, needs no token and no network.

Usage: siembox render [--config FILE] [--agent NAME] [--format generic-cef|arcsight]
                      [--pri] [FILE...]

  FILE                      a JSON array, a whole {\"data\":[...]} answer, or one record a
                            line; \"-\" or nothing: standard input
  --config FILE             settings with the looks of the lines
                            (default: /etc/siembox/siembox.toml, or without it the defaults)
  --agent NAME              whose looks, where the settings have several agents
  --format FORMAT           generic-cef or arcsight, instead of the settings' format
  --pri                     with the syslog PRI (<109>) before each line

A record that can't be read is named on standard error, with its place and the reason;
the others are rendered, and the exit code is 1.

  siembox render activities.json
  curl ... | siembox render --format arcsight --pri
";

const PREVIEW: &str = "\
siembox preview: fetches what the filters let through now and prints the lines. Sends
nothing to the SIEM, moves no cursor, and may be used beside a running siembox (both count
towards the tenant's limit of requests).

Usage: siembox preview [--config FILE] [--agent NAME] [--proxy ADDRESS[:PORT]]
                       [--token TOKEN | --token-file FILE] [--api-url URL]
                       [--syslog HOST:PORT/udp|tcp|tls|relp|relp+tls]

  --config FILE             settings file (default: /etc/siembox/siembox.toml)
  --agent NAME              only this agent
  --proxy, --token, --token-file, --api-url, --syslog
                            as with run (siembox run --help); --syslog is not needed

  siembox preview --agent contoso
  siembox preview --token-file token \\
          --api-url https://contoso.us3.portal.cloudappsecurity.com
";

const CHECK: &str = "\
siembox check: tries each step on the way, one line each with the time it took, and where
one fails its cause and cure: settings, clock, DNS, proxy, TLS, token, API, SIEM. Sends
nothing to the SIEM. The exit code is 0 only if all is well.

Usage: siembox check [--config FILE] [--agent NAME] [--proxy ADDRESS[:PORT]]
                     [--token TOKEN | --token-file FILE] [--api-url URL]
                     [--syslog HOST:PORT/udp|tcp|tls|relp|relp+tls]

  --config FILE             settings file (default: /etc/siembox/siembox.toml)
  --agent NAME              only this agent
  --proxy, --token, --token-file, --api-url, --syslog
                            as with run (siembox run --help)

  siembox check
  siembox check --config new.toml && mv new.toml /etc/siembox/siembox.toml
";

const STATUS: &str = "\
siembox status: what the running siembox reports: each agent with its state, the time of
its last contact, and what was read, set aside, spooled and sent.

Usage: siembox status [--config FILE] [--state DIR] [--json]

  --config FILE             settings file that names the state folder
                            (default: /etc/siembox/siembox.toml)
  --state DIR               the state folder itself
  --json                    for programs

The exit code is 0 where all agents are connected, 1 where one is not, and 69 where no
siembox is running on the state folder.

  siembox status
  siembox status --json --state /var/lib/siembox
";

const REPLAY: &str = "\
siembox replay: fetches a stretch of time again through the running siembox and sends what
is missing. What was sent before is left out, so a gap is repaired without duplicates; and
what the running stream reads by itself (its look_back) is left to it.

Usage: siembox replay --since TIME [--until TIME] [--agent NAME]
                      [--stream activities|alerts] [--again] [--dry-run] [--json]
                      [--config FILE] [--state DIR]

  --since TIME              \"2026-11-01T10:00:00Z\", \"2026-11-01 10:00\", \"2026-11-01\" (UTC
                            without an offset), or so long ago: 36h, 2d; at most 180d
  --until TIME              the same, itself not included (default: now)
  --agent NAME              whose, where the settings have several agents
  --stream STREAM           activities or alerts (default: both). The window is one of the
                            times by which they are read: \"created\" of activities,
                            \"timestamp\" of alerts
  --again                   sends also what was sent before
  --dry-run                 only counts
  --json                    for programs: one JSON text a line
  --config FILE             settings file that names the state folder
                            (default: /etc/siembox/siembox.toml)
  --state DIR               the state folder itself

Ctrl-C ends the replay after the page under way. Whatever ended it, ask again: what was
sent is remembered (replay.remember in the settings, 30 days). The exit code is 0 when all
of the window was read, 1 when not, and 69 where no siembox is running.

  siembox replay --since 2026-11-01T10:00:00Z --until 2026-11-01T12:00:00Z
  siembox replay --since 2d --stream alerts --dry-run
";

const ORPHANS: &str = "\
siembox orphans: shows the spools that belong to no agent of the settings and hold
something, as after an agent was renamed or taken out while lines waited; or has the running
siembox send or delete one. Naming an agent so again in the settings is the third way: its
lines go to its SIEM then, and reading goes on where it stopped.

Usage: siembox orphans [--send NAME [--agent NAME] | --delete NAME --yes] [--json]
                       [--config FILE] [--state DIR]

  --send NAME               sends the lines that wait in this spool; it goes on after a
                            restart, and siembox status says how many are left
  --agent NAME              with the SIEM settings of this agent (needed where the settings
                            have several)
  --delete NAME             deletes this spool, with its lines, the records that stand aside
                            in it, its cursor and its ledger, for ever
  --yes                     says that this is meant
  --json                    for programs
  --config FILE             settings file that names the state folder
                            (default: /etc/siembox/siembox.toml)
  --state DIR               the state folder itself

The exit code is 0 where there is none, or what was asked for is done; 1 where there are
some, or it was not done; and 69 where no siembox is running on the state folder.

  siembox orphans
  siembox orphans --send contoso-old --agent contoso
  siembox orphans --delete contoso-old --yes
";

const BOARD: &str = "\
siembox board: tells which board this is, by what it was recognised, and what siembox knows
of it: lamps, button, watchdog, budgets.

Usage: siembox board [--board NAME] [--test]

  --board NAME              this one, whatever is recognised; a wrong name lists them all
  --test                    lights one lamp after the other and asks whether it is lit, then
                            asks for a press of the button. Needs root, and that siembox
                            does not run as firmware beside it: it holds the lamps then

The exit code is 1 where a lamp or the button does not do what it should.

  siembox board
  siembox board --board rock64 --test
";

const EXAMPLE: &str = "\
siembox example: prints a settings file in which every setting is explained and has its
default.

Usage: siembox example

  siembox example > /etc/siembox/siembox.toml
";

const CLOCK: &str = "\
siembox clock: asks time servers (SNTP) and sets the system's clock, until it is stopped.
Part of siembox's own firmware, where no other program does it. Needs root.

Usage: siembox clock [--config FILE] [--firmware] [--once]

  --config FILE             settings file with [clock] servers
                            (default: /etc/siembox/siembox.toml)
  --firmware                on siembox's own firmware: the page's ports are 80 and 443,
                            where the settings don't say
  --once                    one round only; the exit code is 0 where a server gave the time

Whom it asks: the servers of the settings; else those that DHCP names; else, and where those
have no answer, 0.pool.ntp.org to 3.pool.ntp.org. A date before the firmware was built is
not believed, nor one that most others contradict.
";

const ANNOUNCE: &str = "\
siembox announce: answers to siembox.local on the local network (mDNS), and names the page
there. Part of siembox's own firmware, where no other program does it.

Usage: siembox announce [--config FILE] [--firmware]

  --config FILE             settings file with [page]
                            (default: /etc/siembox/siembox.toml)
  --firmware                on siembox's own firmware: the page's ports are 80 and 443,
                            where the settings don't say

The name is [network] hostname of the settings; mdns = false there keeps the box quiet.
";
