//! What the tests, fuzz targets and benchmarks outside of this crate use of it, and nothing else.
//!
//! Every room is private, so that the compiler names what nothing uses any more. A name that stands
//! here counts as used: one that its test no longer needs goes from here as well.

pub mod agent {
    pub use crate::agent::{
        ClockWait, PageWriter, Poller, PollerState, RateLimitedClient, Worker, restore,
    };
}

pub mod board {
    pub use crate::board::{Wiring, named};
}

pub mod cef {
    pub use crate::cef::{AlertName, Heartbeat, Looks, Profile, Style, Version};
}

pub mod cli {
    pub use crate::cli::help;
}

pub mod clock {
    pub use crate::clock::{Moment, Time, in_words, now, now_ms};
}

pub mod comparison {
    pub use crate::comparison::{
        ClassComparison, ComparedSource, ComparedWindow, ComparisonEnd, ComparisonNews,
        SourceLines, compare,
    };
}

pub mod event {
    pub use crate::event::{
        AlertClass, App, Event, EventKind, NameTables, Names, Origin, PortalPage, Severity,
        alert_name, app_name,
    };
}

pub mod firmware {
    pub mod status_txt {
        pub use crate::firmware::status_txt::{AgentFacts, BoxFacts, text};
    }
}

pub mod foreign {
    pub use crate::foreign::{ForeignText, know};
}

pub mod format {
    pub use crate::format::LineWriter;
}

pub mod ledger {
    pub use crate::ledger::{Ledger, LedgerKey, NAME, PageCounts, Release};
}

pub mod lines {
    pub use crate::lines::Lines;
}

pub mod network {
    pub use crate::network::{Firewall, Lease, Network, NetworkTools, Nic, Setting, path};
}

pub mod orphan {
    pub use crate::orphan::{Orphan, OrphanOutcome, OrphanRequest};
}

pub mod render {
    pub use crate::render::{Rendering, render};
}

pub mod replay {
    pub use crate::replay::{ReplayCounts, ReplayProgress, ReplayReport, ReplayRequest, Running};
}

pub mod run_file {
    pub use crate::run_file::{heard, say};
}

pub mod sent {
    pub use crate::sent::{Hour, SentBounds, SentIds, SentRecorder};
}

pub mod settings {
    pub use crate::settings::{
        Addressing, AgentSettings, ApiSettings, ApiUrl, CloudAppsSettings, Credentials, EXAMPLE,
        Finding, FramingSetting, HeaderTime, Interface, LoadedSettings, Needs, NetworkSettings,
        ODD_TOKEN, Overrides, ProxySettings, Secret, SecretSource, SettingPlace, Settings,
        SettingsError, SyslogProtocol, SyslogTarget, TimeServer,
    };
    pub mod edit {
        pub use crate::settings::edit::SettingsDraft;
    }
}

pub mod sink {
    pub use crate::sink::wire::Wire;
    pub use crate::sink::{
        Answers, Farewell, Protocol, ReceiverRefusal, RelpFault, Sink, SinkError, StepTimes,
        Target, TlsFault, Trust, TrustError, TrustFiles,
    };
    pub mod relp {
        pub mod window {
            pub use crate::sink::relp::window::{WINDOW, Window};
        }
    }
    pub mod relp_protocol {
        pub mod frame {
            pub use crate::sink::relp_protocol::frame::{MAX_FRAME, parse, write};
        }
        pub mod response {
            pub use crate::sink::relp_protocol::response::{RelpMessage, RelpResponse, hear};
        }
    }
}

pub mod source {
    pub use crate::source::{
        Answer, Credential, Cursor, Entra, EntraApp, PageResult, Permission, Place, PollInterval,
        Query, Recipient, Record, RequestLimit, Rules, Seen, Source, SourceError, SourceErrorKind,
        TimeReader, Unreadable, Verdict, fingerprint, refusal,
    };
    pub mod cloud_apps {
        pub use crate::source::cloud_apps::{CloudApps, CloudAuth, LAYOUT, PERMISSION, RULES};
        pub mod record {
            pub use crate::source::cloud_apps::record::{activity, alert};
        }
    }
    pub mod graph {
        pub use crate::source::graph::{ALERT_UPDATES, ALERTS, Graph, INCIDENTS};
    }
    pub mod http {
        pub use crate::source::http::{Body, Get, Http, MAX_BODY, Post, Response, Route};
    }
    pub mod hunting {
        pub use crate::source::hunting::{Hunting, HuntingSettings};
    }
    pub mod json {
        pub mod list {
            pub use crate::source::json::list::{Parser, Torn};
        }
    }
}

pub mod spool {
    pub use crate::spool::{
        Batch, DeadLetter, Encoder, Label, LineSet, Memory, Repair, Spool, SpoolError, SpoolPage,
        Stats,
    };
    pub mod fuzzing {
        pub use crate::spool::fuzzing::{Codec, batch, body, piece, pieces, set_aside};
    }
    pub mod sled {
        pub use crate::spool::sled::{ASIDE_BYTES, SledSpool, SpoolBounds};
    }
}

pub mod status {
    pub use crate::certificate::{Ending, EndingKind};
    pub use crate::status::{
        AgentReport, Colour, Condition, GroupAssignment, GroupReport, Introduction, LedgerCounts,
        LedgerReport, LedgerRow, LedgerSpan, LineCounts, LinkReport, LinkState, LivenessWatch,
        Notice, PartitionReport, QueueDepth, QueueDepths, Reporter, Signal, Snapshot, SpoolReport,
        Status, StreamCounts, StreamReport, Thresholds, Topic, VERSION, text,
    };
    pub mod socket {
        pub use crate::status::socket::ask;
    }
}

pub mod stream {
    pub use crate::stream::{ACTIVITIES, ALERTS, CLOUD_APPS, STREAMS, StreamKind, StreamSpec};
}

pub mod syslog {
    pub use crate::syslog::{Header, Priority, TimeFormat};
    pub mod frame {
        pub use crate::syslog::frame::{CUT_MARK, Framing, FramingRepairs};
    }
}

pub mod timekeeping {
    pub use crate::timekeeping::{
        ClockPort, ClockSource, ClockState, DateBounds, Gate, SyncLoop, TimeAnswer, VARIABLE, ask,
    };
}

pub mod trust {
    pub use crate::trust::{PemError, TlsSide, authorities};
}

pub mod web {
    pub use crate::web::{
        Actions, AdminPage, AdminRequest, AdminSession, Auth, Entrance, Exchange, Guard, Hosts,
        Page, SettingsAudit, Setup, SetupTools, Site, View, WebResponse, layout,
    };
}

pub mod wiring {
    pub use crate::wiring::{KNOWN_RECORDS, line_writer};
}
