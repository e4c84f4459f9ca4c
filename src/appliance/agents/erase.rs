//! Erases the data of an agent that the settings no longer name.

use crate::appliance::Appliance;
use crate::settings::AgentSettings;

impl Appliance {
    /// Erases what an agent kept that the settings no longer name.
    pub(in crate::appliance) async fn erase(&mut self, name: &str) -> Result<(), String> {
        if self.settings.agents.iter().any(|agent| agent.name == name) {
            return Err(format!("{name} runs: nothing is erased"));
        }
        if !AgentSettings::can_be_called(name) {
            return Err(format!(
                "{name:?} is not an agent's folder: nothing is erased"
            ));
        }
        self.stop_sending(name).await;
        self.orphans.look_at_once();
        self.busy();
        self.spools.remove(name);
        let folder = self.settings.state_dir.join("agents").join(name);
        match std::fs::remove_dir_all(&folder) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => Err(format!(
                "{}: cannot be erased completely: {cause}: remove the folder manually",
                folder.display()
            )),
            _ => {
                tracing::warn!(agent = name, "its data is erased, as requested");
                Ok(())
            }
        }
    }
}
