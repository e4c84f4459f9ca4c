//! The receiver that is a process of its own, so that what its kernel holds unread dies with it.

use siembox_support::receiver::{Receiver, collector};

/// Starts one.
pub fn start(plan: &collector::Plan) -> Receiver {
    collector::start("receiver_process::serve", plan)
}

#[test]
#[ignore = "the process itself: started by the stories"]
fn serve() {
    collector::serve();
}
