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
        Some("migrate") => MIGRATE,
        Some("orphans") => ORPHANS,
        Some("board") => BOARD,
        Some("example") => EXAMPLE,
        Some("clock") => CLOCK,
        Some("announce") => ANNOUNCE,
        _ => WHOLE,
    }
}

const WHOLE: &str = "\
siembox forwards Microsoft Defender for Cloud Apps alerts and activities to your SIEM as
CEF lines over syslog. It replaces the retired SIEM agent (mcas-siemagent).

Usage: siembox [run] [--config FILE] [--state DIR] [--logsDirectory DIRNAME]
               [--proxy ADDRESS[:PORT]] [--token TOKEN | --token-file FILE]
               [--api-url URL] [--syslog HOST:PORT/udp|tcp|tls|relp|relp+tls]
       siembox render | preview | check | status | replay | migrate | orphans | board |
               example

First steps:
  siembox example > /etc/siembox/siembox.toml   writes a commented settings file
  siembox check                                 tests each step and names what fails
  siembox preview                               shows what would be sent; sends nothing
  siembox                                       runs

In place of the old agent, without a settings file:
  siembox --logsDirectory /var/log/siembox --proxy proxy:8080 \\
          --token-file /etc/siembox/token \\
          --api-url https://contoso.us3.portal.cloudappsecurity.com \\
          --syslog siem.example:514/tcp

Commands (for details: siembox COMMAND --help):
  run       reads records and sends them; the default command
  render    converts API records from files or standard input to CEF lines
  preview   prints the lines of records that pass the filters now; sends nothing
  check     tests settings, clock, DNS, proxy, TLS, token, API and SIEM
  status    shows the status of the running siembox
  replay    reads a time window again and sends the records that are missing
  migrate   compares an agent's two sources, or changes its source for the other
  orphans   lists, sends or deletes spools that belong to no agent in the settings
  board     identifies the board; with --test, tests its lamps and button
  example   prints a commented settings file (also: --print-example)

Only on siembox's own firmware:
  clock     sets the clock from time servers
  announce  announces siembox.local on the local network

  -h, --help      this help            -V, --version   name and version

Exit codes:
  0   success                          66  a file of records cannot be read
  1   a record cannot be read,         69  the cloud refuses the sign-in or cannot be
      a check failed, or the               reached, no siembox is running, or this
      request was not carried out          user may not ask it
  64  wrong command line or settings   70  general error during bootstrap
                                       73  the state or log folder cannot be used
";

const RUN: &str = "\
siembox run: reads alerts and activities and sends them to the SIEM until it is stopped.
\"run\" can be omitted. Changes to the settings file take effect without a restart.

