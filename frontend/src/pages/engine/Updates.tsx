export { EngineUpdates as default } from "../../features/engine";
