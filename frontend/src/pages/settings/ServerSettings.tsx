export { SettingsPanel as default } from "../../features/settings";
