use std::collections::HashSet;

use super::*;
use crate::settings::SECRET_KEYS;
use crate::settings::edit::CERTIFICATE_KEYS;

#[test]
fn each_key_is_asked_for_once() {
    for source in SetupSource::ALL {
        let keys: HashSet<_> = SetupField::all(source).map(|field| field.key).collect();
        assert_eq!(keys.len(), SetupField::all(source).count(), "{source:?}");
    }
}

/// So that a name is made for it, and an export has it.
#[test]
fn what_is_kept_in_a_file_is_known_to_the_settings() {
    for source in SetupSource::ALL {
        for field in SetupField::all(source) {
            let known: &[&str] = match field.kind {
                FieldKind::Secret => &SECRET_KEYS,
                FieldKind::Pem => &CERTIFICATE_KEYS,
                _ => continue,
            };
            assert!(known.contains(&field.key), "{}", field.key);
        }
    }
}

#[test]
fn a_finding_is_shown_beside_its_field() {
    use SetupSource::{CloudApps, DefenderXdr};
    let at = |source, key| about(source, key).map(|(step, field)| (step, field.key));
    assert_eq!(
        at(CloudApps, "siem.port"),
        Some((SetupStep::Siem, "siem.port"))
    );
    for source in SetupSource::ALL {
        assert_eq!(
            at(source, "alerts.filters.severity.eq"),
            Some((SetupStep::Data, "alerts.filters.severity"))
        );
        assert_eq!(
            at(source, "alerts.filters.read.eq"),
            Some((SetupStep::Data, "alerts.filters"))
        );
        assert_eq!(at(source, "siem.portal"), None);
        assert_eq!(at(source, KIND), Some((SetupStep::Source, KIND)));
    }
    assert_eq!(
        at(DefenderXdr, "activities.tables"),
        Some((SetupStep::Data, "activities.tables"))
    );
    assert_eq!(
        at(DefenderXdr, "source.graph_url"),
        Some((SetupStep::Connection, "source.graph_url"))
    );
    assert_eq!(at(DefenderXdr, "source.api_url"), None);
    assert_eq!(at(CloudApps, "incidents.enabled"), None);
}

#[test]
fn filters_are_named_as_the_api_names_them() {
    let filters = |source| Vec::from_iter(SetupField::all(source).filter_map(SetupField::filter));
    let of_cloud_apps = filters(SetupSource::CloudApps);
    assert!(of_cloud_apps.contains(&("alerts.filters", "entity.service")));
    assert!(of_cloud_apps.contains(&("activities.filters", "user.username")));
    let of_xdr = filters(SetupSource::DefenderXdr);
    assert!(of_xdr.contains(&("activities.filters", "ActionType")));
    assert!(of_xdr.contains(&("incidents.filters", "status")));
}

/// Another source takes nothing over that it has not asked for in the same words.
#[test]
fn the_sources_share_what_is_the_same_for_both() {
    let (one, other) = (SetupSource::CloudApps, SetupSource::DefenderXdr);
    let shared = |key| SetupField::of(one, key) == SetupField::of(other, key);
    assert!(shared("name") && shared("siem.host") && shared("source.proxy"));
    assert!(!shared("source.tenant_id") && !shared("alerts.filters.severity"));
}
