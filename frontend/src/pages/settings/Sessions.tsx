export { SessionList as default } from "../../features/sessions";
