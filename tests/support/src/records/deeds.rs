//! What can be done in which app: the kinds of activities that are drawn, as data.

/// Something that can be done in an app.
#[derive(Debug)]
pub struct Deed {
    /// How often it is drawn, beside the others.
    pub weight: u64,
    pub app: (i64, &'static str),
    /// `saasId`, where it is not the app.
    pub saas: i64,
    pub event_type: i64,
    pub type_value: &'static str,
    pub type_name: &'static str,
    /// `description_metadata.event_category`; absent where empty.
    pub label: &'static str,
    pub operation: &'static str,
    pub id: IdShape,
    pub plot: Plot,
}

/// How an id is made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdShape {
    /// `<tenant>_<app>_<guid>`: Office 365.
    TenantAppGuid,
    /// `<tenant>_<ms>_<32 hex>`: Cloud App Security's own, saved at once.
    Own,
    /// 64 hex: Entra, Azure.
    Hex64,
    /// `<guid>_<tenant>_<ms>_20940`: Defender for Identity.
    Identity,
    /// `<hex>_11770`: Google.
    Google,
}

/// What the record tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plot {
    LogOn,
    FailedLogOn,
    File,
    /// No category, a nameless folder among the objects.
    Basic,
    /// A task with parameters, markup and line breaks.
    Command,
    Report,
    /// A computer acts; there is no user.
    Computer,
    /// An administrator's group change with a target.
    Group,
    /// Somebody or a computer asks the directory.
    Query,
    /// The directory changes.
    Directory,
}

impl Plot {
    /// Is there nobody who does it, only a computer?
    pub fn is_of_a_computer(self) -> bool {
        self == Self::Computer
    }
}

