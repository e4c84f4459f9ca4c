//! The streaming API of Defender XDR over Event Hubs: real brokers behind the face of the service,
//! librdkafka as the one who writes and as another member, and what arrives at real receivers.

mod after_hunting;
mod all_at_once;
mod at_random;
mod boxes;
mod evidence;
mod faults;
mod full_disk;
mod kills;
mod load;
mod log_ons;
mod lost_hub;
mod tenant;
