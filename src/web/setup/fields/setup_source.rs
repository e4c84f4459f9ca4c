//! The first question: where the records come from.

use super::FieldKind::Offers;
use super::{Group, SetupField, field};

/// An API that records come from; the fields that follow depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web::setup) enum SetupSource {
    CloudApps,
    DefenderXdr,
}

/// One of a few things to choose from, each with what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web::setup) struct Offer {
    /// As the settings file writes it.
    pub(in crate::web::setup) value: &'static str,
    pub(in crate::web::setup) words: &'static str,
    pub(in crate::web::setup) needs: &'static str,
}

/// The key of the kind.
pub(in crate::web::setup) const KIND: &str = "source.kind";

#[rustfmt::skip]
const OFFERS: &[Offer] = &[
    Offer {
        value: "cloud-apps",
        words: "Microsoft Defender for Cloud Apps",
        needs: "Needs the API URL of your tenant, and an API token or an Entra app. Microsoft is \
            ending these tokens and points to Defender XDR.",
    },
    Offer {
        value: "defender-xdr",
        words: "Microsoft Defender XDR",
        needs: "Needs an Entra app that may read alerts and advanced hunting of Microsoft Graph, \
            with the consent of an administrator. The lines are the same.",
    },
];

pub(super) static SOURCE: &[SetupField] = &[field(
    KIND,
    "Records come from",
    "",
    Offers(OFFERS),
    Group::Main,
)];

// === impl SetupSource ===

impl SetupSource {
    /// All kinds.
    pub(in crate::web::setup) const ALL: [Self; 2] = [Self::CloudApps, Self::DefenderXdr];

    /// By its word in the settings; the settings' own default where there is none. A word that is
    /// none of them is refused by the settings' reader, at the question.
    pub(in crate::web::setup) fn of(word: &str) -> Self {
        let named = Self::ALL.into_iter().find(|kind| kind.word() == word);
        named.unwrap_or(Self::CloudApps)
    }

    /// Its word in the settings.
    pub(in crate::web::setup) fn word(self) -> &'static str {
        self.offer().value
    }

    /// What it is, and what it needs.
    pub(in crate::web::setup) fn offer(self) -> &'static Offer {
        match self {
            Self::CloudApps => &OFFERS[0],
            Self::DefenderXdr => &OFFERS[1],
        }
    }

    /// The one that an agent of this source can change to.
    pub(in crate::web::setup) fn other(self) -> Self {
        match self {
            Self::CloudApps => Self::DefenderXdr,
            Self::DefenderXdr => Self::CloudApps,
        }
    }
}