const fn deed(
    weight: u64,
    app: (i64, &'static str),
    saas: i64,
    event: (i64, &'static str, &'static str),
    words: (&'static str, &'static str),
    id: IdShape,
    plot: Plot,
) -> Deed {
    let (event_type, type_value, type_name) = event;
    let (label, operation) = words;
    Deed {
        weight,
        app,
        saas,
        event_type,
        type_value,
        type_name,
        label,
        operation,
        id,
        plot,
    }
}

const ONEDRIVE: (i64, &str) = (15_600, "Microsoft OneDrive for Business");
const SHAREPOINT: (i64, &str) = (20_892, "Microsoft SharePoint Online");
const EXCHANGE: (i64, &str) = (20_893, "Microsoft Exchange Online");
const OFFICE: (i64, &str) = (11_161, "Office 365");
const AZURE: (i64, &str) = (12_260, "Microsoft Azure");
const PORTAL: (i64, &str) = (20_595, "Microsoft Cloud App Security");
const DIRECTORY: (i64, &str) = (20_940, "Active Directory");
const GOOGLE: (i64, &str) = (11_770, "Google Workspace");
const SERVICENOW: (i64, &str) = (14_509, "ServiceNow");
const SALESFORCE: (i64, &str) = (11_114, "Salesforce");

#[rustfmt::skip]
pub static DEEDS: &[Deed] = &[
    deed(18, ONEDRIVE, 15_600, (233_581, "EVENT_O365_ONEDRIVE_FILE_DOWNLOADED", "EVENT_CATEGORY_DOWNLOAD_FILE"), ("Download file", "FileDownloaded"), IdShape::TenantAppGuid, Plot::File),
    deed(10, SHAREPOINT, 20_892, (233_590, "EVENT_O365_SHAREPOINT_FILE_UPLOADED", "EVENT_CATEGORY_UPLOAD_FILE"), ("Upload file", "FileUploaded"), IdShape::TenantAppGuid, Plot::File),
    deed(14, ONEDRIVE, 15_600, (233_580, "EVENT_O365_ONEDRIVE_GENERIC", "EVENT_CATEGORY_UNSPECIFIED"), ("", "FilePreviewed"), IdShape::TenantAppGuid, Plot::Basic),
    deed(14, EXCHANGE, 11_161, (233_470, "EVENT_O365_EXCHANGE_GENERIC", "EVENT_CATEGORY_RUN_COMMAND"), ("Run command", "Set-Mailbox"), IdShape::TenantAppGuid, Plot::Command),
    deed(12, OFFICE, 11_161, (2_293_760, "EVENT_AAD_LOGIN", "EVENT_CATEGORY_LOGIN"), ("Log on", "OAuth2:Authorize"), IdShape::Hex64, Plot::LogOn),
    deed(10, AZURE, 12_260, (2_293_761, "EVENT_AAD_LOGIN_FAILED", "EVENT_CATEGORY_FAILED_LOGIN"), ("Failed log on", "SAS:ProcessAuth"), IdShape::Hex64, Plot::FailedLogOn),
    deed(6, PORTAL, 20_595, (917_504, "EVENT_ADALLOM_LOGIN", "EVENT_CATEGORY_LOGIN"), ("Log on", "login"), IdShape::Own, Plot::LogOn),
    deed(6, DIRECTORY, 20_940, (1_048_576, "EVENT_AATP_COMPUTER_LOGIN", "EVENT_CATEGORY_LOGIN"), ("Log on", "Kerberos"), IdShape::Identity, Plot::Computer),
    deed(4, SERVICENOW, 14_509, (458_770, "EVENT_SERVICENOW_VIEW_REPORT", "EVENT_CATEGORY_VIEW_REPORT"), ("View report", "view_report"), IdShape::TenantAppGuid, Plot::Report),
    deed(3, SALESFORCE, 11_114, (131_090, "EVENT_SALESFORCE_REPORT_VIEW", "EVENT_CATEGORY_VIEW_REPORT"), ("View report", "ReportView"), IdShape::TenantAppGuid, Plot::Report),
    deed(3, GOOGLE, 11_770, (700_100, "EVENT_GOOGLE_ADD_TO_GROUP", "EVENT_CATEGORY_ADD_USER_TO_GROUP"), ("Add member to group", "ADD_GROUP_MEMBER"), IdShape::Google, Plot::Group),
];

/// What Defender for Identity sees besides log-ons: questions to the directory, and its changes.
#[rustfmt::skip]
pub static DIRECTORY_DEEDS: &[Deed] = &[
    deed(3, DIRECTORY, 20_940, (1_048_580, "EVENT_AATP_SAMR_QUERY", "EVENT_CATEGORY_RUN_COMMAND"), ("Run command", "SAMR query"), IdShape::Identity, Plot::Query),
    deed(3, DIRECTORY, 20_940, (1_048_581, "EVENT_AATP_DNS_QUERY", "EVENT_CATEGORY_RUN_COMMAND"), ("Run command", "DNS query"), IdShape::Identity, Plot::Query),
    deed(3, DIRECTORY, 20_940, (1_048_582, "EVENT_AATP_LDAP_QUERY", "EVENT_CATEGORY_RUN_COMMAND"), ("Run command", "LDAP query"), IdShape::Identity, Plot::Query),
    deed(3, DIRECTORY, 20_940, (1_048_590, "EVENT_AATP_PASSWORD_CHANGED", "EVENT_CATEGORY_UNSPECIFIED"), ("", "Account Password changed"), IdShape::Identity, Plot::Directory),
    deed(3, DIRECTORY, 20_940, (1_048_591, "EVENT_AATP_GROUP_CHANGED", "EVENT_CATEGORY_UNSPECIFIED"), ("", "Group Membership changed"), IdShape::Identity, Plot::Directory),
    deed(3, DIRECTORY, 20_940, (1_048_592, "EVENT_AATP_NAME_CHANGED", "EVENT_CATEGORY_UNSPECIFIED"), ("", "Account Display Name changed"), IdShape::Identity, Plot::Directory),
];