Usage: siembox [run] [--config FILE] [--state DIR] [--logsDirectory DIRNAME]
               [--proxy ADDRESS[:PORT]] [--token TOKEN | --token-file FILE]
               [--api-url URL] [--syslog HOST:PORT/udp|tcp|tls|relp|relp+tls] [--setup]

  --config FILE             settings file (default: /etc/siembox/siembox.toml)
  --state DIR               state folder: waiting lines and cursors
  --logsDirectory DIRNAME   folder of the log siembox.log, created if missing
                            (default: standard error; also: --logs-directory)
  --proxy ADDRESS[:PORT]    HTTP proxy for the way to the cloud (default port: 8080); with a
                            user: http://user@proxy:8080 in the settings
  --token TOKEN             token of the SIEM agent or API. Other users can see it on the
                            command line: use --token-file or SIEMBOX_TOKEN instead
  --token-file FILE         file that holds the token (mode 0600)
  --api-url URL             shown in the portal under Settings > Cloud Apps > System > About
  --syslog HOST:PORT/PROTO  the SIEM's receiver; PROTO is udp, tcp, tls,
                            relp or relp+tls
  --setup                   starts even without a settings file: set up siembox on its page
                            (http://127.0.0.1:8514/), which writes the file
  --firmware                on siembox's own firmware: like --setup, but also starts with an
                            invalid settings file (without agents; the page shows the
                            errors). Default page addresses: 0.0.0.0:80 and 0.0.0.0:443
  --print-example           prints the commented settings file and exits

Flags take precedence over the settings file. --token, --token-file, --api-url and --syslog
apply to one agent; siembox refuses them if the file has several agents.

  siembox --config /etc/siembox/siembox.toml
  siembox --token-file token --api-url https://contoso.us3.portal.cloudappsecurity.com \\
          --syslog 192.0.2.10:6514/tls
";

const RENDER: &str = "\
siembox render: converts API records to the CEF lines that would be sent and prints one per
line. It sends nothing and needs no token and no network.

Usage: siembox render [--config FILE] [--agent NAME] [--format generic-cef|arcsight]
                      [--pri] [FILE...]

  FILE                      a JSON array, a whole {\"data\":[...]} response, or one record
                            per line; \"-\" or no FILE: standard input
  --config FILE             settings that define the format of the lines
                            (default: /etc/siembox/siembox.toml; built-in defaults if it
                            does not exist)
  --agent NAME              agent whose format is used, if the settings have several agents
  --format FORMAT           generic-cef or arcsight, instead of the format in the settings
  --pri                     starts each line with the syslog PRI (<109>)

If a record cannot be read, standard error names its place and the reason. siembox renders
the other records and exits with 1.

  siembox render activities.json
  curl ... | siembox render --format arcsight --pri
";

const PREVIEW: &str = "\
siembox preview: reads the records that pass the filters now and prints their lines. It
sends nothing to the SIEM and moves no cursor. It can run next to a running siembox; both
count towards the tenant's rate limit.

Usage: siembox preview [--config FILE] [--agent NAME] [--proxy ADDRESS[:PORT]]
                       [--token TOKEN | --token-file FILE] [--api-url URL]
                       [--syslog HOST:PORT/udp|tcp|tls|relp|relp+tls]

  --config FILE             settings file (default: /etc/siembox/siembox.toml)
  --agent NAME              this agent only
  --proxy, --token, --token-file, --api-url, --syslog
                            as for run (siembox run --help); --syslog is optional

  siembox preview --agent contoso
  siembox preview --token-file token \\
          --api-url https://contoso.us3.portal.cloudappsecurity.com
";

const CHECK: &str = "\
siembox check: tests settings, clock, DNS, proxy, TLS, token, API, event hubs and SIEM. It
prints one line per step with its duration and, if the step fails, cause and cure. It sends
nothing to the SIEM. The exit code is 0 only if all steps succeed.

Usage: siembox check [--config FILE] [--agent NAME] [--proxy ADDRESS[:PORT]]
                     [--token TOKEN | --token-file FILE] [--api-url URL]
                     [--syslog HOST:PORT/udp|tcp|tls|relp|relp+tls]

  --config FILE             settings file (default: /etc/siembox/siembox.toml)
  --agent NAME              this agent only
  --proxy, --token, --token-file, --api-url, --syslog
                            as for run (siembox run --help)

  siembox check
  siembox check --config new.toml && mv new.toml /etc/siembox/siembox.toml
";

const STATUS: &str = "\
siembox status: shows the status of the running siembox: the state of each agent, its last
contact, and the counts of records and lines read, set aside, spooled and sent.

Usage: siembox status [--config FILE] [--state DIR] [--json]

  --config FILE             settings file that names the state folder
                            (default: /etc/siembox/siembox.toml)
  --state DIR               the state folder
  --json                    prints JSON, for programs

The exit code is 0 if all agents are connected, 1 if one is not, and 69 if no siembox is
running on the state folder.

  siembox status
  siembox status --json --state /var/lib/siembox
";

const REPLAY: &str = "\
siembox replay: asks the running siembox to read a time window again and to send the records
that are missing. Records that were sent before are not sent again, so that a gap is closed
without duplicates. Records within look_back are left to the running stream.

Usage: siembox replay --since TIME [--until TIME] [--agent NAME]
                      [--stream STREAM] [--again] [--dry-run] [--json]
                      [--config FILE] [--state DIR]

  --since TIME              start of the window: \"2026-11-01T10:00:00Z\",
                            \"2026-11-01 10:00\" or \"2026-11-01\" (UTC if there is no
                            offset), or an age: 36h, 2d; at most 180d ago
  --until TIME              end of the window, exclusive, in the same form (default: now)
  --agent NAME              the agent, if the settings have several
  --stream STREAM           one stream, as siembox status names it: activities, alerts,
                            graph_alerts, cloud_app_events and so on (default: all). The
                            window refers to the time by which a stream is read:
                            \"created\" of activities, \"timestamp\" of alerts
  --again                   also sends records that were sent before
  --dry-run                 counts only; sends nothing
  --json                    prints JSON, for programs: one object per line
  --config FILE             settings file that names the state folder
                            (default: /etc/siembox/siembox.toml)
  --state DIR               the state folder

Ctrl-C ends the replay after the current page. If a replay ends early, run it again: siembox
remembers which records were sent (replay.remember in the settings, 30 days). The exit code
is 0 if the whole window was read, 1 if not, and 69 if no siembox is running.

  siembox replay --since 2026-11-01T10:00:00Z --until 2026-11-01T12:00:00Z
  siembox replay --since 2d --stream alerts --dry-run
";

const MIGRATE: &str = "\
siembox migrate: an agent changes its source, for example from the API of Defender for Cloud
Apps to Defender XDR. The settings of the agent name the new source in
[agent.other_source]. siembox migrate compares what both sources hold: which records both
have, which only one, and how their lines differ, field by field. It sends nothing and
changes nothing. With --switch, the two sources change places in the settings file; a
running siembox takes that over by itself. What one source has sent, the other does not send
again, and the new one begins where the old one was left. The same command takes it back.

Usage: siembox migrate --to KIND [--agent NAME] [--since TIME] [--json] [--config FILE]
       siembox migrate --to KIND [--agent NAME] --switch [--both] [--config FILE]

  --to KIND                 the kind of the new source: cloud-apps or defender-xdr
  --agent NAME              the agent, if the settings have several
  --since TIME              start of the comparison: \"2026-11-01 10:00\" (UTC) or an age,
                            36h, 2d (default: 1d). Its end is an hour ago
  --switch                  changes the source
  --both                    goes on to read the old source too; each record comes once
  --json                    prints JSON, for programs: one object per line
  --config FILE             settings file (default: /etc/siembox/siembox.toml)

  siembox migrate --agent contoso --to defender-xdr
  siembox migrate --agent contoso --to defender-xdr --switch --both
  siembox migrate --agent contoso --to cloud-apps --switch
";

const ORPHANS: &str = "\
siembox orphans: lists orphaned spools: spools that belong to no agent in the settings and
hold lines or records. A spool is orphaned if its agent is renamed or removed while lines
wait. --send and --delete ask the running siembox to send or delete one. You can also add an
agent with the spool's name to the settings again: its lines then go to that agent's SIEM,
and reading resumes where it stopped.

Usage: siembox orphans [--send NAME [--agent NAME] | --delete NAME --yes] [--json]
                       [--config FILE] [--state DIR]

  --send NAME               sends the lines that wait in this spool; continues after a
                            restart; siembox status shows how many are left
  --agent NAME              agent whose SIEM settings are used (required if the settings
                            have several agents)
  --delete NAME             deletes this spool for ever: its lines, the records set aside
                            in it, its cursor and its ledger
  --yes                     confirms the deletion
  --json                    prints JSON, for programs
  --config FILE             settings file that names the state folder
                            (default: /etc/siembox/siembox.toml)
  --state DIR               the state folder

The exit code is 0 if there is no orphaned spool or the request was carried out, 1 if there
are orphaned spools or the request failed, and 69 if no siembox is running on the state
folder.

  siembox orphans
  siembox orphans --send contoso-old --agent contoso
  siembox orphans --delete contoso-old --yes
";

const BOARD: &str = "\
siembox board: shows which board this is, how it was recognised, and its lamps, button,
watchdog and budgets.

Usage: siembox board [--board NAME] [--test]

  --board NAME              uses this board, whatever is recognised; an unknown name lists
                            all boards
  --test                    lights the lamps one by one and asks whether each is lit, then
                            asks for a press of the button. Needs root. siembox must not
                            run as firmware at the same time, because it uses the lamps

The exit code is 1 if a lamp or the button does not work.

  siembox board
  siembox board --board rock64 --test
";

const EXAMPLE: &str = "\
siembox example: prints a settings file that explains every setting and shows its default.

Usage: siembox example

  siembox example > /etc/siembox/siembox.toml
";

const CLOCK: &str = "\
siembox clock: sets the system clock from time servers (SNTP) until it is stopped. It is
part of siembox's own firmware and needs root.

Usage: siembox clock [--config FILE] [--firmware] [--once]

  --config FILE             settings file with [clock] servers
                            (default: /etc/siembox/siembox.toml)
  --firmware                on siembox's own firmware: the page's default ports are 80 and
                            443
  --once                    one round only; the exit code is 0 if a server gave the time

siembox asks the servers in the settings, or else those that DHCP names. If there are none,
or none of them answers, it asks 0.pool.ntp.org to 3.pool.ntp.org. It rejects a date before
the firmware's build date and a time that most other servers contradict.
";

const ANNOUNCE: &str = "\
siembox announce: announces siembox.local and the page on the local network (mDNS). It is
part of siembox's own firmware.

Usage: siembox announce [--config FILE] [--firmware]

  --config FILE             settings file with [page]
                            (default: /etc/siembox/siembox.toml)
  --firmware                on siembox's own firmware: the page's default ports are 80 and
                            443

The name is hostname in the section [network] of the settings; mdns = false turns the
announcement off.
";
